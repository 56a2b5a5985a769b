/** A Parley with nothing behind it but canned people who answer when spoken to. For looking at the screens. */
import type { Conversation, Message, Utterance } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import type { Group } from '../../src/groups/ports.ts';
import { Cell, type Observable } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import type { OwnPresence, SeenPresence } from '../../src/presence/ports.ts';
import { contactOf, conversationOf, conversationWith, messageIdOf, type AccountId, type ConversationId } from '../../src/protocol/ids.ts';
import type { RendezvousState } from '../../src/session/ports.ts';
import type {
  AcceptFailure,
  Door,
  Gate,
  Groups,
  Home,
  Language,
  LinkState,
  OpenInvite,
  Parley,
  Theme,
  Trouble,
} from '../../src/ui/parley.ts';
import { createFakeBackup, createFakeSecurity, createFakeTrust, createFakeWaysIn } from './fake-vault.ts';
import { createFakeCalls } from './fake-calls.ts';
import { pastCalls, callOf, type CallCast } from './fake-call-scenes.ts';
import { createFakeFiles } from './fake-files.ts';
import { createFakeGroups } from './fake-groups.ts';
import { fakeContacts, fakeConversations, fakeId, fakeTalk } from './fake-people.ts';

const HASHING_MS = 700;
const TALK_LENGTH = 400;
const ANSWER_MS = 900;
const TEXT_LIMIT = 32_768;
const DAY_MS = 86_400_000;
/** The address a scene begins with. */
const ARRIVALS: Readonly<Record<string, string>> = { arrived: 'https://parley.example/#i=carol', join: 'https://parley.example/#g=chess' };
const WORDS =
  'abandon harbor velvet lunar picnic oxygen tiger wagon meadow copper fossil quiz ridge salute banner kitten noble puzzle rocket sunset anchor blanket canyon zebra'.split(
    ' ',
  );

interface FakeOptions {
  readonly scene: string;
  readonly language: Language;
  readonly theme: Theme;
}

export function createFakeParley({ scene, language, theme }: FakeOptions): Parley {
  const languageCell = new Cell<Language>(language);
  const themeCell = new Cell<Theme>(theme);
  const troubles = new Cell<readonly Trouble[]>(scene === 'offline' ? [{ kind: 'unexpected', detail: 'TypeError: x is undefined' }] : []);
  const gate = new Cell<Gate>({ phase: 'starting' });

  const enter = (): void => gate.set({ phase: 'inside', home: createFakeHome(scene, language, leave) });
  const door = createFakeDoor(enter);
  function leave(userName: string | undefined): void {
    gate.set({ phase: 'outside', hasAccounts: true, userName, door });
  }

  gate.set(firstGate(scene, door, enter, gate.value));
  if (isInside(scene)) enter();

  return {
    gate,
    troubles,
    dismiss: (trouble) => troubles.set(troubles.value.filter((each) => each !== trouble)),
    updateReady: new Cell(scene === 'offline'),
    update: () => location.reload(),
    preferences: {
      language: languageCell,
      setLanguage: (name) => languageCell.set(name),
      theme: themeCell,
      setTheme: (name) => themeCell.set(name),
    },
    installable: new Cell(true),
    install: () => undefined,
  };
}

/** Scenes of groups begin with "group", those of files with "file", those of calls with "call"; see harness.ts. */
function isInside(scene: string): boolean {
  return ['inside', 'empty', 'offline', 'arrived', 'board', 'new-group', 'join'].includes(scene) || /^(group|file|call)/.test(scene);
}

function firstGate(scene: string, door: Door, enter: () => void, starting: Gate): Gate {
  switch (scene) {
    case 'welcome':
      return { phase: 'outside', hasAccounts: false, userName: undefined, door };
    case 'log-in':
      return { phase: 'outside', hasAccounts: true, userName: undefined, door };
    case 'locked':
      return { phase: 'outside', hasAccounts: true, userName: 'Alice', door };
    case 'elsewhere':
      return { phase: 'elsewhere', useHere: enter, back: enter };
    case 'impossible':
      return { phase: 'impossible', reason: 'storage-refused' };
    default:
      return starting;
  }
}

