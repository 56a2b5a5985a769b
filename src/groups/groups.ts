/** The groups of one account, as verbs: what the screens call. Everything that fails says why, before anything is done. */
import { assert } from '../lib/assert.ts';
import { fromBase64url, toBase64url, utf8, type Bytes } from '../lib/bytes.ts';
import { cleanLine, cleanText } from '../lib/clean-text.ts';
import type { Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { MAX_TEXT_BYTES } from '../protocol/content.ts';
import { MAX_FILE_TEXT_BYTES, MAX_MENTIONS } from '../protocol/group-message.ts';
import { MAX_GROUP_NAME_BYTES, MAX_PICTURE_BYTES, type GroupAct } from '../protocol/group-operation.ts';
import {
  accountKeyOf,
  bytesOf,
  conversationOf,
  groupIdOf,
  type AccountId,
  type ConversationId,
  type GroupId,
  type MessageId,
  type OperationId,
} from '../protocol/ids.ts';
import { MAX_GREETING_BYTES } from '../protocol/join-request.ts';
import type { CallRoster, GroupCallAct } from '../session/call-entry.ts';
import type { Mentions, MutedUntil } from '../session/group-talk.ts';
import type { GroupBoard } from './board.ts';
import { createGroup } from '../membership/drafting.ts';
import { GroupHouse, type GroupsOptions, type ShownInvitation, type WaitingInvitation } from './group-house.ts';
import { newRecord } from './group-record.ts';
import { alertsOf, isAdmin } from './group-view.ts';
import { deriveInvitation, examineGroupInvite, groupInviteLink, type ReadGroupInviteFailure } from './invitation.ts';
import { linkInvitation } from './invite-making.ts';
import { createKeyPackages, keyPackageOf } from './key-package.ts';
import { wirePolicy } from '../membership/policy.ts';
import type { Group, NotifyLevel, Spread } from './ports.ts';
import type { ActFailure, SayFailure } from '../membership/act-rules.ts';
import type { GroupPolicy } from '../membership/policy.ts';
import { letIn } from './requests.ts';
import { settleOperations } from './settling.ts';
import { watchSpread } from './spread-watch.ts';
import { seenOf, targetOf } from './writing.ts';

type Act = Promise<Result<undefined, ActFailure>>;
type TextTooLong = { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };
type TextFailure = TextTooLong | { readonly kind: 'text-empty' };

export class Groups {
  readonly #house: GroupHouse;

  constructor(options: GroupsOptions) {
    this.#house = new GroupHouse(options);
  }

  /** Opens all groups there are. Called before the session starts, so that nothing arrives unheard. */
  start(): Promise<void> {
    return this.#house.start();
  }

  close(): Promise<void> {
    return this.#house.close();
  }

  // ————— what the screens see —————

  watch(): Observable<readonly Group[]> {
    return this.#house.list;
  }

  get invitations(): Observable<readonly WaitingInvitation[]> {
    return this.#house.invitations;
  }

  spread(group: GroupId, message: MessageId): Observable<Spread> {
    const { books } = this.#house.at(group);
    return watchSpread(books, this.#house.progress, () => this.#house.options.message(books.context.conversation, message));
  }

  /** Whose talk it is; undefined when it is no group's. */
  groupOf(conversation: ConversationId): GroupId | undefined {
    return [...this.#house.groups.keys()].find((group) => conversationOf(group) === conversation);
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
    const { me, clock } = this.#house.options;
    const keys = createKeyPackages(clock.now());
    const fields = { name, picture, policy: group.policy, ownerName: this.#house.options.name, kemKey: keyPackageOf(keys) };
    const operation = createGroup(me, fields, { wall: clock.now(), place: 1 });
    const id = groupIdOf(operation.id);
    const live = await this.#house.open(id, newRecord({ standing: 'inside', name, granted: true, pin: operation.id }));
    await live.step(async (step) => {
      const { books } = live;
      step.store(books.epochs.adopt(keys));
      books.change(step, {});
      books.ledger.add(operation, me.account);
      await settleOperations(books, step, [operation]);
    });
    for (const friend of group.members) await this.#house.joining.invite(live, friend);
    return succeed(id);
  }

  // ————— talking —————

  async send(group: GroupId, text: string, mentions: Mentions): Promise<Result<MessageId, SayFailure | TextFailure>> {
    const checked = checkText(text, MAX_TEXT_BYTES);
    if (!checked.ok) return checked;
    if (checked.value === '') return fail({ kind: 'text-empty' });
    return this.#house.at(group).say({ text: checked.value, mentions: calling(mentions) });
  }

  /** A file, with a word to it that may be empty. `manifest`: as the files' room made it. What that has to remember is stored with the message. */
  async sendFile(group: GroupId, text: string, mentions: Mentions, manifest: Bytes): Promise<Result<MessageId, SayFailure | TextTooLong>> {
    const checked = checkText(text, MAX_FILE_TEXT_BYTES);
    if (!checked.ok) return checked;
    return this.#house.at(group).say({ text: checked.value, mentions: calling(mentions), manifest });
  }

  /** Calls that are not over by what members have written, in groups I am in. */
  get callRosters(): Observable<readonly CallRoster[]> {
    return this.#house.rosters;
  }

  /** Writes of a call that one comes or goes. */
  async tellCall(group: GroupId, act: GroupCallAct): Promise<Result<undefined, ActFailure>> {
    return this.#house.groups.get(group)?.tellCall(act) ?? fail({ kind: 'not-a-member' });
  }

  /** All messages that are here have been read, and this announcement. */
  async markRead(group: GroupId, announcement: OperationId | undefined): Promise<void> {
    const live = this.#house.groups.get(group);
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
      const invited = await this.#house.joining.invite(this.#house.at(group), friend);
      if (!invited.ok) return invited;
    }
    return succeed(undefined);
  }

  async makeInvite(
    group: GroupId,
    options: { readonly mode: 'auto' | 'approval'; readonly expires: number | undefined; readonly uses: number | undefined },
  ): Promise<Result<{ readonly id: string; readonly link: string }, ActFailure>> {
    const { me, address, store } = this.#house.options;
    const live = this.#house.at(group);
    const { state } = live.books;
    if (!state) return fail({ kind: 'not-a-member' });
    const invitation = linkInvitation({ group, name: state.name, tip: state.tip, inviter: me.account, expires: options.expires });
    const [id, link] = [toBase64url(invitation.inviteId), groupInviteLink(invitation, address)];
    const { topicSecret, proof } = deriveInvitation(invitation.secret);
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
      if (done.ok) step.store(this.#house.notesOf(group).keepLink(store, group, id, link));
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
    return succeed(await this.#house.joining.join(read.value, utf8(word).length > MAX_GREETING_BYTES ? '' : word));
  }

  #examine(link: string) {
    return examineGroupInvite(link, this.#house.circumstances);
  }

  async declineInvitation({ group }: ShownInvitation): Promise<void> {
    const live = this.#house.groups.get(group);
    if (live) await this.#house.joining.declineInvitation(live);
  }

  async approve(group: GroupId, applicant: AccountId): Act {
    const live = this.#house.at(group);
    const { state } = live.books;
    const request = state?.applications.find(({ request: { account } }) => account === applicant)?.request ?? state?.ejected.get(applicant);
    if (!request) return fail({ kind: 'no-such-member' });
    const admitted = await letIn(live, request);
    return admitted.ok ? succeed(undefined) : admitted;
  }

  async decline(group: GroupId, applicant: AccountId): Act {
    const live = this.#house.at(group);
    return live.attempt(async (step) => {
      const done = await live.perform(step, { type: 'decline', ...targetOf(applicant) });
      step.mail = { to: applicant, contents: [{ type: 'groupAnswer', group: bytesOf(group), answer: 'declined' }] };
      return done.ok ? succeed(undefined) : done;
    });
  }

  // ————— acts —————

  async leave(group: GroupId): Act {
    const live = this.#house.at(group);
    const { record, context } = live.books;
    if (record.standing === 'joining' || record.standing === 'applied') {
      await this.#house.joining.withdraw(live);
      return succeed(undefined);
    }
    return live.act((books) => [{ type: 'leave', seen: seenOf(books, context.me.account) }]);
  }

  remove(group: GroupId, member: AccountId): Act {
    return this.#house.at(group).act((books) => {
      const fields = { ...targetOf(member), seen: seenOf(books, member) };
      const byOwner = books.membership?.role === 'owner' && books.state?.members.get(member)?.role === 'admin';
      return [byOwner ? { type: 'expel', ...fields } : { type: 'kick', ...fields }];
    });
  }

  setAdmin(group: GroupId, member: AccountId, admin: boolean): Act {
    return this.#act(group, admin ? { type: 'grant', ...targetOf(member) } : { type: 'revoke', ...targetOf(member) });
  }

  mute(group: GroupId, member: AccountId, until: MutedUntil | undefined): Act {
    return this.#house
      .at(group)
      .act((books) =>
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
    const live = this.#house.at(group);
    await live.step((step) => live.books.change(step, { notify }));
    return succeed(undefined);
  }

  async dismissAlert(group: GroupId, index: number): Promise<void> {
    const live = this.#house.at(group);
    const put = alertsOf(this.#house.viewPartsOf(live))[index];
    if (!put) return;
    await live.step((step) => live.books.change(step, { dismissed: [...live.books.record.dismissed, put.key] }));
    // Whoever has looked at a forked chain and stays with what they were shown has a say in settling it; others are not asked.
    const { state, membership } = live.books;
    if (put.alert.kind === 'ownership-conflict' && state && isAdmin(membership?.role)) {
      await this.#act(group, { type: 'settle', tip: bytesOf(state.tip) });
    }
  }

  /** Deletes a group that is over, with its talk. */
  forget(group: GroupId): Promise<void> {
    return this.#house.delete(group);
  }

  /** The notes all members edit; the same for all who look at them here. */
  openBoard(group: GroupId): Promise<GroupBoard> {
    return this.#house.at(group).documents.openBoard();
  }

  #act(group: GroupId, act: GroupAct): Act {
    return this.#house.at(group).act(() => [act]);
  }
}

/** The text as it is kept and sent; it may be empty. */
function checkText(text: string, limit: number): Result<string, TextTooLong> {
  const clean = cleanText(text).trim();
  const { length } = utf8(clean);
  return length > limit ? fail({ kind: 'text-too-long', bytes: length, limit }) : succeed(clean);
}

/** Whoever means more people than a message names gets the first of them called. */
function calling({ all, accounts }: Mentions): Mentions {
  return { all, accounts: accounts.slice(0, MAX_MENTIONS) };
}

function tooLong(bytes: Bytes | undefined, limit: number): ActFailure | undefined {
  return bytes && bytes.length > limit ? { kind: 'too-long', bytes: bytes.length, limit } : undefined;
}
