/** Canned groups that do what they are told: acts change them at once, members talk, write on the board, ask to come in. */
import { blankConversation, type Conversation, type Message } from '../../src/chat/ports.ts';
import type { Group, GroupMember } from '../../src/groups/ports.ts';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import {
  conversationOf,
  messageIdOf,
  operationIdOf,
  groupIdOf,
  type AccountId,
  type ConversationId,
  type GroupId,
  type MessageId,
} from '../../src/protocol/ids.ts';
import type { GroupEvent, Mentions } from '../../src/session/group-talk.ts';
import type { Groups, Language, Me, ReceivedGroupInvite } from '../../src/ui/parley.ts';
import { createFakeBoard } from './fake-board.ts';
import { fakeId } from './fake-people.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ANSWER_MS = 1_200;
const TEXT_LIMIT = 32_768;
const MAX_NAME_BYTES = 256;

const NAMES: Readonly<Record<Language, readonly string[]>> = {
  en: ['Bob Sinclair', 'Carol', 'Ġorġ Borg-Cassar the Younger of Valletta', '李小龙', 'Eve', 'Frida', 'Grace Hopper'],
  zh: ['王小明', '陈静', '欧阳 娜娜', 'Bob Sinclair', '周杰', '赵敏', '贾宝玉'],
};

const TEXTS = {
  en: {
    name: 'Saturday walkers',
    big: 'Everybody from the valley',
    applied: 'Chess club',
    over: 'Trip to Gozo',
    invited: 'Bread bakers',
    topic: 'Where we walk next, and who brings what',
    announcement:
      'We meet at the old mill on Saturday at eight, whatever the weather. Bring water for two hours, and something warm: the wind on the ridge is colder than it looks.\nMap: https://example.org/ridge',
    greeting: 'Hello, I walked with you in May. It is Henrik, with the dog.',
    lines: [
      'Good morning everyone',
      'Is anybody taking the train?',
      'I am, the one at 7:12. There is a place for a bicycle left if somebody needs it.',
      'Count me in.',
      'I will be a little late, do not wait for me at the mill: I know the way up and will catch up with you at the chapel.',
      '\u{1F44D}\u{1F44D}',
      'Who has the key to the hut?',
      'See you all there',
    ],
    call: (name: string) => `@${name} could you bring the big thermos again?`,
    callAll: '@all please say by tonight whether you come.',
    draft:
      'Maps and times\n\n07:12  train from the harbour\n08:00  old mill\n10:30  chapel, long rest\n\nTo bring\n- water\n- Carol: bread\n- \n',
  },
  zh: {
    name: '周末徒步小队',
    big: '全村老小一家亲',
    applied: '围棋社',
    over: '国庆出游',
    invited: '面包烘焙群',
    topic: '下次去哪儿走，谁带什么',
    announcement:
      '周六早上八点在老磨坊集合，风雨无阻。请带够两小时的水和一件厚衣服：山脊上的风比看起来冷。\n地图：https://example.org/ridge',
    greeting: '你好，五月份一起走过一次，我是带狗的那个老韩。',
    lines: [
      '大家早上好',
      '有人坐火车去吗？',
      '我坐，7:12 那趟。还能放一辆自行车，谁需要说一声。',
      '算我一个。',
      '我会晚一点到，不用在磨坊等我：上山的路我认得，在小教堂和你们会合。',
      '\u{1F44D}\u{1F44D}',
      '小屋的钥匙在谁那里？',
      '到时候见',
    ],
    call: (name: string) => `@${name} 这次还能带那个大保温壶吗？`,
    callAll: '@所有人 今晚之前说一声来不来。',
    draft: '路线和时间\n\n07:12  港口站火车\n08:00  老磨坊集合\n10:30  小教堂，多休息一会儿\n\n要带的东西\n- 水\n- 陈静：面包\n- \n',
  },
} as const;

/** What is done, without who did it. */
type Deed = WithoutAuthor<GroupEvent>;
type WithoutAuthor<Event> = Event extends GroupEvent ? Omit<Event, 'by' | 'byName'> : never;

/** What the group that is mine is called, and the one of 256 members. */
export function fakeGroupNames(language: Language): { readonly first: string; readonly big: string } {
  return { first: TEXTS[language].name, big: TEXTS[language].big };
}

