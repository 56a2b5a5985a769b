/**
 * All groups of one account, open: brings each what arrives for it, and tells the screens what has changed. What a group does by
 * itself is in live-group.ts; how people come in, in joining.ts; whom we link to, in outreach.ts.
 */
import type { Device } from '../identity/device.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import type { Write } from '../lib/write.ts';
import { decode } from '../protocol/codec.ts';
import { groupFrame } from '../protocol/group-frame.ts';
import { groupInvitation } from '../protocol/group-invitation.ts';
import {
  conversationOf,
  groupIdOf,
  operationIdOf,
  type AccountId,
  type ConversationId,
  type GroupId,
  type MessageId,
} from '../protocol/ids.ts';
import type { AttachmentKeeper } from '../session/attachment.ts';
import type { CallRoster } from '../session/call-entry.ts';
import type { GroupTimeline } from '../session/group-talk.ts';
import type { Session } from '../session/session.ts';
import { Books } from './books.ts';
import type { GroupContext } from './group-context.ts';
import { decodeRecord, type GroupRecord } from './group-record.ts';
import { viewOf, type ViewParts } from './group-view.ts';
import { examineGroupInvitation, groupInviteLink } from './invitation.ts';
import { Joining } from './joining.ts';
import { LiveGroup } from './live-group.ts';
import { Outreach } from './outreach.ts';
import type { DocumentCarriage, Group, GroupStore } from './ports.ts';
import type { GroupContent } from './post-box.ts';
import { answerApplications } from './requests.ts';
import { SideNotes } from './side-notes.ts';
import type { ShownMessage } from './spread-watch.ts';
import type { Step } from './step.ts';

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
  /** What messages say of files. */
  readonly files: AttachmentKeeper;
  /** What the timeline knows of a message. */
  readonly message: (conversation: ConversationId, message: MessageId) => Promise<ShownMessage | undefined>;
  /** The changes that remove a talk. */
  readonly forgetTalk: (conversation: ConversationId) => Promise<readonly Write[]>;
  readonly session: GroupSession;
  readonly clock: Clock;
  readonly carriage: DocumentCarriage;
  /** Where the app is served, for links. */
  readonly address: string;
  readonly troubled: (reason: unknown) => void;
}

/** What a link or a friend invites to. */
export interface ShownInvitation {
  readonly group: GroupId;
  readonly name: string;
  readonly link: string;
  readonly expires: number | undefined;
}

export interface WaitingInvitation {
  readonly from: AccountId;
  readonly invite: ShownInvitation;
}

export class GroupHouse {
  readonly options: GroupsOptions;
  readonly joining: Joining;
  readonly groups = new Map<GroupId, LiveGroup>();
  /** What the screens see: groups as they are now, and invitations that wait. */
  readonly list = new Cell<readonly Group[]>([]);
  readonly invitations = new Cell<readonly WaitingInvitation[]>([]);
  /** Calls that are not over, in groups I am in; of their people those who are members. */
  readonly rosters = new Cell<readonly CallRoster[]>([]);
  /** Grows whenever marks or members of any group may have changed. */
  readonly progress = new Cell(0);
  readonly #notes = new Map<GroupId, SideNotes>();
  readonly #views = new Map<GroupId, Group>();
  readonly #opening = new Map<GroupId, Promise<LiveGroup>>();
  readonly #linked = new Set<AccountId>();
  readonly #outreach: Outreach;
  readonly #undo: (() => void)[] = [];
  #here: ReadonlySet<AccountId> = new Set();
  #closed = false;

  constructor(options: GroupsOptions) {
    this.options = options;
    const { session, store, clock, troubled } = options;
    this.#outreach = new Outreach({ session, clock, troubled, groups: this.groups });
    this.joining = new Joining({
      groups: this.groups,
      store,
      clock,
      troubled,
      admitGroup: (group, record) => this.open(group, record),
      knock: (knock) => session.knock(knock),
      drop: (group) => this.delete(group),
    });
    this.#listenForContents();
    this.#listenToLinks();
  }

  /** Opens all groups there are. Called before the session starts, so that nothing arrives unheard. */
  async start(): Promise<void> {
    for (const { group, state } of await this.options.store.groups()) {
      const record = decodeRecord(state);
      if (record) await this.open(group, record);
    }
    for (const live of this.groups.values()) {
      this.joining.resume(live);
      this.joining.readLetters(live).catch(this.options.troubled);
    }
    this.#outreach.review();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const undo of this.#undo.splice(0)) undo();
    this.joining.close();
    this.#outreach.close();
    await Promise.all([...this.groups.values()].map((live) => live.close()));
  }

  at(group: GroupId): LiveGroup {
    const live = this.groups.get(group);
    if (!live) throw new Error('Broken invariant: a group that is acted on is there');
    return live;
  }

  notesOf(group: GroupId): SideNotes {
    const notes = this.#notes.get(group) ?? new SideNotes();
    this.#notes.set(group, notes);
    return notes;
  }

  viewPartsOf({ books, sync, id }: LiveGroup): ViewParts {
    const { links, forkers } = this.notesOf(id);
    return { books, linked: sync.linked.size, links, forkers };
  }

  /** For judging invitations. */
  get circumstances() {
    return { now: this.options.clock.now(), isMember: (group: GroupId) => this.groups.get(group)?.phase === 'active' };
  }

  /** A group that is in the store, or will be with its first step. */
  open(group: GroupId, record: GroupRecord): Promise<LiveGroup> {
    const opening = this.#opening.get(group) ?? this.#open(group, record).finally(() => this.#opening.delete(group));
    this.#opening.set(group, opening);
    return opening;
  }

