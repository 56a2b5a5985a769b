/**
 * The groups of one account: opens them, brings them what arrives for them, and tells the screens. What a group does by itself
 * is in live-group.ts; how people come in, in joining.ts; whom we link to, in reach.ts.
 */
import type { Device } from '../identity/device.ts';
import { assert } from '../lib/assert.ts';
import { fromBase64url, toBase64url, utf8, type Bytes } from '../lib/bytes.ts';
import { cleanLine, cleanText } from '../lib/clean-text.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { Write } from '../lib/write.ts';
import { decode } from '../protocol/codec.ts';
import { MAX_TEXT_BYTES } from '../protocol/content.ts';
import { groupInvitation } from '../protocol/group-invitation.ts';
import { groupFrame } from '../protocol/group-frame.ts';
import { MAX_MENTIONS } from '../protocol/group-message.ts';
import { MAX_GREETING_BYTES } from '../protocol/join-request.ts';
import { MAX_GROUP_NAME_BYTES, MAX_PICTURE_BYTES, type GroupAct } from '../protocol/group-operation.ts';
import {
  accountKeyOf,
  bytesOf,
  conversationOf,
  groupIdOf,
  operationIdOf,
  type AccountId,
  type ConversationId,
  type GroupId,
  type MessageId,
  type OperationId,
} from '../protocol/ids.ts';
import type { GroupTimeline, Mentions, MutedUntil } from '../session/group-talk.ts';
import type { Session } from '../session/session.ts';
import type { GroupBoard } from './board.ts';
import { Books } from './books.ts';
import { createGroup } from './drafting.ts';
import { createKeyPackages, keyPackageOf } from './key-package.ts';
import type { GroupContext } from './group-context.ts';
import { decodeRecord, newRecord, type GroupRecord } from './group-record.ts';
import { alertsOf, viewOf, type ViewParts } from './group-view.ts';
import {
  deriveInvitation,
  examineGroupInvitation,
  examineGroupInvite,
  groupInviteLink,
  type ReadGroupInviteFailure,
} from './invitation.ts';
import { linkInvitation } from './invite-making.ts';
import { Joining } from './joining.ts';
import { LiveGroup } from './live-group.ts';
import type { ActFailure, DocumentCarriage, Group, GroupPolicy, GroupStore, NotifyLevel, Spread } from './ports.ts';
import { wirePolicy } from './policy.ts';
import { doorsOf, fellowsOf, linksFor } from './reach.ts';
import { answerApplications, letIn } from './requests.ts';
import { settleOperations } from './settling.ts';
import { SideNotes } from './side-notes.ts';
import { watchSpread, type ShownMessage } from './spread-watch.ts';
import type { Step } from './step.ts';
import { seenOf, targetOf } from './writing.ts';

/** The reason for a link to whom groups want one to. */
const GROUPS = 'groups';

export type GroupSession = Pick<
  Session,
  'on' | 'register' | 'send' | 'setFellows' | 'wantLink' | 'groupChannel' | 'openDoors' | 'onKnock' | 'knock' | 'here'
>;

export interface GroupsOptions {
  readonly me: Device;
  /** What members are told I am called. */
  readonly name: string;
  readonly store: GroupStore;
  readonly timeline: GroupTimeline;
  /** What the timeline knows of a message. */
  readonly message: (conversation: ConversationId, message: MessageId) => Promise<ShownMessage | undefined>;
  /** The change that removes a talk. */
  readonly forgetTalk: (conversation: ConversationId) => Write;
  readonly session: GroupSession;
  readonly clock: Clock;
  readonly carriage: DocumentCarriage;
  /** Where the app is served, for links. */
  readonly address: string;
  readonly troubled: (reason: unknown) => void;
}

type Act = Promise<Result<undefined, ActFailure>>;
type TextFailure = { readonly kind: 'text-empty' } | { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };

/** What a link or a friend invites to. */
export interface ShownInvitation {
  readonly group: GroupId;
  readonly name: string;
  readonly link: string;
  readonly expires: number | undefined;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #groups = new Map<GroupId, LiveGroup>();
  readonly #notes = new Map<GroupId, SideNotes>();
  readonly #views = new Map<GroupId, Group>();
  readonly #linked = new Set<AccountId>();
  readonly #joining: Joining;
  readonly #undo: (() => void)[] = [];
  readonly #list = new Cell<readonly Group[]>([]);
  readonly #invitations = new Cell<readonly { readonly from: AccountId; readonly invite: ShownInvitation }[]>([]);
  readonly #progress = new Cell(0);
  #here: ReadonlySet<AccountId> = new Set();
  #wanted: ReadonlySet<AccountId> = new Set();
  #fellows = '';
  #reviewing = false;
  #closed = false;

  constructor(options: GroupsOptions) {
    this.#options = options;
    this.#joining = new Joining({
      groups: this.#groups,
      admitGroup: (group, record) => this.#open(group, record),
      knock: (knock) => options.session.knock(knock),
      drop: (group) => this.#delete(group),
      troubled: options.troubled,
      clock: options.clock,
    });
    this.#listen();
  }

  /** Opens all groups there are. Called before the session starts, so that nothing arrives unheard. */
  async start(): Promise<void> {
    for (const { group, state } of await this.#options.store.groups()) {
      const record = decodeRecord(state);
      if (record) await this.#open(group, record);
    }
    for (const live of this.#groups.values()) {
      this.#joining.resume(live);
      this.#joining.readLetters(live).catch(this.#options.troubled);
    }
    this.#review();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const undo of this.#undo.splice(0)) undo();
    this.#joining.close();
    await Promise.all([...this.#groups.values()].map((live) => live.close()));
  }

  // ————— what the screens see —————

  watch(): Observable<readonly Group[]> {
    return this.#list;
  }

  get invitations(): Observable<readonly { readonly from: AccountId; readonly invite: ShownInvitation }[]> {
    return this.#invitations;
  }

  spread(group: GroupId, message: MessageId): Observable<Spread> {
    const { books } = this.#at(group);
    return watchSpread(books, this.#progress, () => this.#options.message(books.context.conversation, message));
  }

  /** Whether a talk is a group's. */
  has(conversation: ConversationId): boolean {
    return [...this.#groups.keys()].some((group) => conversationOf(group) === conversation);
  }

  // ————— beginning —————

  async create(group: {
    readonly name: string;
    readonly picture: Uint8Array | undefined;
    readonly members: readonly AccountId[];
    readonly policy: GroupPolicy;
  }): Promise<Result<GroupId, ActFailure>> {
    const name = cleanLine(group.name);
    const picture = group.picture && new Uint8Array(group.picture);
    const failure =
      name === '' ? ({ kind: 'empty' } as const) : (tooLong(utf8(name), MAX_GROUP_NAME_BYTES) ?? tooLong(picture, MAX_PICTURE_BYTES));
    if (failure) return fail(failure);
    const { me, clock } = this.#options;
    const keys = createKeyPackages(clock.now());
    const fields = { name, picture, policy: group.policy, ownerName: this.#options.name, kemKey: keyPackageOf(keys) };
    const operation = createGroup(me, fields, { wall: clock.now(), place: 1 });
    const id = groupIdOf(operation.id);
    const live = await this.#open(id, newRecord({ standing: 'inside', name, granted: true, pin: operation.id }));
    await live.step(async (step) => {
      const { books } = live;
      step.store(books.epochs.adopt(keys));
      books.change(step, {});
      books.ledger.add(operation, me.account);
      await settleOperations(books, step, [operation]);
    });
    for (const friend of group.members) await this.#joining.invite(live, friend);
    return succeed(id);
  }

  // ————— talking —————

  async send(group: GroupId, text: string, mentions: Mentions): Promise<Result<MessageId, ActFailure | TextFailure>> {
    const clean = cleanText(text).trim();
    const { length } = utf8(clean);
    if (length === 0) return fail({ kind: 'text-empty' });
    if (length > MAX_TEXT_BYTES) return fail({ kind: 'text-too-long', bytes: length, limit: MAX_TEXT_BYTES });
    const called =
      mentions.accounts.length > MAX_MENTIONS ? { all: mentions.all, accounts: mentions.accounts.slice(0, MAX_MENTIONS) } : mentions;
    return this.#at(group).say(clean, called);
  }

  /** All messages that are here have been read, and this announcement. */
  async markRead(group: GroupId, announcement: OperationId | undefined): Promise<void> {
    const live = this.#groups.get(group);
    if (live?.phase !== 'active') return;
    const { books } = live;
    const read = new Map([...books.logs.logs].map(([device, { upTo }]) => [device, upTo]));
    const isOld = [...read].every(([device, upTo]) => (books.record.read.get(device) ?? 0) >= upTo);
    if (isOld && (announcement === undefined || announcement === books.record.announcementRead)) return;
    await live.step((step) => {
      books.change(step, { read, announcementRead: announcement ?? books.record.announcementRead });
    });
    live.markSoon();
  }

  // ————— coming in —————

  async inviteFriends(group: GroupId, friends: readonly AccountId[]): Act {
    for (const friend of friends) {
      const invited = await this.#joining.invite(this.#at(group), friend);
      if (!invited.ok) return invited;
    }
    return succeed(undefined);
  }

  async makeInvite(
    group: GroupId,
    options: { readonly mode: 'auto' | 'approval'; readonly expires: number | undefined; readonly uses: number | undefined },
  ): Promise<Result<{ readonly id: string; readonly link: string }, ActFailure>> {
    const { me, address, store } = this.#options;
    const live = this.#at(group);
    const { state } = live.books;
    if (!state) return fail({ kind: 'not-a-member' });
    const invitation = linkInvitation({ group, name: state.name, tip: state.tip, inviter: me.account, expires: options.expires });
    const [id, link] = [toBase64url(invitation.inviteId), groupInviteLink(invitation, address)];
    const { topicSecret, proof } = deriveInvitation(invitation.secret);
    const notes = this.#notes.get(group);
    const act: GroupAct = {
      type: 'invite',
      invite: invitation.inviteId,
      mode: options.mode,
      expires: options.expires,
      uses: options.uses,
      topicSecret,
      proofKey: proof.publicKey,
      tip: bytesOf(state.tip),
    };
    const made = await live.attempt(async (step) => {
      const done = await live.perform(step, act);
      if (done.ok && notes) step.store(notes.keepLink(store, group, id, link));
      return done;
    });
    return made.ok ? succeed({ id, link }) : made;
  }

  revokeInvite(group: GroupId, inviteId: string): Act {
    const invite = fromBase64url(inviteId);
    assert(invite !== undefined, 'an invitation is named in base64url');
    return this.#act(group, { type: 'revokeInvite', invite });
  }

  /** Undefined when it carries no invitation to a group. */
  read(link: string): Result<ShownInvitation, ReadGroupInviteFailure> | undefined {
    const read = this.#examine(link);
    if (!read?.ok) return read;
    const { group, name, expires } = read.value;
    return succeed({ group, name, link, expires });
  }

  async join(invite: ShownInvitation, greeting: string): Promise<Result<GroupId, ReadGroupInviteFailure>> {
    const read = this.#examine(invite.link);
    if (!read) return fail({ kind: 'invite-damaged' });
    if (!read.ok) return read;
    const word = cleanText(greeting).trim();
    return succeed(await this.#joining.join(read.value, utf8(word).length > MAX_GREETING_BYTES ? '' : word));
  }

  #examine(link: string) {
    return examineGroupInvite(link, this.#circumstances());
  }

  #circumstances() {
    return { now: this.#options.clock.now(), isMember: (group: GroupId) => this.#groups.get(group)?.phase === 'active' };
  }

  async declineInvitation({ group }: ShownInvitation): Promise<void> {
    const live = this.#groups.get(group);
    if (live) await this.#joining.declineInvitation(live);
  }

  async approve(group: GroupId, applicant: AccountId): Act {
    const live = this.#at(group);
    const { state } = live.books;
    const request = state?.applications.find(({ request: { account } }) => account === applicant)?.request ?? state?.ejected.get(applicant);
    if (!request) return fail({ kind: 'no-such-member' });
    const admitted = await letIn(live, request);
    return admitted.ok ? succeed(undefined) : admitted;
  }

  async decline(group: GroupId, applicant: AccountId): Act {
    const live = this.#at(group);
    return live.attempt(async (step) => {
      const done = await live.perform(step, { type: 'decline', ...targetOf(applicant) });
      step.mail = { to: applicant, contents: [{ type: 'groupAnswer', group: bytesOf(group), answer: 'declined' }] };
      return done.ok ? succeed(undefined) : done;
    });
  }

  // ————— acts —————

  async leave(group: GroupId): Act {
    const live = this.#at(group);
    const { record, context } = live.books;
    if (record.standing === 'joining' || record.standing === 'applied') {
      await this.#joining.withdraw(live);
      return succeed(undefined);
    }
    return live.act((books) => [{ type: 'leave', seen: seenOf(books, context.me.account) }]);
  }

  remove(group: GroupId, member: AccountId): Act {
    return this.#at(group).act((books) => {
      const fields = { ...targetOf(member), seen: seenOf(books, member) };
      const byOwner = books.membership?.role === 'owner' && books.state?.members.get(member)?.role === 'admin';
      return [byOwner ? { type: 'expel', ...fields } : { type: 'kick', ...fields }];
    });
  }

  setAdmin(group: GroupId, member: AccountId, admin: boolean): Act {
    return this.#act(group, admin ? { type: 'grant', ...targetOf(member) } : { type: 'revoke', ...targetOf(member) });
  }

  mute(group: GroupId, member: AccountId, until: MutedUntil | undefined): Act {
    return this.#at(group).act((books) =>
      until === undefined
        ? [{ type: 'unmute', ...targetOf(member) }]
        : [{ type: 'mute', ...targetOf(member), until: until === 'for-good' ? undefined : until, seen: seenOf(books, member) }],
    );
  }

  muteAll(group: GroupId, muted: boolean): Act {
    return this.#act(group, { type: muted ? 'muteAll' : 'unmuteAll' });
  }

  rename(group: GroupId, name: string): Act {
    return this.#act(group, { type: 'rename', name: cleanLine(name) });
  }

  setPicture(group: GroupId, picture: Uint8Array | undefined): Act {
    return this.#act(group, { type: 'picture', picture: picture && new Uint8Array(picture) });
  }

  setTopic(group: GroupId, topic: string): Act {
    return this.#act(group, { type: 'topic', topic: cleanText(topic).trim() });
  }

  announce(group: GroupId, text: string): Act {
    return this.#act(group, { type: 'announce', text: cleanText(text).trim() });
  }

  pin(group: GroupId, message: MessageId, pinned: boolean): Act {
    return this.#act(group, { type: pinned ? 'pin' : 'unpin', message: bytesOf(message) });
  }

  setPolicy(group: GroupId, policy: GroupPolicy): Act {
    return this.#act(group, { type: 'policy', ...wirePolicy(policy) });
  }

  setNickname(group: GroupId, nickname: string): Act {
    return this.#act(group, { type: 'nickname', nickname: cleanLine(nickname) });
  }

  offerOwnership(group: GroupId, admin: AccountId | undefined): Act {
    return this.#act(group, { type: 'offer', account: admin && accountKeyOf(admin) });
  }

  acceptOwnership(group: GroupId): Act {
    return this.#act(group, { type: 'accept' });
  }

  disband(group: GroupId): Act {
    return this.#act(group, { type: 'disband' });
  }

  async setNotify(group: GroupId, notify: NotifyLevel): Act {
    const live = this.#at(group);
    await live.step((step) => live.books.change(step, { notify }));
    return succeed(undefined);
  }

  async dismissAlert(group: GroupId, index: number): Promise<void> {
    const live = this.#at(group);
    const alert = alertsOf(this.#partsOf(live))[index];
    if (!alert) return;
    await live.step((step) => live.books.change(step, { dismissed: [...live.books.record.dismissed, alert.key] }));
  }

  /** Deletes a group that is over, with its talk. */
  forget(group: GroupId): Promise<void> {
    return this.#delete(group);
  }

  /** The notes all members edit; the same for all who look at them here. */
  openBoard(group: GroupId): Promise<GroupBoard> {
    return this.#at(group).documents.openBoard();
  }

  // ————— inside —————

  #act(group: GroupId, act: GroupAct): Act {
    return this.#at(group).act(() => [act]);
  }

  #at(group: GroupId): LiveGroup {
    const live = this.#groups.get(group);
    if (!live) throw new Error('Broken invariant: a group that is acted on is there');
    return live;
  }

  async #open(group: GroupId, record: GroupRecord): Promise<LiveGroup> {
    const { me, name, store, timeline, clock, session, carriage, troubled } = this.#options;
    const device = toBase64url(me.signing.publicKey);
    const context: GroupContext = { group, conversation: conversationOf(group), me, device, name, store, timeline, clock };
    const books = await Books.open(
      context,
      (to, contents, writes) =>
        session.send(
          to,
          contents.map((content, index) => ({ reference: group, content, writes: index === 0 ? writes : [] })),
        ),
      record,
    );
    const live = new LiveGroup({
      books,
      channel: session.groupChannel,
      linked: () => this.#linked,
      changed: (step) => this.#changed(live, step),
      hostile: (account) => session.groupChannel.close(account),
      troubled,
      carriage,
    });
    this.#groups.set(group, live);
    this.#notes.set(group, await SideNotes.load(store, group));
    await live.start();
    this.#show(live);
    return live;
  }

  async #delete(group: GroupId): Promise<void> {
    const { store, forgetTalk } = this.#options;
    await this.#groups.get(group)?.close();
    this.#groups.delete(group);
    this.#views.delete(group);
    this.#notes.delete(group);
    await store.commit([store.deleteGroup(group), forgetTalk(conversationOf(group))]);
    this.#tell();
    this.#review();
  }

  #partsOf({ books, sync, id }: LiveGroup): ViewParts {
    const notes = this.#notes.get(id);
    return { books, linked: sync.linked.size, links: notes?.links ?? new Map(), forkers: notes?.forkers ?? new Set() };
  }

  #changed(live: LiveGroup, step: Step): void {
    if (this.#closed) return;
    for (const account of step.forkers) this.#notes.get(live.id)?.forkers.add(account);
    this.#progress.set(this.#progress.value + 1);
    const announced = live.books.state?.announcement?.id;
    const isRead = announced !== undefined && step.marks.some(({ announcement }) => announcement === announced);
    if (step.operations.length > 0 || step.touchesRecord || step.forkers.length > 0 || isRead) this.#show(live);
    if (step.operations.length === 0 && !step.touchesRecord) return;
    this.#joining.settled(live);
    if (step.operations.length > 0) answerApplications(live).catch(this.#options.troubled);
    this.#review();
  }

  #show(live: LiveGroup): void {
    this.#views.set(live.id, viewOf(this.#partsOf(live)));
    this.#tell();
  }

  #tell(): void {
    const standing = (group: GroupId) => this.#groups.get(group)?.books.record.standing;
    this.#list.set([...this.#views.values()].filter(({ id }) => standing(id) !== 'invited' && standing(id) !== 'withdrawn'));
    const invitations = [...this.#groups.values()].flatMap(({ books: { record } }) => this.#invitationIn(record));
    if (invitations.length > 0 || this.#invitations.value.length > 0) this.#invitations.set(invitations);
  }

  #invitationIn({ standing, hosts: [inviter], invitation }: GroupRecord) {
    const read = standing === 'invited' && invitation ? decode(groupInvitation, invitation) : undefined;
    if (!read?.ok || !inviter) return [];
    const shown = examineGroupInvitation(read.value, this.#circumstances());
    if (!shown.ok) return [];
    const { group, name, expires } = shown.value;
    return [{ from: inviter.account, invite: { group, name, expires, link: groupInviteLink(read.value, this.#options.address) } }];
  }

  /** Once for all that happened in one turn. */
  #review(): void {
    if (this.#reviewing || this.#closed) return;
    this.#reviewing = true;
    queueMicrotask(() => {
      this.#reviewing = false;
      if (!this.#closed) this.#reachOut();
    });
  }

  #reachOut(): void {
    const { session, clock, troubled } = this.#options;
    const groups = [...this.#groups.values()];
    const fellows = fellowsOf(groups, clock.now());
    const names = fellows.map(({ id, device }) => `${id} ${toBase64url(device.certificateId)}`).join(' ');
    if (names !== this.#fellows) {
      this.#fellows = names;
      session.setFellows(fellows).catch(troubled);
    }
    const wanted = linksFor(groups, this.#here);
    for (const account of this.#wanted) if (!wanted.has(account)) session.wantLink(account, GROUPS, false);
    for (const account of wanted) if (!this.#wanted.has(account)) session.wantLink(account, GROUPS, true);
    this.#wanted = wanted;
    session.openDoors(doorsOf(groups, clock.now()));
  }

  #listen(): void {
    const { session } = this.#options;
    session.register('groupInvitation', {
      received: async (from, contents) => {
        for (const content of contents) await this.#joining.invited(from, content);
        return [];
      },
      ...NOT_FOLLOWED,
    });
    const letters = {
      received: (from: AccountId, contents: Parameters<Joining['received']>[1]) => this.#joining.received(from, contents),
      ...NOT_FOLLOWED,
    };
    session.register('groupRequest', letters);
    session.register('groupAnswer', letters);
    session.register('groupHistory', letters);
    session.onKnock((knock) => this.#joining.knocked(knock, this.#here));
    const watching = session.here.subscribe((here) => {
      this.#here = here;
      this.#review();
    });
    this.#undo.push(
      () => watching.unsubscribe(),
      session.on('link-secured', ({ account }) => {
        this.#linked.add(account);
        for (const live of this.#groups.values()) live.linked(account);
        this.#recount(account);
      }),
      session.on('link-lost', (account) => {
        this.#linked.delete(account);
        const concerned = [...this.#groups.values()].filter(({ sync }) => sync.linked.has(account));
        for (const live of concerned) live.unlinked(account);
        for (const live of concerned) this.#show(live);
      }),
      session.on('link-drained', (account) => {
        for (const live of this.#groups.values()) live.drained(account);
      }),
      session.on('group-frame', ({ from, body }) => this.#hear(from, body)),
    );
  }

  #hear(from: AccountId, body: Bytes): void {
    const frame = decode(groupFrame, body);
    if (!frame.ok) return this.#options.session.groupChannel.close(from);
    // Of groups not known here nothing is said, not even that.
    this.#groups.get(groupIdOf(operationIdOf(frame.value.group)))?.frame(from, frame.value.word);
  }

  #recount(account: AccountId): void {
    for (const live of this.#groups.values()) if (live.sync.linked.has(account)) this.#show(live);
  }
}

/** How far letters have come is of no interest here: what follows from them says so. */
const NOT_FOLLOWED = { sent: () => [], delivered: () => [] };

function tooLong(bytes: Bytes | undefined, limit: number): ActFailure | undefined {
  return bytes && bytes.length > limit ? { kind: 'too-long', bytes: bytes.length, limit } : undefined;
}