/** A group of nobody in particular, for tests to change. */
export function fakeGroup(changes: Partial<Group> = {}): Group {
  return {
    id: groupIdOf(operationIdOf(seeded(changes.name ?? 'group'))),
    phase: 'active',
    name: 'Group',
    picture: undefined,
    topic: '',
    announcement: undefined,
    pinned: [],
    me: { role: 'member', muted: undefined },
    members: [],
    former: [],
    allMuted: false,
    policy: { history: { kind: 'since-joining' }, invites: 'admins' },
    offeredTo: undefined,
    applications: [],
    invites: [],
    alerts: [],
    notify: 'all',
    linked: 3,
    ...changes,
  };
}

function fakeMember(name: string, changes: Partial<GroupMember> = {}): GroupMember {
  return { account: fakeId(name), name, nickname: undefined, role: 'member', muted: undefined, since: 0, ...changes };
}

function seeded(text: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => (text.charCodeAt(at % text.length) * (at + 3)) & 0xff);
}

interface FakeTalks {
  readonly conversations: Cell<readonly Conversation[]>;
  talkOf(id: ConversationId): Cell<readonly Message[]>;
}

interface FakeGroupOptions {
  readonly scene: string;
  readonly language: Language;
  readonly me: Me;
  readonly now: number;
  readonly talks: FakeTalks;
}