function createFakeDoor(enter: () => void): Door {
  const nameFailure = (name: string) => {
    if (name.trim() === '') return fail({ kind: 'name-empty' });
    if ([...new Intl.Segmenter().segment(name)].length > 32) return fail({ kind: 'name-too-long', limit: 32 });
    return name.toLowerCase() === 'bob' ? fail({ kind: 'name-taken' }) : succeed(undefined);
  };
  const score = (password: string) => Math.min(4, Math.floor(password.length / 4)) as 0 | 1 | 2 | 3 | 4;
  return {
    ...createFakeWaysIn(enter),
    checkName: (name) => Promise.resolve(nameFailure(name)),
    strengthOf: (password) => Promise.resolve({ score: score(password), enough: score(password) >= 3 }),
    async register(name, password) {
      await after(HASHING_MS);
      const named = nameFailure(name);
      if (!named.ok) return named;
      if (score(password) < 3) return fail({ kind: 'password-weak' });
      const finish = async () => {
        await after(HASHING_MS);
        enter();
        return succeed(undefined);
      };
      return succeed({ words: WORDS, finish });
    },
    async logIn(_name, password) {
      await after(HASHING_MS);
      if (password === 'wrong') return fail({ kind: 'wrong-password', freeTries: 2 });
      if (password === 'too often') return fail({ kind: 'locked-out', until: Date.now() + 95_000 });
      enter();
      return succeed(undefined);
    },
  };
}

function createFakeHome(scene: string, language: Language, leave: (userName: string | undefined) => void): Home {
  const name = language === 'zh' ? '林黛玉' : 'Alice';
  const now = Date.now();
  const people = scene === 'empty' ? [] : fakeContacts(language, now);
  const contacts = new Cell<readonly Contact[]>(people);
  const conversations = new Cell<readonly Conversation[]>(scene === 'empty' ? [] : fakeConversations(language, now, TALK_LENGTH));
  const invites = new Cell<readonly OpenInvite[]>([]);
  const mine = new Cell<{ chosen: OwnPresence; shown: OwnPresence }>({ chosen: 'online', shown: scene === 'offline' ? 'away' : 'online' });
  const connection = new Cell<RendezvousState>(scene === 'offline' ? { phase: 'offline', retryAt: now + 24_000 } : { phase: 'online' });
  const acceptFailures = new Cell<readonly AcceptFailure[]>(
    scene === 'empty' ? [] : [{ contact: fakeId('Frank'), name: 'Frank', kind: 'invite-used' }],
  );
  const presences: readonly SeenPresence[] = ['online', 'busy', 'away', 'offline', 'offline', 'online'];
  const arrival = new Cell<string | undefined>(ARRIVALS[scene]);
  const me = { id: fakeId(name), name };
  const talks = createFakeTalks(conversations, language, now);
  const groups = createFakeGroups({ scene, language, me, now, talks });
  const files = createFakeFiles({ scene, language, me, now, talks, places: scene.startsWith('file') ? placesOf(people, groups) : [] });
  const cast = castOf(people, groups, me.id, now);
  const calls = createFakeCalls(scene, cast);
  if (scene.startsWith('call')) enterCalls(cast, talks);
  const seen = new Map(people.map(({ id }, at) => [id, presences[at] ?? 'offline']));
  groups.watch().subscribe((all) => {
    const strangers = all.flatMap(({ members }) => members).filter(({ account }) => !seen.has(account));
    strangers.forEach(({ account }, at) => seen.set(account, presences[at % 4] ?? 'offline'));
  });

  return {
    me,
    connection,
    canConnect: true,
    reconnect: () => connection.set({ phase: 'connecting' }),
    presence: {
      mine,
      choose: (presence) => mine.set({ chosen: presence, shown: presence }),
      contacts: new Cell(seen),
    },
    links: new Cell(new Map<AccountId, LinkState>(people.slice(0, 2).map(({ id }, at) => [id, at === 0 ? 'direct' : 'relayed']))),
    contacts: {
      watch: () => contacts,
      invites: () => invites,
      invite: async () => {
        await after(200);
        const id = String(invites.value.length + 1);
        const invite = { id, link: `https://parley.example/#i=${'Zm9vYmFyYmF6cXV4'.repeat(9)}${id}`, expires: Date.now() + 7 * DAY_MS };
        invites.set([...invites.value, invite]);
        return succeed(invite);
      },
      withdraw: (id) => done(() => invites.set(invites.value.filter((invite) => invite.id !== id))),
      read(link) {
        if (!link.includes('#i=')) return fail({ kind: 'not-an-invite' });
        return succeed({ from: fakeId('Grace'), name: 'Grace', expires: Date.now() + 3 * DAY_MS, link });
      },
      async accept(invite) {
        await after(300);
        const grace: Contact = { ...fakeContact(invite.from, invite.name), phase: 'accepting' };
        contacts.set([...contacts.value, grace]);
        setTimeout(() => contacts.set(contacts.value.map((each) => (each === grace ? { ...each, phase: 'active' } : each))), 3_000);
        return succeed(invite.from);
      },
      acceptFailures,
      dismissFailure: (failure) => acceptFailures.set(acceptFailures.value.filter((each) => each !== failure)),
      remove: (id) => done(() => contacts.set(contacts.value.filter((contact) => contact.id !== id))),
    },
    chat: createFakeChat(talks),
    groups,
    files,
    calls,
    arrivedWith: arrival,
    forgetArrival: () => arrival.set(undefined),
    security: createFakeSecurity(() => leave(undefined)),
    backup: createFakeBackup(),
    trust: createFakeTrust((id, changes) =>
      contacts.set(contacts.value.map((contact) => (contact.id === id ? { ...contact, ...changes } : contact))),
    ),
    lock: () => done(() => leave(name)),
    logOut: () => done(() => leave(undefined)),
  };
}

