/** What arrives from others, read and judged: what is good goes into a step, the rest goes nowhere. */
import type { Bytes } from '../lib/bytes.ts';
import { bytes, encode, struct } from '../protocol/codec.ts';
import type { Give } from '../protocol/group-frame.ts';
import { MAX_GROUP_MESSAGE_BYTES } from '../protocol/group-message.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { Books } from './books.ts';
import { proveFork } from './log-fork.ts';
import { readMark, type CarriedMark } from './mark.ts';
import { authorityOf } from './message-judge.ts';
import { readMessage, type CarriedMessage } from './message.ts';
import { readOperation, type Operation } from '../membership/operation.ts';
import { carriedEpochs, closedEpochs, settleOperations, settleSecrets } from './settling.ts';
import type { Step } from './step.ts';

/** Messages kept aside until the operations they were written upon have come. */
const MAX_ASIDE = 1_000;
/** By device: what it signed as one (G53). */
export const FORKS = 'forks';
const signed = bytes(MAX_GROUP_MESSAGE_BYTES);
export const forkProofs = struct({ one: signed, other: signed });

/** What a member gave, every part of it well-formed and well-signed. */
export interface ReadGift {
  readonly from: AccountId;
  readonly last: boolean;
  readonly operations: readonly Operation[];
  readonly boxes: readonly Bytes[];
  readonly messages: readonly CarriedMessage[];
  /** Messages in it that are here already. */
  readonly held: readonly CarriedMessage[];
  readonly marks: readonly CarriedMark[];
}

/**
 * Undefined: something in it is not what it should be, which no honest member hands on (attacks 23, 40). `recall`: finds messages
 * that came before in the same bytes.
 */
export function readGift(
  from: AccountId,
  { last, operations, boxes, messages, marks }: Give,
  recall: (envelope: Bytes) => CarriedMessage | undefined,
): ReadGift | undefined {
  const held: CarriedMessage[] = [];
  const isNew = (envelope: Bytes) => {
    const known = recall(envelope);
    if (known) held.push(known);
    return !known;
  };
  const read = {
    operations: readAll(operations, readOperation),
    messages: readAll(messages.filter(isNew), readMessage),
    marks: readAll(marks, readMark),
  };
  if (!read.operations || !read.messages || !read.marks) return undefined;
  return { from, last, operations: read.operations, boxes, messages: read.messages, held, marks: read.marks };
}

function readAll<Item>(
  envelopes: readonly Bytes[],
  read: (envelope: Bytes) => { readonly ok: true; readonly value: Item } | { readonly ok: false },
): readonly Item[] | undefined {
  const items: Item[] = [];
  for (const envelope of envelopes) {
    const item = read(envelope);
    if (!item.ok) return undefined;
    items.push(item.value);
  }
  return items;
}

export class Intake {
  readonly #books: Books;
  #aside: CarriedMessage[] = [];
  /** Operations that messages here were written upon and that have not come. */
  readonly #missing = new Set<OperationId>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** Asked for by name, besides what the history itself waits for. */
  get missing(): readonly OperationId[] {
    return [...this.#missing];
  }

  async take(step: Step, gifts: readonly ReadGift[]): Promise<void> {
    const placed = gifts.flatMap(({ from, operations }) => this.#place(operations, from));
    await settleOperations(this.#books, step, placed);
    for (const { id } of placed) this.#missing.delete(id);
    await this.#takeBoxes(
      step,
      gifts.flatMap(({ boxes }) => boxes),
    );
    const waiting = placed.length > 0 ? this.#aside.splice(0) : [];
    await this.#takeMessages(step, [...waiting, ...gifts.flatMap(({ messages }) => messages)]);
    this.#takeMarks(
      step,
      gifts.flatMap(({ marks }) => marks),
    );
  }

  #place(operations: readonly Operation[], from: AccountId): readonly Operation[] {
    return operations.flatMap((operation) => {
      const added = this.#books.ledger.add(operation, from);
      return added.kind === 'added' ? added.operations : [];
    });
  }

  async #takeBoxes(step: Step, boxes: readonly Bytes[]): Promise<void> {
    if (boxes.length === 0) return;
    const { kept, writes } = this.#books.epochs.keepBoxes(boxes, [...carriedEpochs(this.#books), ...closedEpochs(this.#books)]);
    if (kept.length === 0) return;
    step.store(...writes);
    step.boxes.push(...kept);
    await settleSecrets(this.#books, step);
  }

  async #takeMessages(step: Step, messages: readonly CarriedMessage[]): Promise<void> {
    const { state, ledger, logs, epochs, context, talk } = this.#books;
    if (messages.length === 0) return;
    if (!state) {
      this.#putAside(messages);
      return;
    }
    const authority = authorityOf(ledger.history, state, (id) => ledger.epoch(id)?.devices);
    const accepted: CarriedMessage[] = [];
    let lamport = (await this.#books.nextLamport()) - 1;
    for (const message of messages) {
      const judged = await logs.accept(message, authority, lamport);
      if (judged.ok) {
        accepted.push(message);
        lamport = Math.max(lamport, message.lamport);
        epochs.count(message.epoch);
      } else if (judged.failure.kind === 'awaits-operations') {
        for (const id of judged.failure.operations) this.#missing.add(id);
        this.#putAside([message]);
      } else if (judged.failure.kind === 'contradiction') {
        await this.#keepProof(step, message, judged.failure.seq);
      }
    }
    if (accepted.length === 0) return;
    const entries = accepted.map(({ id, group, device, seq, envelope }) => ({ id, group, device, seq, envelope }));
    step.store(context.store.addLog(entries), ...(await talk.show(accepted, state)));
    step.messages.push(...accepted);
  }

  /** A device that has said two things as one is known for it from here on (attack 31). */
  async #keepProof(step: Step, message: CarriedMessage, seq: number): Promise<void> {
    const { logs, context } = this.#books;
    const [held] = await logs.read(message.device, seq, 1);
    const proof = held && proveFork(held.envelope, message.envelope);
    if (!proof?.ok) return;
    const [one, other] = proof.value.proofs;
    step.forkers.push(proof.value.account);
    step.store(context.store.putParcel(context.group, FORKS, message.device, encode(forkProofs, { one, other })));
  }

  #takeMarks(step: Step, marks: readonly CarriedMark[]): void {
    const { state } = this.#books;
    if (!state) return;
    for (const mark of marks) {
      const write = this.#books.marks.take(mark, state);
      if (!write) continue;
      step.store(write);
      step.marks.push(mark);
    }
  }

  #putAside(messages: readonly CarriedMessage[]): void {
    this.#aside = [...this.#aside, ...messages].slice(-MAX_ASIDE);
  }
}