export function createFakeGroups({ scene, language, me, now, talks }: FakeGroupOptions): Groups {
  const texts = TEXTS[language];
  const groups = new Cell<readonly Group[]>(scene === 'empty' ? [] : firstGroups({ scene, language, me, now }));
  const invitations = new Cell<readonly { readonly from: AccountId; readonly invite: ReceivedGroupInvite }[]>(
    scene === 'group' || scene === 'groups' ? [{ from: fakeId(NAMES[language][1] ?? ''), invite: receivedInvite(texts.invited, now) }] : [],
  );
  for (const group of groups.value) fillTalk(group, { language, me, now, talks });

  const find = (id: GroupId): Group => {
    const group = groups.value.find((each) => each.id === id);
    if (!group) throw new Error('There is no such group');
    return group;
  };
  const change = (id: GroupId, changes: Partial<Group>): void =>
    groups.set(groups.value.map((each) => (each.id === id ? { ...each, ...changes } : each)));
  const tell = (id: GroupId, event: Deed): void => {
    const talk = talks.talkOf(conversationOf(id));
    const told = { by: me.id, byName: me.name, ...event } as GroupEvent;
    talk.set([...talk.value, { ...next(talk.value, conversationOf(id)), text: '', direction: 'event', event: told }]);
  };
  /** One act: changes the group, and says so in the talk. */
  const act = (id: GroupId, changes: Partial<Group>, event?: Deed) => {
    change(id, changes);
    if (event) tell(id, event);
    return Promise.resolve(succeed(undefined));
  };
  const changeMember = (id: GroupId, account: AccountId, changes: Partial<GroupMember>): readonly GroupMember[] =>
    inOrder(find(id).members.map((member) => (member.account === account ? { ...member, ...changes } : member)));
  const nameOf = (id: GroupId, account: AccountId): string => find(id).members.find((member) => member.account === account)?.name ?? '';
  const whom = (id: GroupId, account: AccountId) => ({ account, name: nameOf(id, account) });

  function say(id: GroupId, text: string, author: AccountId | undefined, mentions: Mentions): MessageId {
    const conversation = conversationOf(id);
    const talk = talks.talkOf(conversation);
    const base = { ...next(talk.value, conversation), text, mentions };
    const message: Message = author ? { ...base, direction: 'in', author } : { ...base, direction: 'out', status: 'sent' };
    talk.set([...talk.value, message]);
    const known = talks.conversations.value.find((each) => each.id === conversation) ?? blankConversation(conversation);
    const last = author
      ? { text, wall: base.wall, direction: 'in' as const, author }
      : { text, wall: base.wall, direction: 'out' as const };
    talks.conversations.set([
      ...talks.conversations.value.filter((each) => each !== known),
      { ...known, last, touched: base.wall, lamport: base.lamport, unread: author ? known.unread + 1 : 0 },
    ]);
    return message.id;
  }

  return {
    watch: () => groups,
    async create({ name, picture, members, policy }) {
      await after(300);
      if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) return fail({ kind: 'too-long', bytes: 300, limit: MAX_NAME_BYTES });
      const group = fakeGroup({
        name,
        picture: picture && new Uint8Array(picture),
        policy,
        me: { role: 'owner', muted: undefined },
        members: [{ ...fakeMember(me.name, { role: 'owner', since: Date.now() }), account: me.id }],
        linked: 0,
      });
      groups.set([...groups.value, group]);
      tell(group.id, { kind: 'created' });
      for (const account of members) setTimeout(() => join(group.id, account), 2_000);
      return succeed(group.id);
    },
    send(id, text, mentions) {
      const bytes = new TextEncoder().encode(text).length;
      if (bytes > TEXT_LIMIT) return Promise.resolve(fail({ kind: 'text-too-long', bytes, limit: TEXT_LIMIT }));
      const sent = say(id, text, undefined, mentions);
      const other = find(id).members.find(({ account }) => account !== me.id);
      if (other) setTimeout(() => say(id, `${text}?`, other.account, { all: false, accounts: [] }), ANSWER_MS);
      return Promise.resolve(succeed(sent));
    },
    spread(id) {
      const others = find(id).members.filter(({ account }) => account !== me.id);
      const accounts = others.map(({ account }) => account);
      return new Cell({ held: accounts.slice(0, 4), read: accounts.slice(0, 2), of: accounts.length });
    },
    message: (id, message) => Promise.resolve(talks.talkOf(conversationOf(id)).value.find((each) => each.id === message)),
    markRead(id, announcement) {
      const standing = find(id).announcement;
      if (standing && standing.id === announcement && !standing.readBy.includes(me.id))
        change(id, { announcement: { ...standing, readBy: [...standing.readBy, me.id] } });
      return Promise.resolve();
    },
    inviteFriends(id, friends) {
      for (const account of friends) setTimeout(() => join(id, account), 1_500);
      return Promise.resolve(succeed(undefined));
    },
    async makeInvite(id, { mode, expires, uses }) {
      await after(200);
      const inviteId = `invite-${find(id).invites.length}`;
      const link = `https://parley.example/#g=${'Zm9vYmFyYmF6cXV4'.repeat(11)}${inviteId}`;
      change(id, { invites: [{ id: inviteId, link, by: me.id, mode, expires, uses, used: 0 }, ...find(id).invites] });
      return succeed({ id: inviteId, link });
    },
    revokeInvite: (id, invite) => act(id, { invites: find(id).invites.filter((each) => each.id !== invite) }),
    read(link) {
      if (!link.includes('#g=')) return undefined;
      if (link.includes('damaged')) return fail({ kind: 'invite-damaged' });
      const [known] = groups.value;
      if (known && link.includes('known')) return fail({ kind: 'already-a-member', group: known.id });
      return succeed(receivedInvite(texts.applied, now));
    },
    async join(invite) {
      await after(400);
      invitations.set(invitations.value.filter((each) => each.invite.link !== invite.link));
      groups.set([
        ...groups.value.filter(({ id }) => id !== invite.group),
        fakeGroup({ id: invite.group, name: invite.name, phase: 'applied' }),
      ]);
      return succeed(invite.group);
    },
    invitations,
    declineInvitation: (invite) => done(() => invitations.set(invitations.value.filter((each) => each.invite !== invite))),
    approve(id, applicant) {
      const application = find(id).applications.find(({ account }) => account === applicant);
      const alert = find(id).alerts.find((each) => each.kind === 'ejected' && each.account === applicant);
      const name = application?.name ?? (alert?.kind === 'ejected' ? alert.name : '');
      const members = inOrder([...find(id).members, { ...fakeMember(name, { since: Date.now() }), account: applicant }]);
      const applications = find(id).applications.filter(({ account }) => account !== applicant);
      return act(id, { members, applications }, { kind: 'joined', account: applicant, name });
    },
    decline: (id, applicant) => act(id, { applications: find(id).applications.filter(({ account }) => account !== applicant) }),
    leave(id) {
      if (find(id).phase === 'applied') {
        groups.set(groups.value.filter((each) => each.id !== id));
        return Promise.resolve(succeed(undefined));
      }
      if (find(id).me.role === 'owner') return Promise.resolve(fail({ kind: 'not-allowed', because: 'owner-must-stay' }));
      return act(id, { phase: 'left' }, { kind: 'left' });
    },
    remove(id, account) {
      const { members, former } = find(id);
      const gone = whom(id, account);
      return act(
        id,
        { members: members.filter((each) => each.account !== account), former: [...former, gone] },
        { kind: 'removed', ...gone },
      );
    },
    setAdmin: (id, account, isAdmin) =>
      act(
        id,
        { members: changeMember(id, account, { role: isAdmin ? 'admin' : 'member' }) },
        { kind: isAdmin ? 'made-admin' : 'unmade-admin', ...whom(id, account) },
      ),
    mute: (id, account, until) =>
      act(
        id,
        { members: changeMember(id, account, { muted: until }) },
        until === undefined ? { kind: 'unmuted', ...whom(id, account) } : { kind: 'muted', ...whom(id, account), until },
      ),
    muteAll: (id, allMuted) => act(id, { allMuted }, { kind: allMuted ? 'all-muted' : 'all-unmuted' }),
    rename(id, name) {
      if (name === '') return Promise.resolve(fail({ kind: 'empty' }));
      return act(id, { name }, { kind: 'renamed', text: name });
    },
    setPicture: (id, picture) => act(id, { picture: picture && new Uint8Array(picture) }, { kind: 'picture-changed' }),
    setTopic: (id, topic) => act(id, { topic }, { kind: 'topic-changed', text: topic }),
    announce: (id, text) =>
      act(
        id,
        {
          announcement:
            text === ''
              ? undefined
              : { id: operationIdOf(crypto.getRandomValues(new Uint8Array(32))), text, by: me.id, at: Date.now(), readBy: [] },
        },
        { kind: 'announced', text },
      ),
    pin(id, message, pinned) {
      const others = find(id).pinned.filter((each) => each.message !== message);
      return act(id, { pinned: pinned ? [...others, { message, by: me.id }] : others }, { kind: pinned ? 'pinned' : 'unpinned', message });
    },
    setPolicy: (id, policy) => act(id, { policy }, { kind: 'policy-changed' }),
    setNickname: (id, nickname) => act(id, { members: changeMember(id, me.id, { nickname: nickname || undefined }) }),
    offerOwnership: (id, admin) => act(id, { offeredTo: admin }, admin && { kind: 'offered', ...whom(id, admin) }),
    acceptOwnership(id) {
      const members = find(id).members.map((member): GroupMember => {
        if (member.account === me.id) return { ...member, role: 'owner' };
        return member.role === 'owner' ? { ...member, role: 'admin' } : member;
      });
      return act(
        id,
        { offeredTo: undefined, members: inOrder(members), me: { ...find(id).me, role: 'owner' } },
        { kind: 'became-owner', account: me.id, name: me.name },
      );
    },
    disband: (id) => act(id, { phase: 'disbanded' }, { kind: 'disbanded' }),
    setNotify: (id, notify) => act(id, { notify }),
    dismissAlert: (id, index) => done(() => change(id, { alerts: find(id).alerts.filter((_, at) => at !== index) })),
    forget: (id) => done(() => groups.set(groups.value.filter((each) => each.id !== id))),
    openBoard: (id) =>
      createFakeBoard({
        text: texts.draft,
        writers: find(id).members.filter(({ account }) => account !== me.id),
        canEdit: find(id).phase === 'active',
      }),
  };

  function join(id: GroupId, account: AccountId): void {
    const name = [...NAMES.en, ...NAMES.zh].find((each) => fakeId(each) === account) ?? 'Dave';
    change(id, { members: inOrder([...find(id).members, { ...fakeMember(name, { since: Date.now() }), account }]), linked: 1 });
    tell(id, { by: account, byName: name, kind: 'joined', account, name } as GroupEvent);
  }
}