/** Who calls and is called. */
function castOf(people: readonly Contact[], groups: Groups, me: AccountId, now: number): CallCast {
  const group = firstOf(groups);
  const members = (group?.members ?? []).map(({ account }) => account).filter((account) => account !== me);
  return { me, now, friends: people.map(({ id }) => id), group: group?.id, members };
}

/** What was called is told of in the talks as well, and of a call that goes on in the group. */
function enterCalls(cast: CallCast, { talkOf }: FakeTalks): void {
  const { group, members, me, now } = cast;
  const add = (message: Message): void => {
    const talk = talkOf(message.conversation);
    talk.set([...talk.value, { ...message, lamport: (talk.value.at(-1)?.lamport ?? 0) + 1 }]);
  };
  for (const { conversation, message: id, author, wall, entry } of pastCalls(cast).toReversed()) {
    const base = { id, conversation, lamport: 0, wall, text: '', call: entry };
    add(author === me ? { ...base, direction: 'out', status: 'delivered' } : { ...base, direction: 'in', author });
  }
  const [author] = members;
  if (group === undefined || author === undefined) return;
  const going = { kind: 'group', call: callOf(99), media: 'video', over: false, duration: 0, people: members.slice(0, 3) } as const;
  const id = messageIdOf(new Uint8Array(16).fill(99));
  add({ id, conversation: conversationOf(group), lamport: 0, wall: now - 240_000, text: '', direction: 'in', author, call: going });
}

function firstOf(groups: Groups): Group | undefined {
  let first: Group | undefined;
  groups
    .watch()
    .subscribe(([group]) => (first ??= group))
    .unsubscribe();
  return first;
}

/** The first friend, and the first group. */
function placesOf(people: readonly Contact[], groups: Groups): Parameters<typeof createFakeFiles>[0]['places'] {
  const friends = people.slice(0, 1).map(({ id }) => ({ conversation: conversationWith(id), people: [id] }));
  const first = firstOf(groups);
  if (!first) return friends;
  const { id, members } = first;
  const others = members.filter(({ role }) => role !== 'owner').map(({ account }) => account);
  return [...friends, { conversation: conversationOf(id), people: others }];
}

