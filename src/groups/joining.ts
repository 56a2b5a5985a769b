/** Coming into groups: invitations to friends, links and their doors, requests and what is answered (PROTOCOL.md G70–G74). */
import { verifyCredential } from '../identity/credential.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import { decode, encode } from '../protocol/codec.ts';
import type { ContentOf } from '../protocol/content.ts';
import { groupInvitation } from '../protocol/group-invitation.ts';
import { groupWelcome, MAX_WELCOME_HOSTS } from '../protocol/group-welcome.ts';
import { accountIdOf, bytesOf, type AccountId, type GroupId } from '../protocol/ids.ts';
import type { Knock, KnockAnswer, Knocking, KnockOptions } from '../session/knocking.ts';
import type { Books } from './books.ts';
import { deriveInvitation, examineGroupInvitation, type ReadGroupInvite } from './invitation.ts';
import { friendInvitation, isForFriend } from './invite-making.ts';
import { readJoinRequest, signJoinRequest } from '../membership/join-request.ts';
import type { LiveGroup } from './live-group.ts';
import { encodeRecord, newRecord, type GroupRecord, type Host } from './group-record.ts';
import { groupOf, letterDone, lettersOf, letterWrite, type GroupContent, type Letter } from './post-box.ts';
import { receiveGrant } from './history-grant.ts';
import { answerRequest, rememberOffer, withdrawOffer } from './requests.ts';
import { settleSecrets } from './settling.ts';
import { isAct } from '../membership/operation.ts';
import type { GroupStore } from './ports.ts';
import type { ActFailure } from '../membership/act-rules.ts';

/** A friend has so long to decide. */
const FRIEND_INVITATION_MS = 30 * 86_400_000;
/** A member who let somebody in and is not heard of any more: another is asked after this. */
const ASK_ANOTHER_MS = 30_000;

export interface JoiningHouse {
  readonly groups: ReadonlyMap<GroupId, LiveGroup>;
  /** Opens a group that is not there yet, by this record; nothing of it is stored before its first step. */
  readonly admitGroup: (group: GroupId, record: GroupRecord) => Promise<LiveGroup>;
  readonly knock: (options: KnockOptions) => Knocking;
  /** A group that is no more than an invitation or application, gone. */
  readonly drop: (group: GroupId) => Promise<void>;
  readonly troubled: (reason: unknown) => void;
  readonly clock: Clock;
  readonly store: GroupStore;
}

export class Joining {
  readonly #house: JoiningHouse;
  readonly #knocks = new Map<GroupId, { readonly knocking: Knocking; cancelDoubt: (() => void) | undefined }>();

  /** Groups with a grant of epochs that have not come. */
  readonly #incomplete = new Set<GroupId>();

  readonly #reading = new Serial();

  constructor(house: JoiningHouse) {
    this.#house = house;
  }