const RANKS = { owner: 0, admin: 1, member: 2 } as const;

function inOrder(members: readonly GroupMember[]): readonly GroupMember[] {
  return members.toSorted((a, b) => RANKS[a.role] - RANKS[b.role] || a.name.localeCompare(b.name));
}

function receivedInvite(name: string, now: number): ReceivedGroupInvite {
  return { group: fakeGroup({ name }).id, name, link: `https://parley.example/#g=${name}`, expires: now + 3 * DAY };
}

interface Fill {
  readonly language: Language;
  readonly me: Me;
  readonly now: number;
}

function firstGroups({ scene, language, me, now }: Fill & { readonly scene: string }): readonly Group[] {
  const texts = TEXTS[language];
  const mine = (role: GroupMember['role']): GroupMember => ({ ...fakeMember(me.name, { role, since: now - 90 * DAY }), account: me.id });
  const people = NAMES[language].map((name, at) =>
    fakeMember(name, {
      since: now - (80 - at) * DAY,
      role: at < 2 ? 'admin' : 'member',
      muted: at === 4 ? now + 40 * MINUTE : at === 5 ? 'for-good' : undefined,
      nickname: at === 6 ? (language === 'zh' ? '宝二爷' : 'Amazing Grace') : undefined,
    }),
  );
  const [first, second] = people;
  const owned = scene !== 'group-member' && scene !== 'group-muted';
  const walkers = fakeGroup({
    name: texts.name,
    topic: texts.topic,
    picture: undefined,
    me: { role: owned ? 'owner' : 'member', muted: scene === 'group-muted' ? now + 40 * MINUTE : undefined },
    members: inOrder([
      mine(owned ? 'owner' : 'member'),
      ...(owned ? people : people.map((each, at): GroupMember => (at === 0 ? { ...each, role: 'owner' } : each))),
    ]),
    former: [{ account: fakeId('Mallory'), name: 'Mallory' }],
    announcement: {
      id: operationIdOf(seeded('announcement')),
      text: texts.announcement,
      by: first?.account ?? me.id,
      at: now - 2 * DAY,
      readBy: people.slice(1, 4).map(({ account }) => account),
    },
    pinned: [
      { message: messageOf(3), by: me.id },
      { message: messageOf(118), by: me.id },
    ],
    applications: owned
      ? [{ account: fakeId('Henrik'), name: language === 'zh' ? '老韩' : 'Henrik', greeting: texts.greeting, at: now - 20 * MINUTE }]
      : [],
    invites: [
      {
        id: 'a',
        link: `https://parley.example/#g=${'Zm9vYmFyYmF6cXV4'.repeat(11)}`,
        by: me.id,
        mode: 'approval',
        expires: now + 6 * DAY,
        uses: 10,
        used: 3,
      },
      { id: 'b', link: undefined, by: second?.account ?? me.id, mode: 'auto', expires: undefined, uses: undefined, used: 1 },
    ],
    alerts: scene === 'group-alerts' ? fakeAlerts(people) : [],
    offeredTo: scene === 'group-alerts' ? me.id : undefined,
    linked: 4,
  });
  const crowd = Array.from({ length: 255 }, (_, at) =>
    fakeMember(`${NAMES[language][at % 7] ?? ''} ${at + 1}`, { role: at < 4 ? 'admin' : 'member', since: now - at * DAY }),
  );
  const big = fakeGroup({
    name: texts.big,
    members: inOrder([mine('member'), ...crowd.map((each, at): GroupMember => (at === 0 ? { ...each, role: 'owner' } : each))]),
    allMuted: scene === 'group-big-muted',
    notify: 'mentions',
  });
  const waiting = fakeGroup({ name: texts.applied, phase: 'applied' });
  const over = fakeGroup({ name: texts.over, phase: 'disbanded', members: inOrder([mine('member'), ...people.slice(0, 2)]) });
  return [walkers, big, waiting, over];
}

