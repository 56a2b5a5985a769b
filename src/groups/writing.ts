/** What this device adds to a group: operations, epochs, messages, each standing upon all that is known here. */
import type { Bytes } from '../lib/bytes.ts';
import type { GroupBody } from '../protocol/group-message.ts';
import { MAX_CONTROL_HEADS } from '../protocol/group-message.ts';
import { MAX_OPERATIONS, MAX_SEEN, type GroupAct } from '../protocol/group-operation.ts';
import { accountKeyOf, bytesOf, type AccountId } from '../protocol/ids.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { Mentions } from '../session/group-talk.ts';
import { mayAct } from '../membership/act-rules.ts';
import type { Books } from './books.ts';
import { writeOperation } from '../membership/drafting.ts';
import { deviceKeyOf } from './epoch.ts';
import { sealMessage, type CarriedMessage } from './message.ts';
import type { Operation } from '../membership/operation.ts';
import type { ActFailure } from '../membership/act-rules.ts';
import { settleOperations } from './settling.ts';
import type { Step } from './step.ts';

/** A removal leaves others who must not be read by whoever is gone: a new epoch begins with it. */
const REMOVALS: ReadonlySet<GroupAct['type']> = new Set<GroupAct['type']>(['kick', 'expel']);

/** Does one thing, if it would be honoured. Everything else in the step stands whether or not it is. */
export async function act(books: Books, step: Step, what: GroupAct): Promise<Result<Operation, ActFailure>> {
  const { state, context } = books;
  if (!state) return fail({ kind: 'not-a-member' });
  const failure = mayAct(state, context.me.account, what);
  if (failure) return fail(failure);
  if (books.ledger.history.size >= MAX_OPERATIONS) return fail({ kind: 'group-full', limit: MAX_OPERATIONS });
  const operation = await write(books, step, what);
  if (REMOVALS.has(what.type)) await beginEpoch(books, step);
  return succeed(operation);
}

async function write(books: Books, step: Step, what: GroupAct): Promise<Operation> {
  const { ledger, context, state } = books;
  if (!state) throw new Error('Broken invariant: a group is there before anything is done to it');
  const moment = { wall: context.clock.now(), place: await books.nextLamport() };
  const operation = writeOperation(ledger.history, state, context.me, what, moment);
  const added = ledger.add(operation, context.me.account);
  if (added.kind !== 'added') throw new Error(`Broken invariant: what is written here has its place here (${added.kind})`);
  await settleOperations(books, step, added.operations);
  return operation;
}

/** A new secret for the members as they are now. */
async function beginEpoch(books: Books, step: Step): Promise<void> {
  const { ledger, epochs, state } = books;
  if (!state) return;
  const begun = epochs.begin(ledger, state, ledger.nextEpochNumber);
  const operation = await write(books, step, { type: 'epoch', ...begun.act });
  const good = ledger.epoch(operation.id);
  if (!good) throw new Error('Broken invariant: an epoch begun here is good');
  step.store(...epochs.keepSecret(operation.id, begun.secret, { granted: false }));
  const { kept, writes } = epochs.keepBoxes(begun.boxes, [good]);
  step.store(...writes);
  step.boxes.push(...kept);
}

/** What somebody is about to say; with a file, the text may be empty. */
export interface Saying {
  readonly text: string;
  readonly mentions: Mentions;
  /** An encoded `fileManifest`. */
  readonly manifest?: Bytes;
}

/** Writes a message. What it says was checked; whether the author may write at all was, too. */
export function say(books: Books, step: Step, saying: Saying): Promise<CarriedMessage> {
  return writeMessage(books, step, bodyOf(saying));
}

/** Writes whatever may be said. Whether the author may was checked. */
export async function writeMessage(books: Books, step: Step, body: GroupBody): Promise<CarriedMessage> {
  const { ledger, epochs, logs, context } = books;
  const { me, device, group, clock, store } = context;
  // More heads than a message names are merged by an operation first.
  if (books.state && ledger.history.heads.length > MAX_CONTROL_HEADS) {
    await write(books, step, { type: 'ack', tip: bytesOf(books.state.tip) });
  }
  const epoch = await epochToWriteIn(books, step);
  const { upTo, tip } = logs.of(device);
  const message = sealMessage({
    group,
    epoch,
    author: { account: me.account, signing: me.signing },
    seq: upTo + 1,
    own: tip?.id,
    control: ledger.history.heads.slice(0, MAX_CONTROL_HEADS).map(({ id }) => id),
    lamport: await books.nextLamport(),
    wall: clock.now(),
    body,
  });
  logs.append(message);
  epochs.count(message.epoch);
  const { id, seq, envelope } = message;
  step.store(
    store.addLog([{ id, group, device, seq, envelope }]),
    ...(books.state ? await books.talk.say(message, body, books.state) : []),
  );
  step.messages.push(message);
  return message;
}

function bodyOf({ text, mentions: { all, accounts }, manifest }: Saying): GroupBody {
  const mentions = { all, accounts: accounts.map(accountKeyOf) };
  return manifest ? { type: 'file', text, mentions, manifest } : { type: 'text', text, mentions };
}

/**
 * The newest epoch of all who are members now; or a new one. Where another has begun one and its box is not here yet, nobody
 * waits for it: two at once do no harm.
 */
async function epochToWriteIn(books: Books, step: Step) {
  const usable = () => {
    const choice = books.state && books.epochs.choose(books.ledger, books.state);
    const known = choice?.kind === 'use' ? books.epochs.secretOf(choice.epoch) : undefined;
    return choice?.kind === 'use' && known ? { id: choice.epoch, secret: known.secret } : undefined;
  };
  const there = usable();
  if (there) return there;
  await beginEpoch(books, step);
  const begun = usable();
  if (!begun) throw new Error('Broken invariant: an epoch begun here can be written in');
  return begun;
}

/** How many messages of somebody's devices have come here: what is beyond is hidden. */
export function seenOf({ logs }: Books, account: AccountId) {
  return logs
    .devicesOf(account)
    .slice(-MAX_SEEN)
    .map((device) => ({ device: deviceKeyOf(device), seq: logs.of(device).upTo }));
}

/** How the act names somebody. */
export function targetOf(account: AccountId) {
  return { account: accountKeyOf(account) };
}