function fakeContact(id: AccountId, name: string): Contact {
  return {
    id,
    name,
    phase: 'active',
    pairSecret: undefined,
    deviceListVersion: 1,
    devices: [],
    verified: false,
    review: undefined,
    acceptance: undefined,
    since: Date.now(),
  };
}

interface FakeTalks {
  readonly conversations: Cell<readonly Conversation[]>;
  readonly talkOf: (id: ConversationId) => Cell<readonly Message[]>;
}

function createFakeTalks(conversations: Cell<readonly Conversation[]>, language: Language, now: number): FakeTalks {
  const talks = new Map<ConversationId, Cell<readonly Message[]>>();
  const talkOf = (id: ConversationId): Cell<readonly Message[]> => {
    const known = talks.get(id);
    if (known) return known;
    const conversation = conversations.value.find((each) => each.id === id);
    const messages = conversation ? fakeTalk(contactOf(id), language, now, TALK_LENGTH, conversation.unread) : [];
    const made = new Cell(messages);
    talks.set(id, made);
    return made;
  };
  return { conversations, talkOf };
}

function createFakeChat({ conversations, talkOf }: FakeTalks): Home['chat'] {
  const change = (id: ConversationId, changes: (conversation: Conversation) => Partial<Conversation>): void => {
    const known = conversations.value.find((each) => each.id === id) ?? emptyConversation(id);
    conversations.set([...conversations.value.filter((each) => each !== known), { ...known, ...changes(known) }]);
  };
  const add = (message: Utterance): void => {
    const talk = talkOf(message.conversation);
    talk.set([...talk.value, message]);
    change(message.conversation, ({ unread }) => ({
      last: { text: message.text, wall: message.wall, direction: message.direction },
      touched: message.wall,
      lamport: message.lamport,
      unread: message.direction === 'in' ? unread + 1 : unread,
    }));
  };
  const nextOf = (id: ConversationId, text: string) => ({
    id: messageIdOf(crypto.getRandomValues(new Uint8Array(16))),
    conversation: id,
    lamport: (talkOf(id).value.at(-1)?.lamport ?? 0) + 1,
    wall: Date.now(),
    text,
  });

  return {
    conversations: () => conversations,
    timeline: (id, limit) => newest(talkOf(id), limit),
    send(id, text) {
      const bytes = new TextEncoder().encode(text).length;
      if (bytes > TEXT_LIMIT) return Promise.resolve(fail({ kind: 'text-too-long', bytes, limit: TEXT_LIMIT }));
      const message: Message = { ...nextOf(id, text), direction: 'out', status: 'queued' };
      add(message);
      setTimeout(() => {
        const talk = talkOf(id);
        talk.set(talk.value.map((each) => (each.id === message.id ? { ...message, status: 'delivered' } : each)));
        add({ ...nextOf(id, `${text}?`), direction: 'in', author: contactOf(id) });
      }, ANSWER_MS);
      return Promise.resolve(succeed(message.id));
    },
    saveDraft: (id, draft) => done(() => change(id, () => ({ draft }))),
    markRead: (id) => done(() => change(id, ({ lamport }) => ({ unread: 0, readUpTo: lamport, mentioned: false }))),
    opened: () => undefined,
  };
}

function emptyConversation(id: ConversationId): Conversation {
  return { id, lamport: 0, unread: 0, draft: '', last: undefined, touched: 0, readUpTo: 0, sentUpTo: 0, deliveredUpTo: 0 };
}

/** The newest `limit` of a talk, told a moment later, as a store would. */
function newest(talk: Cell<readonly Message[]>, limit: number): Observable<readonly Message[]> {
  return {
    subscribe(next) {
      let isOver = false;
      const inner = talk.subscribe((messages) =>
        setTimeout(() => {
          if (!isOver) next(messages.slice(-limit));
        }),
      );
      return {
        unsubscribe: () => {
          isOver = true;
          inner.unsubscribe();
        },
      };
    },
  };
}

function after(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

function done(action: () => void): Promise<void> {
  action();
  return Promise.resolve();
}