function fakeAlerts(people: readonly GroupMember[]): Group['alerts'] {
  return [
    { kind: 'ownership-conflict' },
    { kind: 'equivocation', account: people[2]?.account ?? fakeId('Eve') },
    { kind: 'ejected', account: fakeId('Ivan'), name: 'Ivan' },
  ];
}

function messageOf(at: number): MessageId {
  return messageIdOf(Uint8Array.from({ length: 16 }, (_, byte) => (byte === 0 ? at : byte === 1 ? at >> 8 : 7)));
}

/** A talk of several: bursts by one, calls, and what was done in between. */
function fillTalk(group: Group, { language, me, now, talks }: Fill & { readonly talks: FakeTalks }): void {
  if (group.phase === 'applied') return;
  const texts = TEXTS[language];
  const conversation = conversationOf(group.id);
  const others = group.members.filter(({ account }) => account !== me.id).slice(0, 6);
  const count = 120;
  const messages = Array.from({ length: count }, (_, at): Message => {
    const fromEnd = count - 1 - at;
    const author = others[Math.floor(at / 3) % others.length] ?? others[0];
    const base = {
      id: messageOf(at),
      conversation,
      lamport: at + 1,
      wall: now - fromEnd * 3 * MINUTE - Math.floor(fromEnd / 10) * 0.4 * DAY,
      text: texts.lines[at % texts.lines.length] ?? '',
    };
    const event = eventAt(fromEnd, { author, me, others, now });
    if (event) return { ...base, text: '', direction: 'event', event };
    if (fromEnd === 8 && author)
      return { ...base, text: texts.call(me.name), direction: 'in', author: author.account, mentions: { all: false, accounts: [me.id] } };
    if (fromEnd === 4 && author)
      return { ...base, text: texts.callAll, direction: 'in', author: author.account, mentions: { all: true, accounts: [] } };
    if (fromEnd === 1)
      return {
        ...base,
        text: texts.call(others[0]?.name ?? ''),
        direction: 'out',
        status: 'sent',
        mentions: { all: false, accounts: others.slice(0, 1).map(({ account }) => account) },
      };
    if (fromEnd === 20) return { ...base, direction: 'in', author: fakeId('Mallory') };
    return at % 7 < 2 || !author
      ? { ...base, direction: 'out', status: 'delivered' }
      : { ...base, direction: 'in', author: author.account };
  });
  talks.talkOf(conversation).set(messages);
  const last = messages.at(-1);
  const isUtterance = last?.direction === 'in' || last?.direction === 'out';
  talks.conversations.set([
    ...talks.conversations.value,
    {
      ...blankConversation(conversation),
      lamport: count,
      unread: group.phase === 'active' ? 2 : 0,
      mentioned: group.me.role === 'owner',
      readUpTo: count - 2,
      touched: now - (group.phase === 'active' ? MINUTE : 9 * DAY),
      last: isUtterance ? { text: last.text, wall: last.wall, direction: 'in', author: others[0]?.account ?? me.id } : undefined,
    },
  ]);
}

