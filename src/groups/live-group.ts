/**
 * One group at work: takes what arrives, does what its person wants, keeps others up to date. One step after another; each is
 * saved in one transaction before anything of it leaves.
 */
import { assertNever } from '../lib/assert.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { Serial } from '../lib/serial.ts';
import type { Give, GroupWord } from '../protocol/group-frame.ts';
import type { GroupAct } from '../protocol/group-operation.ts';
import { bytesOf, operationIdOf, type AccountId, type GroupId, type MessageId, type OperationId } from '../protocol/ids.ts';
import type { GroupChannel } from '../session/fellow.ts';
import type { GroupCallAct } from '../session/call-entry.ts';
import { mayWrite } from '../membership/act-rules.ts';
import type { Books } from './books.ts';
import { isAdmin, isParting, phaseOf } from './group-view.ts';
import { Intake, readGift, type ReadGift } from './intake.ts';
import { Marking } from './marking.ts';
import { timelineIdOf } from './message.ts';
import { MAX_NEIGHBOURS } from './neighbours.ts';
import type { Operation } from '../membership/operation.ts';
import type { DocumentCarriage, GroupPhase } from './ports.ts';
import type { ActFailure, SayFailure } from '../membership/act-rules.ts';
import { RecentMessages } from './recent-messages.ts';
import { epochsOfEarlierDevices, regrant } from './regrant.ts';
import { carriedEpochs, closedEpochs } from './settling.ts';
import { SharedDocuments } from './shared-documents.ts';
import { Step } from './step.ts';
import { Sync, type PeerStanding } from './sync.ts';
import { act, say, writeMessage, type Saying } from './writing.ts';

/** Gifts judged and saved together while more are waiting: fewer transactions, and none of them long. */
const GIFTS_AT_ONCE = 16;
/** Gifts that wait to be judged: more come only from somebody who does not wait to be asked. */
const MAX_WAITING_GIFTS = 512;
/** Without a word of where messages begin for a new member, so long; then all are asked for. */
const AWAIT_GRANT_MS = 10_000;

export interface LiveGroupOptions {
  readonly books: Books;
  readonly channel: GroupChannel;
  /** Accounts with a proven link. */
  readonly linked: () => ReadonlySet<AccountId>;
  /** A step was saved: what the screens see, or whom it is linked to, may be another. */
  readonly changed: (step: Step) => void;
  /** They sent what no honest member sends. */
  readonly hostile: (account: AccountId) => void;
  readonly troubled: (reason: unknown) => void;
  /** Operations, or what else is shared, that Yjs carries. */
  readonly carriage: DocumentCarriage;
}

export class LiveGroup {
  readonly books: Books;
  readonly sync: Sync;
  readonly documents: SharedDocuments;
  readonly #options: LiveGroupOptions;
  readonly #serial = new Serial();
  readonly #intake: Intake;
  readonly #marking: Marking;
  readonly #regranted = new Set<string>();
  readonly #askedFor = new Set<OperationId>();
  readonly #recent = new RecentMessages();
  #inbox: ReadGift[] = [];
  #awaitsGrant: boolean;
  #cancelAwaiting: (() => void) | undefined;
  #closed = false;

