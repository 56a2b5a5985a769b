/** What of a group stands in its timeline: messages that can be opened and may be seen, and what was done in it. */
import { textOf, utf8 } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import type { GroupBody, SpokenBody } from '../protocol/group-message.ts';
import { accountIdOf, bytesOf, MESSAGE_ID_BYTES, messageIdOf, type AccountId, type MessageId, type OperationId } from '../protocol/ids.ts';
import type { Attachment } from '../session/attachment.ts';
import type { TimelineEntry } from '../session/group-talk.ts';
import { judgeAuthor, wasAdminKnowing } from '../membership/authorship.ts';
import { actOf, CallBook } from './call-book.ts';
import type { EpochKeeper } from './epoch-keeper.ts';
import type { GroupContext } from './group-context.ts';
import { eventOf } from '../membership/group-event.ts';
import type { GroupState, Silencing } from '../membership/group-state.ts';
import type { Ledger } from './ledger.ts';
import type { LogKeeper } from './log-keeper.ts';
import { openMessage, openMessageWithKey, timelineIdOf, type CarriedMessage } from './message.ts';
import { claimOf, honoured } from './message-judge.ts';
import type { Operation } from '../membership/operation.ts';

const UNOPENED = 'unopened';
/** Messages looked at again in one go. */
const PAGE = 512;
/** How far beyond what it follows from an operation may claim to stand in the talk (as M3). */
const MAX_PLACE_LEAD = 2 ** 20;

type CallBody = Extract<GroupBody, { type: 'call' }>;

/** A message that waits for its key. */
interface Unopened {
  readonly device: string;
  readonly seq: number;
  readonly epoch: OperationId;
}

interface Opened {
  readonly body: GroupBody;
  /** Said before I came. */
  readonly past: boolean;
}

export class Talk {
  readonly #context: GroupContext;
  readonly #ledger: Ledger;
  readonly #epochs: EpochKeeper;
  readonly #logs: LogKeeper;
  readonly calls: CallBook;
  readonly #unopened = new Map<string, Unopened>();
  /** Where operations stand in the talk, by their numbers. */
  readonly #places: number[] = [];

  private constructor(context: GroupContext, parts: { ledger: Ledger; epochs: EpochKeeper; logs: LogKeeper }, calls: CallBook) {
    this.#context = context;
    this.calls = calls;
    this.#ledger = parts.ledger;
    this.#epochs = parts.epochs;
    this.#logs = parts.logs;
  }

  static async load(context: GroupContext, parts: { ledger: Ledger; epochs: EpochKeeper; logs: LogKeeper }): Promise<Talk> {
    const talk = new Talk(context, parts, await CallBook.load(context));
    for (const { name, body } of await context.store.parcels(context.group, UNOPENED)) {
      const [device, seq, epoch] = (textOf(body) ?? '').split(' ');
      if (device && seq && epoch) talk.#unopened.set(name, { device, seq: Number(seq), epoch: epoch as OperationId });
    }
    return talk;
  }

  // ————— messages —————