interface Cast {
  readonly author: GroupMember | undefined;
  readonly others: readonly GroupMember[];
  readonly me: Me;
  readonly now: number;
}

function eventAt(fromEnd: number, { author, others, me, now }: Cast): GroupEvent | undefined {
  const by = { by: author?.account ?? me.id, byName: author?.name ?? me.name };
  const other = others[3] ?? others[0];
  if (!other) return undefined;
  const whom = { account: other.account, name: other.name };
  switch (fromEnd) {
    case 119:
      return { ...by, kind: 'created' };
    case 16:
      return { ...by, kind: 'renamed', text: 'Walkers' };
    case 15:
      return { by: me.id, byName: me.name, kind: 'removed', account: fakeId('Mallory'), name: 'Mallory' };
    case 14:
      return { ...by, kind: 'made-admin', account: me.id, name: me.name };
    case 11:
      return { ...by, kind: 'muted', ...whom, until: now + 40 * MINUTE };
    case 10:
      return { by: other.account, byName: other.name, kind: 'joined', ...whom };
    case 6:
      return { ...by, kind: 'pinned', message: messageOf(118) };
    default:
      return undefined;
  }
}

function next(talk: readonly Message[], conversation: ConversationId) {
  return {
    id: messageIdOf(crypto.getRandomValues(new Uint8Array(16))),
    conversation,
    lamport: (talk.at(-1)?.lamport ?? 0) + 1,
    wall: Date.now(),
  };
}

function after(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

function done(action: () => void): Promise<void> {
  action();
  return Promise.resolve();
}