  close(): void {
    for (const group of [...this.#knocks.keys()]) this.#stopKnocking(group);
  }

  // ————— asking others in —————

  /** Asks a friend in: the word waits in the outbox for as long as it takes. */
  invite(live: LiveGroup, friend: AccountId): Promise<Result<undefined, ActFailure>> {
    return live.attempt<undefined>((step) => {
      const { state, context, membership } = live.books;
      if (!state || state.disbanded) return Promise.resolve(fail({ kind: 'group-over' }));
      if (!membership) return Promise.resolve(fail({ kind: 'not-a-member' }));
      if (state.members.has(friend)) return Promise.resolve(succeed(undefined));
      const { group, me, clock } = context;
      const expires = clock.now() + FRIEND_INVITATION_MS;
      const invitation = friendInvitation({ group, name: state.name, tip: state.tip, inviter: me.account, expires });
      step.store(rememberOffer(live.books, friend));
      step.mail = { to: friend, contents: [{ type: 'groupInvitation', invitation }] };
      return Promise.resolve(succeed(undefined));
    });
  }

  // ————— being asked —————

  /** A friend asks me in. Kept until I decide; a second word takes the place of the first. */
  async #invited(live: LiveGroup, from: AccountId, { invitation }: ContentOf<'groupInvitation'>): Promise<void> {
    const shown = this.#examine(from, invitation);
    if (!shown || this.#isUnderWay(live.id)) return;
    // Somebody who was in this group before keeps what there is of it, and joins again by the new word.
    await live.step((step) => live.books.change(step, invitedBy(from, shown, invitation)));
  }

  /** The same for a group that is not known here: its row is the word itself. */
  async #invitedAnew(from: AccountId, { invitation }: ContentOf<'groupInvitation'>): Promise<void> {
    const shown = this.#examine(from, invitation);
    if (!shown) return;
    const record = newRecord({ ...invitedBy(from, shown, invitation), pin: shown.tip });
    const { store } = this.#house;
    await store.commit([store.putGroup(shown.group, encodeRecord(record))]);
    await this.#house.admitGroup(shown.group, record);
  }

  #examine(from: AccountId, encoded: Bytes): ReadGroupInvite | undefined {
    const invitation = decode(groupInvitation, encoded);
    const isMember = (group: GroupId) => this.#isUnderWay(group);
    const read = invitation.ok ? examineGroupInvitation(invitation.value, { now: this.#house.clock.now(), isMember }) : undefined;
    return read?.ok && read.value.inviter === from && isForFriend(read.value.invitation) ? read.value : undefined;
  }

  #isUnderWay(group: GroupId): boolean {
    const phase = this.#house.groups.get(group)?.phase;
    const standing = this.#house.groups.get(group)?.books.record.standing;
    return standing !== 'invited' && (phase === 'active' || phase === 'joining' || phase === 'applied');
  }

  async declineInvitation(live: LiveGroup): Promise<void> {
    const { record, context } = live.books;
    const [inviter] = record.hosts;
    if (record.standing !== 'invited' || !inviter) return;
    const answer = { type: 'groupAnswer', group: bytesOf(context.group), answer: 'declined' } as const;
    await live.step((step) => {
      live.books.change(step, { standing: 'withdrawn' });
      step.mail = { to: inviter.account, contents: [answer] };
    });
    await this.#house.drop(live.id);
  }

  // ————— joining —————

  /** Asks to be let in; what becomes of it, the group's phase says. */
  async join({ invitation, group, name, tip, inviter }: ReadGroupInvite, greeting: string): Promise<GroupId> {
    const known = this.#house.groups.get(group);
    const live = known ?? (await this.#house.admitGroup(group, newRecord({ standing: 'joining', name, pin: tip })));
    const forFriend = isForFriend(invitation);
    await live.step((step) => {
      const { books } = live;
      const { me, name: myName } = books.context;
      // A request lets somebody in once: whoever comes again asks with another key.
      const { kemKey, writes } = books.epochs.hasKeys ? books.epochs.refresh() : books.epochs.ownKey();
      const proof = forFriend ? undefined : { id: invitation.inviteId, key: deriveInvitation(invitation.secret).proof };
      const request = signJoinRequest(me, { group, name: myName, kemKey, greeting, invitation: proof });
      const hosts: readonly Host[] = forFriend ? [{ account: inviter, credential: undefined }] : [];
      step.store(...writes);
      books.change(step, { standing: 'joining', name, hosts, request, invitation: encode(groupInvitation, invitation), granted: false });
      if (forFriend) step.mail = { to: inviter, contents: [{ type: 'groupRequest', group: bytesOf(group), request }] };
    });
    this.resume(live);
    return group;
  }

  /** I want in no more. */
  async withdraw(live: LiveGroup): Promise<void> {
    this.#stopKnocking(live.id);
    const [host] = live.books.record.hosts;
    await live.step((step) => {
      live.books.change(step, { standing: 'withdrawn', request: undefined, invitation: undefined });
      if (host) step.mail = { to: host.account, contents: [{ type: 'groupAnswer', group: bytesOf(live.id), answer: 'withdrawn' }] };
    });
  }

  /** Goes to the door again, where that is the way in. */
  resume(live: LiveGroup): void {
    const { record } = live.books;
    const isWaiting = record.standing === 'joining' || record.standing === 'applied';
    const read = isWaiting && record.invitation ? decode(groupInvitation, record.invitation) : undefined;
    if (!read?.ok || !record.request || isForFriend(read.value) || this.#knocks.has(live.id)) return;
    const knocking = this.#house.knock({
      topicSecret: deriveInvitation(read.value.secret).topicSecret,
      inviter: accountIdOf(read.value.inviter),
      request: record.request,
      events: {
        answered: (welcome, by) => {
          this.#welcomed(live, welcome, by).catch(this.#house.troubled);
        },
        failed: (failure) => {
          if (failure.kind !== 'nobody-here-yet' && failure.kind !== 'unsupported') this.#refused(live).catch(this.#house.troubled);
        },
      },
    });
    this.#knocks.set(live.id, { knocking, cancelDoubt: undefined });
  }

  /** Let in, or it came to nothing: nobody stands at the door any more. */
  settled(live: LiveGroup): void {
    const { standing } = live.books.record;
    // Who is refused at the door goes on asking: none of those who stand there has the last word (I25).
    if (standing === 'inside' || standing === 'withdrawn') this.#stopKnocking(live.id);
    if (this.#incomplete.has(live.id)) this.readLetters(live).catch(this.#house.troubled);
  }

  async #welcomed(live: LiveGroup, welcome: Bytes, by: VerifiedDevice): Promise<void> {
    const read = decode(groupWelcome, welcome);
    const knock = this.#knocks.get(live.id);
    if (!knock) return;
    if (!read.ok) {
      knock.knocking.askAnother();
      return;
    }
    const hosts = read.value.hosts.flatMap((credential): readonly Host[] => {
      const device = verifyCredential(credential);
      return device.ok ? [{ account: device.value.account, credential }] : [];
    });
    if (!hosts.some(({ account }) => account === by.account)) {
      knock.knocking.askAnother();
      return;
    }
    await live.step((step) => {
      const { standing } = live.books.record;
      const isWaiting = standing === 'joining' || standing === 'applied' || standing === 'declined';
      if (isWaiting) live.books.change(step, { hosts, standing: read.value.status });
    });
    knock.cancelDoubt?.();
    knock.cancelDoubt = live.books.context.clock.after(ASK_ANOTHER_MS, () => {
      if (live.books.record.standing === 'joining') knock.knocking.askAnother();
    });
  }

  /** Everybody at the door says no. */
  async #refused(live: LiveGroup): Promise<void> {
    await live.step((step) => {
      if (live.books.record.standing === 'joining') live.books.change(step, { standing: 'declined' });
    });
  }