  constructor(options: LiveGroupOptions) {
    const { books, channel } = options;
    this.books = books;
    this.#options = options;
    this.#intake = new Intake(books);
    this.#awaitsGrant = !books.record.granted;
    this.#marking = new Marking(books, (task) => {
      this.step(task).catch(options.troubled);
    });
    this.sync = new Sync({
      group: books.context.group,
      me: books.context.me.account,
      shelves: books,
      channel,
      clock: books.context.clock,
      standingOf: (account) => this.#standingOf(account),
      farewell: (account) => this.#farewell(account),
      missingOperations: () => this.#intake.missing,
      missingBoxes: () => (books.membership ? books.epochs.missingBoxes([...closedEpochs(books), ...carriedEpochs(books)]) : []),
      parted: () => {
        this.step((step) => {
          if (isParting(books)) books.change(step, { parted: true });
        }).catch(options.troubled);
      },
      isMesh: () => (books.state?.members.size ?? 0) <= MAX_NEIGHBOURS + 1,
      isFilling: (account) => this.documents.isFilling(account),
      wantsMessages: () => this.books.membership !== undefined && !this.#awaitsGrant,
    });
    this.documents = new SharedDocuments({
      live: this,
      carriage: options.carriage,
      waiting: (account) => channel.waiting(account),
      hostile: options.hostile,
      troubled: options.troubled,
    });
  }

  get id(): GroupId {
    return this.books.context.group;
  }

  get phase(): GroupPhase {
    return phaseOf(this.books.record, this.books.state, this.books.context.me.account);
  }

  /** Takes up what was left: the links there are, a key this device lacks. */
  async start(): Promise<void> {
    this.#reviewLinks();
    this.#awaitGrant();
    if (this.books.membership) this.#marking.soon();
    await this.#introduceDevice();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#marking.close();
    this.#cancelAwaiting?.();
    this.documents.close();
    this.sync.close();
    await this.#serial.run(() => Promise.resolve());
  }

  // ————— steps —————

  /** Runs a step after those before it, saves it, and lets out what is new. */
  step(task: (step: Step) => Promise<void> | void): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#closed) return;
      const step = new Step();
      await task(step);
      await this.#save(step);
      this.#publish(step);
    });
  }

  /** Like `step`, for what may fail; then nothing of it is kept. */
  attempt<Value, Failure = ActFailure>(task: (step: Step) => Promise<Result<Value, Failure>>): Promise<Result<Value, Failure>> {
    return this.#serial.run(async () => {
      const step = new Step();
      const result = await task(step);
      if (result.ok) {
        await this.#save(step);
        this.#publish(step);
      } else if (step.operations.length > 0) {
        await this.books.reload();
      }
      return result;
    });
  }

  /** Does these things, or none of them. */
  act(acts: (books: Books) => readonly GroupAct[]): Promise<Result<undefined, ActFailure>> {
    return this.attempt(async (step) => {
      for (const each of acts(this.books)) {
        const done = await act(this.books, step, each);
        if (!done.ok) return done;
      }
      return succeed(undefined);
    });
  }

  /** One thing, as part of a step. */
  perform(step: Step, what: GroupAct): Promise<Result<Operation, ActFailure>> {
    return act(this.books, step, what);
  }

  /** What has been read, or has come, is told others before long. */
  markSoon(): void {
    this.#marking.soon();
  }

  say(saying: Saying): Promise<Result<MessageId, SayFailure>> {
    return this.attempt(async (step) => {
      const { state, context, membership, record } = this.books;
      if (!state || record.standing !== 'inside') return fail({ kind: 'not-a-member' });
      const failure = mayWrite(state, context.me.account, context.clock.now());
      if (failure) return fail(failure);
      if (saying.mentions.all && !isAdmin(membership?.role)) return fail({ kind: 'not-allowed', because: 'admins-only' });
      return succeed(timelineIdOf(await say(this.books, step, saying)));
    });
  }

  /** Who may not write may not come to a call; whoever goes may always say so. */
  tellCall({ call, act: what, media }: GroupCallAct): Promise<Result<undefined, ActFailure>> {
    return this.attempt(async (step) => {
      const { state, context, record } = this.books;
      if (!state || record.standing !== 'inside') return fail({ kind: 'not-a-member' });
      const failure = what === 'left' || what === 'ended' ? undefined : mayWrite(state, context.me.account, context.clock.now());
      if (failure) return fail(failure);
      await writeMessage(this.books, step, { type: 'call', call: bytesOf(call), act: what, media });
      return succeed(undefined);
    });
  }

  async #save(step: Step): Promise<void> {
    await this.#marking.advance(step);
    await this.books.commit(step);
    this.#marking.saved();
  }

  #publish(step: Step): void {
    if (this.#closed) return;
    this.#recent.add(step.messages);
    if (step.operations.length > 0 || step.touchesRecord) this.#reviewLinks();
    if (step.operations.length > 0) this.#awaitGrant();
    this.documents.carry(step.operations);
    this.sync.spread(step);
    this.#askForSecrets([...step.badEpochs, ...(step.messages.length > 0 ? epochsOfEarlierDevices(this.books) : [])]);
    if (step.messages.length > 0) this.#marking.soon();
    this.#options.changed(step);
  }

  /** Once for each epoch: whoever of the members linked now holds its secret hands it on. */
  #askForSecrets(epochs: readonly OperationId[]): void {
    for (const epoch of epochs) {
      if (this.#askedFor.has(epoch)) continue;
      this.#askedFor.add(epoch);
      this.sync.tellAll({ type: 'rekey', epoch: bytesOf(epoch) });
    }
  }

  // ————— links —————

  /** A link to somebody is proven. */
  linked(account: AccountId): void {
    this.sync.meet(account);
    this.documents.relinked(account);
  }

  unlinked(account: AccountId): void {
    this.sync.lost(account);
    this.documents.review();
  }

  drained(account: AccountId): void {
    this.sync.drained(account);
    this.documents.drained(account);
  }

  #reviewLinks(): void {
    this.sync.review(this.#options.linked());
    this.documents.review();
  }

  // ————— what members say —————

  frame(from: AccountId, word: GroupWord): void {
    if (this.#closed) return;
    switch (word.type) {
      case 'vector':
        this.sync.vectorFrom(from, word);
        break;
      case 'want':
        this.sync.wantFrom(from, word);
        break;
      case 'give':
        this.#receive(from, word);
        break;
      case 'rekey':
        this.#rekey(from, operationIdOf(word.epoch));
        break;
      case 'carriage':
        this.documents.received(from, word.doc, word.body);
        break;
      default:
        assertNever(word);
    }
  }

  /** Operations that came another way: in the shared document, which read them. They are judged like any others. */
  receiveOperations(operations: readonly Operation[]): void {
    this.#enqueue({ from: this.books.context.me.account, last: false, operations, boxes: [], messages: [], held: [], marks: [] });
  }

  #receive(from: AccountId, give: Give): void {
    const gift = this.#inbox.length < MAX_WAITING_GIFTS ? readGift(from, give, (envelope) => this.#recent.recall(envelope)) : undefined;
    if (gift) this.#enqueue(gift);
    else this.#options.hostile(from);
  }

  #enqueue(gift: ReadGift): void {
    this.#inbox.push(gift);
    if (this.#inbox.length === 1) this.#serial.run(() => this.#takeInbox()).catch(this.#options.troubled);
  }

  async #takeInbox(): Promise<void> {
    while (this.#inbox.length > 0 && !this.#closed) {
      const gifts = this.#inbox.slice(0, GIFTS_AT_ONCE);
      const step = new Step();
      try {
        await this.#intake.take(step, gifts);
        await this.#save(step);
      } catch (reason) {
        this.#inbox = [];
        throw reason;
      }
      this.#inbox.splice(0, gifts.length);
      for (const gift of gifts) this.sync.taken(gift.from, gift, { ...gift, messages: [...gift.messages, ...gift.held] });
      this.#publish(step);
    }
  }

  #rekey(from: AccountId, epoch: OperationId): void {
    const name = `${from} ${epoch}`;
    if (this.#standingOf(from) !== 'member' || this.#regranted.has(name)) return;
    this.#regranted.add(name);
    this.step((step) => regrant(this.books, step, from, epoch)).catch(this.#options.troubled);
  }

  // ————— who is who —————

  #standingOf(account: AccountId): PeerStanding {
    const { state, record, membership } = this.books;
    const isMember = state?.members.has(account) ?? false;
    if (membership && record.standing === 'inside') {
      if (isMember) return 'member';
      return state?.former.has(account) ? 'former' : 'stranger';
    }
    if (isMember && isParting(this.books)) return 'parting';
    const isWaiting = record.standing === 'joining' || record.standing === 'applied';
    return isWaiting && (isMember || record.hosts.some((host) => host.account === account)) ? 'host' : 'stranger';
  }

  #farewell(account: AccountId): readonly Operation[] {
    const { state, ledger } = this.books;
    const former = state?.former.get(account);
    const known = former && former.ended.length > 0 ? ledger.history.closure(former.ended) : undefined;
    return known ? ledger.history.operations.filter((_, number) => known.has(number)) : [];
  }

  // ————— what is due —————

  /** A device that came by a backup, or whose key is old, says which key to seal to. */
  async #introduceDevice(): Promise<void> {
    const { state, context, epochs, membership } = this.books;
    if (!state || !membership || state.disbanded) return;
    const isKnown = state.devices.some(({ device }) => device === context.device) && epochs.hasKeys;
    if (isKnown && !epochs.isRefreshDue) return;
    await this.step(async (step) => {
      const { kemKey, writes } = epochs.hasKeys && isKnown ? epochs.refresh() : epochs.ownKey();
      step.store(...writes);
      await act(this.books, step, { type: 'keyPackage', credential: context.me.credential, name: context.name, kemKey });
    });
  }

  /** Where messages begin for a new member comes with the grant; should it not come, they begin at the beginning. */
  #awaitGrant(): void {
    if (this.books.record.granted) this.#awaitsGrant = false;
    if (!this.#awaitsGrant || this.#cancelAwaiting || !this.books.membership) return;
    this.#cancelAwaiting = this.books.context.clock.after(AWAIT_GRANT_MS, () => {
      this.#awaitsGrant = false;
      this.sync.lookAgain();
    });
  }
}