  /** Everything of a group goes, its talk as well. */
  async delete(group: GroupId): Promise<void> {
    const { store, forgetTalk } = this.options;
    await this.groups.get(group)?.close();
    this.groups.delete(group);
    this.#views.delete(group);
    this.#notes.delete(group);
    await store.commit([store.deleteGroup(group), ...(await forgetTalk(conversationOf(group)))]);
    this.#tell();
    this.#outreach.review();
  }

  async #open(group: GroupId, record: GroupRecord): Promise<LiveGroup> {
    const { me, name, store, timeline, files, clock, session, carriage, troubled } = this.options;
    const device = toBase64url(me.signing.publicKey);
    const context: GroupContext = { group, conversation: conversationOf(group), me, device, name, store, timeline, files, clock };
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
    this.groups.set(group, live);
    this.#notes.set(group, await SideNotes.load(store, group));
    await live.start();
    this.#show(live);
    this.#showCalls();
    return live;
  }

  // ————— what changes —————

  #changed(live: LiveGroup, step: Step): void {
    if (this.#closed) return;
    for (const account of step.forkers) this.notesOf(live.id).forkers.add(account);
    this.progress.set(this.progress.value + 1);
    const announced = live.books.state?.announcement?.id;
    const isRead = announced !== undefined && step.marks.some(({ announcement }) => announcement === announced);
    const isChanged = step.operations.length > 0 || step.touchesRecord;
    if (isChanged || step.forkers.length > 0 || isRead) this.#show(live);
    // Not only with new messages: some wait for their keys, and are opened in a later step.
    this.#showCalls();
    if (isChanged || step.messages.length > 0) this.#outreach.stirred(live.id);
    if (!isChanged) return;
    this.joining.settled(live);
    if (step.operations.length > 0) answerApplications(live).catch(this.options.troubled);
    this.#outreach.review();
  }

  #showCalls(): void {
    const rosters = [...this.groups.values()]
      .filter(({ phase }) => phase === 'active')
      .flatMap(({ books: { talk, state } }) =>
        talk.calls.rosters.map((roster) => ({ ...roster, people: roster.people.filter((account) => state?.members.has(account)) })),
      );
    if (JSON.stringify(rosters) !== JSON.stringify(this.rosters.value)) this.rosters.set(rosters);
  }

  #show(live: LiveGroup): void {
    this.#views.set(live.id, viewOf(this.viewPartsOf(live)));
    this.#tell();
  }

  #tell(): void {
    const standing = (group: GroupId) => this.groups.get(group)?.books.record.standing;
    this.list.set([...this.#views.values()].filter(({ id }) => standing(id) !== 'invited' && standing(id) !== 'withdrawn'));
    const invitations = [...this.groups.values()].flatMap(({ books: { record } }) => this.#invitationIn(record));
    if (invitations.length > 0 || this.invitations.value.length > 0) this.invitations.set(invitations);
  }

  #invitationIn({ standing, hosts: [inviter], invitation }: GroupRecord): readonly WaitingInvitation[] {
    const read = standing === 'invited' && invitation ? decode(groupInvitation, invitation) : undefined;
    const shown = read?.ok ? examineGroupInvitation(read.value, this.circumstances) : undefined;
    if (!shown?.ok || !inviter) return [];
    const { invitation: invited, group, name, expires } = shown.value;
    return [{ from: inviter.account, invite: { group, name, expires, link: groupInviteLink(invited, this.options.address) } }];
  }

  // ————— what arrives —————

  #listenForContents(): void {
    const { session } = this.options;
    const letters = {
      received: (from: AccountId, contents: readonly GroupContent[]) => this.joining.received(from, contents),
      // How far letters have come is of no interest: what follows from them says so.
      sent: () => [],
      delivered: () => [],
    };
    session.register('groupInvitation', letters);
    session.register('groupRequest', letters);
    session.register('groupAnswer', letters);
    session.register('groupHistory', letters);
    session.onKnock((knock) => this.joining.knocked(knock, this.#here));
  }

  #listenToLinks(): void {
    const { session } = this.options;
    const watching = session.here.subscribe((here) => {
      this.#here = here;
      this.#outreach.online(here);
    });
    this.#undo.push(
      () => watching.unsubscribe(),
      session.on('link-secured', ({ account }) => this.#linkedTo(account)),
      session.on('link-lost', (account) => this.#unlinkedFrom(account)),
      session.on('link-drained', (account) => {
        for (const live of this.groups.values()) live.drained(account);
      }),
      session.on('group-frame', ({ from, body }) => this.#hear(from, body)),
    );
  }

  #linkedTo(account: AccountId): void {
    this.#linked.add(account);
    for (const live of this.groups.values()) {
      live.linked(account);
      if (live.sync.linked.has(account)) this.#show(live);
    }
  }

  #unlinkedFrom(account: AccountId): void {
    this.#linked.delete(account);
    for (const live of this.groups.values()) {
      if (!live.sync.linked.has(account)) continue;
      live.unlinked(account);
      this.#show(live);
    }
  }

  #hear(from: AccountId, body: Bytes): void {
    const frame = decode(groupFrame, body);
    // Of groups not known here nothing is said, not even that.
    if (frame.ok) this.groups.get(groupIdOf(operationIdOf(frame.value.group)))?.frame(from, frame.value.word);
    else this.options.session.groupChannel.close(from);
  }
}