  #stopKnocking(group: GroupId): void {
    const knock = this.#knocks.get(group);
    this.#knocks.delete(group);
    knock?.cancelDoubt?.();
    knock?.knocking.close();
  }

  // ————— letting in —————

  /** Somebody stands at the door of a group of mine. */
  async knocked({ group, from, request: envelope }: Knock, online: ReadonlySet<AccountId>): Promise<KnockAnswer> {
    const live = this.#house.groups.get(group);
    const request = readJoinRequest(envelope);
    if (live?.phase !== 'active') return { kind: 'refused', reason: 'group-over' };
    if (!request.ok || request.value.account !== from.account || request.value.group !== group || !request.value.invitation) {
      return { kind: 'wrong-proof' };
    }
    const verdict = await answerRequest(live, request.value);
    switch (verdict) {
      case 'wrong-proof':
        return { kind: 'wrong-proof' };
      case 'invite-used':
      case 'invite-expired':
      case 'group-over':
        return { kind: 'refused', reason: verdict };
      case 'auto':
      case 'member':
      case 'approval': {
        const status = verdict === 'approval' ? ('applied' as const) : ('joining' as const);
        return { kind: 'welcome', welcome: encode(groupWelcome, { status, hosts: hostsToMeet(live.books, online) }) };
      }
    }
  }

  // ————— letters —————

  /**
   * Puts contents down and deals with them afterwards: a step may wait for the talk with whom they came from, which waits for
   * this.
   */
  async received(from: AccountId, contents: readonly GroupContent[]): Promise<readonly Write[]> {
    const { store, groups, troubled } = this.#house;
    const liveOf = (content: GroupContent) => {
      const group = groupOf(content);
      return group && groups.get(group);
    };
    for (const content of contents) {
      const live = liveOf(content);
      if (live) await store.commit([letterWrite(store, live.id, { from, content })]);
      else if (content.type === 'groupInvitation') await this.#invitedAnew(from, content);
    }
    const concerned = new Set(contents.flatMap((content) => liveOf(content) ?? []));
    for (const live of concerned) this.readLetters(live).catch(troubled);
    return [];
  }

  /** What was put down and not dealt with yet. */
  readLetters(live: LiveGroup): Promise<void> {
    return this.#reading.run(() => this.#readLetters(live));
  }

  async #readLetters(live: LiveGroup): Promise<void> {
    this.#incomplete.delete(live.id);
    for (const letter of await lettersOf(live.books.context.store, live.id)) await this.#deal(live, letter);
  }

  async #deal(live: LiveGroup, { name, from, content }: Letter): Promise<void> {
    const { books } = live;
    const done = letterDone(books.context.store, live.id, name);
    switch (content.type) {
      case 'groupInvitation':
        await this.#invited(live, from, content);
        await books.context.store.commit([done]);
        break;
      case 'groupRequest':
        await this.#requested(live, from, content);
        await books.context.store.commit([done]);
        break;
      case 'groupAnswer':
        await this.#answered(live, from, content);
        await books.context.store.commit([done]);
        break;
      case 'groupHistory':
        await this.#granted(live, content, done);
        break;
    }
  }

  async #requested(live: LiveGroup, from: AccountId, { request: envelope }: ContentOf<'groupRequest'>): Promise<void> {
    const request = readJoinRequest(envelope);
    if (!request.ok || request.value.account !== from || request.value.group !== live.id) return;
    const verdict = await answerRequest(live, request.value);
    const answer = verdict === 'approval' ? 'waiting' : verdict === 'auto' || verdict === 'member' ? undefined : verdict;
    if (answer === undefined || answer === 'wrong-proof') return;
    await live.step((step) => {
      step.mail = { to: from, contents: [{ type: 'groupAnswer', group: bytesOf(live.id), answer }] };
    });
  }

  async #answered(live: LiveGroup, from: AccountId, { answer }: ContentOf<'groupAnswer'>): Promise<void> {
    const { books } = live;
    const { record } = books;
    if (books.membership) {
      // A friend does not want in, or an applicant no more.
      if (answer !== 'declined' && answer !== 'withdrawn') return;
      await books.context.store.commit([withdrawOffer(books, from)]);
      if (books.state?.applications.some(({ request }) => request.account === from)) {
        await live.act(() => [{ type: 'decline', account: bytesOf(from) }]);
      }
      return;
    }
    const isHost = record.hosts.some(({ account }) => account === from);
    if (!isHost || (record.standing !== 'joining' && record.standing !== 'applied')) return;
    if (answer !== 'waiting') this.#stopKnocking(live.id);
    await live.step((step) => books.change(step, { standing: answer === 'waiting' ? 'applied' : 'declined' }));
  }

  /** Keys of what was said before I came. A grant whose epochs are not here yet waits for them. */
  async #granted(live: LiveGroup, content: ContentOf<'groupHistory'>, done: Write): Promise<void> {
    const { books } = live;
    await live.step(async (step) => {
      const grant = receiveGrant(content, (id) => {
        const operation = books.ledger.history.get(id);
        return operation && isAct(operation, 'epoch') ? operation.act : undefined;
      });
      for (const [epoch, secret] of grant.secrets) step.store(...books.epochs.keepSecret(epoch, secret, { granted: true }));
      step.store(...books.epochs.keepMessageKeys(grant.keys));
      if (grant.beginnings.size > 0 || !books.record.granted) {
        books.logs.beginAt(new Map([...books.logs.beginnings, ...grant.beginnings]));
        books.change(step, {
          granted: true,
          beginnings: books.logs.beginnings,
          lamport: Math.max(books.record.lamport, grant.lamport),
        });
      }
      await settleSecrets(books, step);
      if (grant.unknown.length === 0) step.store(done);
      if (grant.unknown.length > 0) this.#incomplete.add(live.id);
    });
  }
}

function invitedBy(from: AccountId, { name }: ReadGroupInvite, invitation: Bytes) {
  return { standing: 'invited' as const, name, hosts: [{ account: from, credential: undefined }], invitation };
}

/** Members for a newcomer to meet: this device first, then those who are online. */
function hostsToMeet({ state, context }: Books, online: ReadonlySet<AccountId>): readonly Bytes[] {
  const others = (state?.devices ?? []).filter(({ account }) => account !== context.me.account && online.has(account));
  const credentials = new Map(others.map(({ account, introduction }) => [account, introduction.credential]));
  return [context.me.credential, ...credentials.values()].slice(0, MAX_WELCOME_HOSTS);
}