  /** The changes that show these, all accepted; those without a key yet are remembered and shown when it comes. */
  async show(messages: readonly CarriedMessage[], state: GroupState): Promise<readonly Write[]> {
    const entries: TimelineEntry[] = [];
    const acts: Parameters<CallBook['note']>[0][number][] = [];
    const writes: Write[] = [];
    for (const message of messages) {
      const opened = this.#open(message);
      if (opened === 'no-key') writes.push(this.#remember(message));
      else if (opened?.body.type === 'call') acts.push(...this.#actsIn(message, opened.body, { past: opened.past, state }));
      else if (opened && this.#isShown(message, state)) {
        entries.push(await this.#entryOf(message, { body: opened.body, past: opened.past }, state, writes));
      }
    }
    return [...(await this.#add(entries)), ...(await this.calls.note(acts)), ...writes];
  }

  /** Who may not write may not come to a call either; but whoever goes is gone. */
  #actsIn(message: CarriedMessage, body: CallBody, { past, state }: { readonly past: boolean; readonly state: GroupState }) {
    const isLeaving = body.act === 'left' || body.act === 'ended';
    if (!isLeaving && !this.#isShown(message, state)) return [];
    return [{ ...actOf({ ...frameOf(message), message: timelineIdOf(message), account: message.account }, body), past }];
  }

  /** The same for what this person says now. */
  async say(message: CarriedMessage, body: GroupBody, state: GroupState): Promise<readonly Write[]> {
    if (body.type === 'call') return this.calls.note(this.#actsIn(message, body, { past: false, state }));
    const writes: Write[] = [];
    const file = await this.#keepFile(message, body, writes);
    const said = { ...frameOf(message), text: body.text, mentions: mentionsOf(body), ...(file && { file }) };
    return [...(await this.#add([{ ...said, direction: 'out' }])), ...writes];
  }

  /** Keys have come: what waited for them is shown. */
  async openWaiting(state: GroupState): Promise<readonly Write[]> {
    const writes: Write[] = [];
    const found: CarriedMessage[] = [];
    for (const [name, { device, seq, epoch }] of this.#unopened) {
      if (!this.#epochs.secretOf(epoch) && !this.#epochs.messageKey(device, seq)) continue;
      this.#unopened.delete(name);
      writes.push(this.#context.store.deleteParcel(this.#context.group, UNOPENED, name));
      found.push(...(await this.#logs.read(device, seq, 1)));
    }
    return [...writes, ...(await this.show(found, state))];
  }

  /** Epochs of messages that wait for a key. */
  get lockedEpochs(): ReadonlySet<OperationId> {
    return new Set([...this.#unopened.values()].map(({ epoch }) => epoch));
  }

  /** What hides somebody's messages has changed: those it can concern are looked at again. */
  async reconsider(before: GroupState | undefined, after: GroupState): Promise<readonly Write[]> {
    if (!before) return [];
    const writes: Write[] = [];
    for (const [account, from] of concerned(before, after)) {
      for (const device of this.#logs.devicesOf(account)) writes.push(...(await this.#reconsiderLog(device, from(device) + 1, after)));
    }
    return writes;
  }

  async #reconsiderLog(device: string, from: number, state: GroupState): Promise<readonly Write[]> {
    const writes: Write[] = [];
    for (let next = from; ;) {
      const page = await this.#logs.read(device, next, PAGE);
      const hidden = page.filter((message) => !this.#isShown(message, state));
      writes.push(...(await this.#hide(hidden.map(timelineIdOf))));
      const shown = page.filter((message) => !hidden.includes(message));
      writes.push(...(await this.show(shown, state)));
      if (page.length < PAGE) return writes;
      next = (page.at(-1)?.seq ?? next) + 1;
    }
  }

  async #hide(messages: readonly MessageId[]): Promise<readonly Write[]> {
    if (messages.length === 0) return [];
    const { timeline, files, conversation } = this.#context;
    return [timeline.remove(conversation, messages), ...(await files.drop(conversation, messages))];
  }

  #isShown(message: CarriedMessage, state: GroupState): boolean {
    return judgeAuthor(this.#ledger.history, state, claimOf(message, this.#context.clock.now())) === 'shown';
  }

  #open(message: CarriedMessage): Opened | 'no-key' | undefined {
    const known = this.#epochs.secretOf(message.epoch);
    if (known) return openedAs(openMessage(message, known.secret), known.granted);
    const key = this.#epochs.messageKey(message.device, message.seq);
    return key ? openedAs(openMessageWithKey(message, key), true) : 'no-key';
  }

  /** What has to be remembered of its file is added to `writes`. */
  async #entryOf(
    message: CarriedMessage,
    { body, past }: { readonly body: SpokenBody; readonly past: boolean },
    state: GroupState,
    writes: Write[],
  ): Promise<TimelineEntry> {
    const { me } = this.#context;
    const isMine = message.account === me.account;
    const wasAdmin = wasAdminKnowing(this.#ledger.history, state, message.account, message.control);
    const { text, mentions } = honoured(body, wasAdmin ? 'admin' : 'member');
    const file = await this.#keepFile(message, body, writes);
    const said = {
      ...frameOf(message),
      text,
      mentions: mentionsOf({ mentions }),
      ...(file && { file }),
      ...(past || isMine ? { past: true as const } : {}),
    };
    return isMine ? { ...said, direction: 'out' } : { ...said, direction: 'in', author: message.account };
  }

  /** The file a message has, if it has one that can be read (X3). */
  async #keepFile(message: CarriedMessage, body: GroupBody, writes: Write[]): Promise<Attachment | undefined> {
    const { files, conversation } = this.#context;
    const file = body.type === 'file' ? files.read(body.manifest) : undefined;
    if (body.type !== 'file' || !file) return undefined;
    const { account: author, wall } = message;
    writes.push(...(await files.keep({ conversation, message: timelineIdOf(message), author, wall }, body.manifest)));
    return file;
  }

  #remember(message: CarriedMessage): Write {
    const { device, seq, epoch } = message;
    const name = `${device} ${seq}`;
    this.#unopened.set(name, { device, seq, epoch });
    return this.#context.store.putParcel(this.#context.group, UNOPENED, name, utf8(`${device} ${seq} ${epoch}`));
  }

  // ————— what was done —————

  /**
   * The changes by which the talk tells what counts now and did not before, and no more what does not. Of what was done before
   * somebody came, nothing is told.
   */
  async tell(before: GroupState | undefined, after: GroupState): Promise<readonly Write[]> {
    const admitted = this.#ledger.history.numberOf(after.members.get(this.#context.me.account)?.admitted ?? after.tip);
    const isOld = (operation: Operation) => {
      const number = this.#ledger.history.numberOf(operation.id);
      return number !== undefined && admitted !== undefined && this.#ledger.history.precedes(number, admitted);
    };
    const isNews = (operation: Operation) => !before?.effective.has(operation.id) && !isOld(operation);
    const entries = [...after.effective.values()].filter(isNews).flatMap((operation): readonly TimelineEntry[] => {
      const event = eventOf(operation, after);
      if (!event) return [];
      const { wall } = operation;
      return [{ id: eventIdOf(operation.id), lamport: this.#placeOf(operation), wall, direction: 'event', event }];
    });
    const untold = [...(before?.effective.keys() ?? [])].filter((id) => !after.effective.has(id)).map(eventIdOf);
    const { timeline, conversation } = this.#context;
    return [...(untold.length > 0 ? [timeline.remove(conversation, untold)] : []), ...(await this.#add(entries))];
  }

  /** The author's word for it, not before what it follows from and not far beyond: the same for all. */
  #placeOf(operation: Operation): number {
    const { history } = this.#ledger;
    for (let number = this.#places.length; number < history.size; number++) {
      const earliest = Math.max(0, ...history.parentsOf(number).map((parent) => this.#places[parent] ?? 0));
      const claimed = history.operations[number]?.place ?? 0;
      this.#places.push(Math.min(Math.max(claimed, earliest), earliest + MAX_PLACE_LEAD));
    }
    return this.#places[history.numberOf(operation.id) ?? 0] ?? 0;
  }

  async #add(entries: readonly TimelineEntry[]): Promise<readonly Write[]> {
    return entries.length === 0 ? [] : this.#context.timeline.add(this.#context.conversation, entries);
  }
}

/** What an operation is called in the timeline: as messages are, by the first 16 bytes of its id. */
function eventIdOf(operation: OperationId): MessageId {
  return messageIdOf(bytesOf(operation).subarray(0, MESSAGE_ID_BYTES));
}

function frameOf(message: CarriedMessage) {
  return { id: timelineIdOf(message), lamport: message.lamport, wall: message.wall };
}

function mentionsOf({ mentions }: Pick<SpokenBody, 'mentions'>): { readonly all: boolean; readonly accounts: readonly AccountId[] } {
  return { all: mentions.all, accounts: mentions.accounts.map(accountIdOf) };
}

function openedAs(result: ReturnType<typeof openMessage>, past: boolean): Opened | undefined {
  return result.ok ? { body: result.value, past } : undefined;
}

/** Whose messages may be hidden now and were not, or the other way round; and beyond which number of each device. */
function concerned(before: GroupState, after: GroupState): ReadonlyMap<AccountId, (device: string) => number> {
  const found = new Map<AccountId, (device: string) => number>();
  const wasGeneral = before.generalSilences.map(({ begun }) => begun);
  const isUnmade = wasGeneral.some((id) => !after.generalSilences.some(({ begun }) => begun === id));
  for (const account of new Set([...before.names.keys(), ...after.names.keys()])) {
    const silencings = [...(before.silencings.get(account) ?? []), ...(after.silencings.get(account) ?? [])];
    const isIn = (state: GroupState) => (state.grants.get(account) ?? []).join(' ');
    if (isUnmade || (isIn(before) !== isIn(after) && !isIn(after).startsWith(isIn(before)))) {
      found.set(account, () => 0);
    } else if (signatureOf(before.silencings.get(account)) !== signatureOf(after.silencings.get(account))) {
      found.set(account, (device) => Math.min(...silencings.map(({ seen }) => seen.get(device) ?? 0)));
    }
  }
  return found;
}

function signatureOf(silencings: readonly Silencing[] = []): string {
  return silencings.map(({ operation, lifted }) => `${operation.id}:${lifted.join(',')}`).join(' ');
}
