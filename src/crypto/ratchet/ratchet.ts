/**
 * The double ratchet with sealed headers, made hybrid by a KEM step now and then (PROTOCOL.md R3–R9).
 *
 * Follows "The Double Ratchet Algorithm" (Signal, revision 4, header encryption), with X-Wing mixed into the root. Pure: each
 * step takes a state and gives the next one; the state given is left as it was, also when the step fails, so a forged message
 * moves nothing. Secrets may be shared by both states: whoever gives a state up for good wipes it whole (`wipeRatchet`) once
 * the next one is encoded.
 */
import { assert, assertNever } from '../../lib/assert.ts';
import type { Brand } from '../../lib/brand.ts';
import { concat, type Bytes } from '../../lib/bytes.ts';
import { fail, succeed, type Result } from '../../lib/result.ts';
import type { Header, KemPart, RatchetMessage } from '../../protocol/envelope.ts';
import { agree, agreementKeyPair, AGREEMENT_KEY_BYTES, type AgreementKeyPair } from '../agreement.ts';
import { decapsulate, encapsulate, KEM_RANDOMNESS_BYTES, KEM_SEED_BYTES, kemKeyPair, type KemSecret } from '../kem.ts';
import type { RandomSource } from '../random.ts';
import { Secret } from '../secret.ts';
import { advanceChain, type ChainKey } from './chain-key.ts';
import { headerNonce, isHeaderOf, openHeader, sealHeader, type HeaderKey } from './header-key.ts';
import { openBody, sealBody } from './message-key.ts';
import { pad, unpad } from './padding.ts';
import { finishChain, keyOf, type ReadingFailure, type ReceivingChain } from './receiving-chain.ts';
import { stepRoot, type RootKey } from './root-key.ts';
import { keepSkipped } from './skipped-keys.ts';

/** Messages after which the next change of direction begins a hybrid step: what one stolen state opens stays small. */
const KEM_ROUND_MESSAGES = 50;
/** Or so long after the last, for people who write little. A hybrid step costs 1.2 KB each way, so not every time. */
const KEM_ROUND_MS = 7 * 86_400_000;
/** Chains of the other side that are remembered for late messages. */
export const MAX_RECEIVING_CHAINS = 5;

/** The other side's ratchet key: one that somebody else has the secret of. */
export type RemoteRatchetKey = Brand<Bytes, 'RemoteRatchetKey'>;

/** The answer to a KEM key the other side offered, to be mixed into our next step. */
export interface KemAnswer {
  readonly ciphertext: Bytes;
  readonly sharedSecret: Secret<'kem-shared'>;
}

export type Sending =
  /** Nothing was read yet, and nothing can be sent. `own`: the prekey the other side starts from. */
  | { readonly type: 'awaiting'; readonly own: AgreementKeyPair; readonly headerKey: HeaderKey<'sending'> }
  /** The other side's key is newer than ours: the next message is the first of a new chain. `previous`: the length of our last one. */
  | {
      readonly type: 'step-due';
      readonly remote: RemoteRatchetKey;
      readonly answer: KemAnswer | undefined;
      readonly headerKey: HeaderKey<'sending'>;
      readonly previous: number;
    }
  /** Our key is newer: messages go on in its chain. `kem`: the secret of the KEM key that chain offers. */
  | {
      readonly type: 'active';
      readonly own: AgreementKeyPair;
      readonly kem: KemSecret | undefined;
      /** Carried by every header of the chain until the other side is known to have read one. */
      readonly kemPart: KemPart;
      readonly headerKey: HeaderKey<'sending'>;
      readonly chain: ChainKey<'sending'>;
      readonly next: number;
      readonly previous: number;
      readonly nextHeaderKey: HeaderKey<'sending'>;
    };

export interface Ratchet {
  readonly root: RootKey;
  readonly sending: Sending;
  /** Newest first. */
  readonly receiving: readonly ReceivingChain[];
  /** Of the chain the other side begins next. */
  readonly nextReceiving: HeaderKey<'receiving'>;
  /** Messages both ways since a KEM was last mixed in, and when that was (milliseconds since 1970). */
  readonly kemRound: { readonly messages: number; readonly since: number };
}

/** What a step needs besides state and message. `ad`: whose session this is, 32 bytes; `now`: milliseconds since 1970. */
export interface Surroundings {
  readonly ad: Bytes;
  readonly now: number;
  readonly random: RandomSource;
}

/** Whatever it is, the state stays as it was. */
export type MessageFailure =
  /** No header key of this session opens the header. */
  | { readonly kind: 'not-for-this-session' }
  /** Read before, or given up after a month. */
  | { readonly kind: 'already-opened' }
  /** More messages were passed over than anybody loses. */
  | { readonly kind: 'too-far-ahead' }
  /** A hybrid step that was due is missing, or one comes that nobody asked for. */
  | { readonly kind: 'downgraded' }
  /** A key no honest device makes. */
  | { readonly kind: 'bad-key' }
  /** The body is not what was sealed, or not under this key. */
  | { readonly kind: 'forged' };

export interface FirstKeys {
  readonly root: RootKey;
  readonly initiatorHeaderKey: Bytes;
  readonly responderHeaderKey: Bytes;
}

/** The side that starts: its first message is its first step, from the other's signed prekey. */
export function initiatorRatchet(keys: FirstKeys, signedPrekey: Bytes, now: number): Ratchet {
  return {
    root: keys.root,
    sending: {
      type: 'step-due',
      remote: signedPrekey as RemoteRatchetKey,
      answer: undefined,
      headerKey: new Secret('sending-header', keys.initiatorHeaderKey),
      previous: 0,
    },
    receiving: [],
    nextReceiving: new Secret('receiving-header', keys.responderHeaderKey),
    kemRound: { messages: 0, since: now },
  };
}

/** The side that is started with: it can only read until it has. */
export function responderRatchet(keys: FirstKeys, signedPrekey: AgreementKeyPair, now: number): Ratchet {
  return {
    root: keys.root,
    sending: { type: 'awaiting', own: signedPrekey, headerKey: new Secret('sending-header', keys.responderHeaderKey) },
    receiving: [],
    nextReceiving: new Secret('receiving-header', keys.initiatorHeaderKey),
    kemRound: { messages: 0, since: now },
  };
}

// ————— sending —————

/** Seals `content`, which is padded first. `bound`: what travels beside the message and belongs to it. */
export function sealMessage(
  ratchet: Ratchet,
  content: Uint8Array,
  bound: Uint8Array,
  surroundings: Surroundings,
): { readonly ratchet: Ratchet; readonly message: RatchetMessage } {
  const { ad, random } = surroundings;
  const stepped = readyToSend(ratchet, surroundings);
  const { sending } = stepped;
  const { chain, messageKey } = advanceChain(sending.chain);
  const header = sealHeader(
    sending.headerKey,
    { key: sending.own.publicKey, previous: sending.previous, number: sending.next, kem: sending.kemPart },
    ad,
    random,
  );
  const sealed = sealBody(messageKey, pad(content), { salt: headerNonce(header), ad: concat(ad, bound, header) });
  messageKey.wipe();
  return {
    ratchet: { ...stepped, sending: { ...sending, chain, next: sending.next + 1 }, kemRound: oneMore(stepped.kemRound) },
    message: { header, ...sealed },
  };
}

type SendingRatchet = Ratchet & { readonly sending: Sending & { readonly type: 'active' } };

function readyToSend(ratchet: Ratchet, surroundings: Surroundings): SendingRatchet {
  const { sending } = ratchet;
  switch (sending.type) {
    case 'active':
      return { ...ratchet, sending };
    case 'step-due':
      return stepSending(ratchet, sending, surroundings);
    case 'awaiting':
      throw new Error('Broken invariant: the side a session was started with reads before it writes');
    default:
      return assertNever(sending);
  }
}

/** A new key of ours, and with it a new chain. */
function stepSending(ratchet: Ratchet, sending: Sending & { type: 'step-due' }, { now, random }: Surroundings): SendingRatchet {
  const own = agreementKeyPair(random(AGREEMENT_KEY_BYTES));
  const agreed = agree(own.secret, sending.remote);
  assert(agreed !== undefined, 'a remote key of small order was refused when it came');
  const { answer } = sending;
  const offered = !answer && isKemRoundDue(ratchet.kemRound, now) ? kemKeyPair(random(KEM_SEED_BYTES)) : undefined;
  const step = stepRoot('sending', ratchet.root, agreed, answer?.sharedSecret.expose().slice());
  return {
    ...ratchet,
    root: step.root,
    sending: {
      type: 'active',
      own,
      kem: offered?.secret,
      kemPart: kemPartOf(answer, offered?.publicKey),
      headerKey: sending.headerKey,
      chain: step.chain,
      next: 0,
      previous: sending.previous,
      nextHeaderKey: step.nextHeaderKey,
    },
    kemRound: answer ? { messages: 0, since: now } : ratchet.kemRound,
  };
}

function kemPartOf(answer: KemAnswer | undefined, offered: Bytes | undefined): KemPart {
  if (answer) return { type: 'answer', ciphertext: answer.ciphertext };
  return offered ? { type: 'offer', key: offered } : { type: 'none' };
}

function isKemRoundDue({ messages, since }: Ratchet['kemRound'], now: number): boolean {
  return messages >= KEM_ROUND_MESSAGES || now - since >= KEM_ROUND_MS;
}

function oneMore({ messages, since }: Ratchet['kemRound']): Ratchet['kemRound'] {
  return { messages: messages + 1, since };
}

/**
 * The other side has read `message` of ours: what all headers of its chain carry need not be carried on. The same ratchet if it
 * says nothing new.
 */
export function confirmMessage(ratchet: Ratchet, message: RatchetMessage, { ad }: Pick<Surroundings, 'ad'>): Ratchet {
  const { sending } = ratchet;
  if (sending.type !== 'active' || sending.kemPart.type === 'none' || !isOfCurrentChain(ratchet, message, ad)) return ratchet;
  return { ...ratchet, sending: { ...sending, kemPart: { type: 'none' } } };
}

/** Whether a message of ours belongs to the chain we are sending in. */
export function isOfCurrentChain({ sending }: Ratchet, message: RatchetMessage, ad: Uint8Array): boolean {
  return sending.type === 'active' && isHeaderOf(sending.headerKey, message.header, ad);
}

// ————— receiving —————

interface Opened {
  readonly ratchet: Ratchet;
  readonly content: Bytes;
}

/** Opens a message, in whatever order messages come. `bound`: as for `sealMessage`. */
export function openMessage(
  ratchet: Ratchet,
  message: RatchetMessage,
  bound: Uint8Array,
  surroundings: Surroundings,
): Result<Opened, MessageFailure> {
  const arrival: Arrival = { message, ad: concat(surroundings.ad, bound, message.header), surroundings };
  // Once our key is the newest, an answer begins a new chain, so that is tried first.
  const answered = ratchet.sending.type === 'active' ? openNewChain(ratchet, ratchet.sending, arrival) : undefined;
  if (answered) return answered;
  for (const chain of ratchet.receiving) {
    const header = openHeader(chain.headerKey, message.header, surroundings.ad);
    if (header) return openInChain(ratchet, chain, header, arrival);
  }
  // While we owe a step, the other side has nothing new to answer.
  const first = ratchet.sending.type === 'awaiting' ? openNewChain(ratchet, ratchet.sending, arrival) : undefined;
  return first ?? fail({ kind: 'not-for-this-session' });
}

interface Arrival {
  readonly message: RatchetMessage;
  /** Of the body. */
  readonly ad: Bytes;
  readonly surroundings: Surroundings;
}

function openInChain(ratchet: Ratchet, chain: ReceivingChain, header: Header, arrival: Arrival): Result<Opened, MessageFailure> {
  const read = readWith(chain, header, arrival);
  if (!read.ok) return read;
  const receiving = ratchet.receiving.map((each) => (each === chain ? read.value.chain : each));
  return succeed({
    ratchet: { ...ratchet, receiving: keepChains(receiving, arrival.surroundings.now), kemRound: oneMore(ratchet.kemRound) },
    content: read.value.content,
  });
}

/** Undefined when the message is not of the chain the other side begins next. */
function openNewChain(ratchet: Ratchet, sending: StepTaker, arrival: Arrival): Result<Opened, MessageFailure> | undefined {
  const header = openHeader(ratchet.nextReceiving, arrival.message.header, arrival.surroundings.ad);
  return header && openWithStep(ratchet, sending, header, arrival);
}

/** A side whose key the other may answer with a new one. */
type StepTaker = Exclude<Sending, { type: 'step-due' }>;

/** The first message of a new chain that arrives. */
function openWithStep(ratchet: Ratchet, sending: StepTaker, header: Header, arrival: Arrival): Result<Opened, MessageFailure> {
  const { now, random } = arrival.surroundings;
  const finished = finishNewest(ratchet.receiving, header.previous, now);
  if (!finished.ok) return finished;
  const stepped = stepReceiving(ratchet, sending, header);
  if (!stepped.ok) return stepped;
  const { root, chain, nextHeaderKey, hybrid } = stepped.value;
  const read = readWith({ headerKey: ratchet.nextReceiving, chain, next: 0, skipped: [] }, header, arrival);
  if (!read.ok) return read;
  const answer = header.kem.type === 'offer' ? answerTo(header.kem.key, random) : undefined;
  if (header.kem.type === 'offer' && !answer) return fail({ kind: 'bad-key' });
  return succeed({
    ratchet: {
      root,
      sending: {
        type: 'step-due',
        remote: header.key as RemoteRatchetKey,
        answer,
        headerKey: sending.type === 'active' ? sending.nextHeaderKey : sending.headerKey,
        previous: sending.type === 'active' ? sending.next : 0,
      },
      receiving: keepChains([read.value.chain, ...finished.value], now),
      nextReceiving: nextHeaderKey,
      kemRound: oneMore(hybrid ? { messages: 0, since: now } : ratchet.kemRound),
    },
    content: read.value.content,
  });
}

/** The root's half of a step: what their new key and our last one agree on, and the KEM's secret if ours was offered. */
function stepReceiving(ratchet: Ratchet, sending: StepTaker, { key, kem }: Header) {
  const offered = sending.type === 'active' ? sending.kem : undefined;
  // Whoever begins a new chain has read our last one, and with it whether a KEM key was offered.
  if ((offered !== undefined) !== (kem.type === 'answer')) return fail({ kind: 'downgraded' });
  const agreed = agree(sending.own.secret, key);
  if (!agreed) return fail({ kind: 'bad-key' });
  const encapsulated = offered && kem.type === 'answer' ? decapsulate(kem.ciphertext, offered) : undefined;
  if (offered && !encapsulated) return fail({ kind: 'bad-key' });
  return succeed({ ...stepRoot('receiving', ratchet.root, agreed, encapsulated), hybrid: offered !== undefined });
}

function finishNewest(
  receiving: readonly ReceivingChain[],
  length: number,
  now: number,
): Result<readonly ReceivingChain[], ReadingFailure> {
  const [newest, ...older] = receiving;
  if (!newest) return succeed([]);
  const finished = finishChain(newest, length, now);
  return finished.ok ? succeed([finished.value, ...older]) : finished;
}

function readWith(
  chain: ReceivingChain,
  header: Header,
  { message, ad, surroundings }: Arrival,
): Result<{ readonly chain: ReceivingChain; readonly content: Bytes }, MessageFailure> {
  const found = keyOf(chain, header.number, surroundings.now);
  if (!found.ok) return found;
  const { messageKey } = found.value;
  const padded = openBody(messageKey, message, { salt: headerNonce(message.header), ad });
  messageKey.wipe();
  const content = padded && unpad(padded);
  if (!content) return fail({ kind: 'forged' });
  return succeed({ chain: found.value.chain, content });
}

function answerTo(key: Bytes, random: RandomSource): KemAnswer | undefined {
  const encapsulation = encapsulate(key, random(KEM_RANDOMNESS_BYTES));
  if (!encapsulation) return undefined;
  return { ciphertext: encapsulation.ciphertext, sharedSecret: new Secret('kem-shared', encapsulation.sharedSecret) };
}

/** Chains over which nothing late can come any more are forgotten. */
function keepChains(chains: readonly ReceivingChain[], now: number): readonly ReceivingChain[] {
  if (chains.every(({ skipped }) => skipped.length === 0)) return chains.filter(({ chain }) => chain !== undefined);
  const kept = keepSkipped(
    chains.map(({ skipped }) => skipped),
    now,
  );
  return chains
    .map((chain, index) => ({ ...chain, skipped: kept[index] ?? [] }))
    .filter(({ chain, skipped }) => chain !== undefined || skipped.length > 0)
    .slice(0, MAX_RECEIVING_CHAINS);
}

// ————— the end —————

/** Wipes every secret of a state that is not used again, nor any state it shares secrets with. */
export function wipeRatchet(ratchet: Ratchet): void {
  for (const secret of secretsOf(ratchet)) secret.wipe();
}

function secretsOf({ root, sending, receiving, nextReceiving }: Ratchet): readonly Secret<string>[] {
  const chains = receiving.flatMap(({ headerKey, chain, skipped }) => [
    headerKey,
    ...(chain ? [chain] : []),
    ...skipped.map(({ key }) => key),
  ]);
  return [root, nextReceiving, ...chains, ...secretsOfSending(sending)];
}

function secretsOfSending(sending: Sending): readonly Secret<string>[] {
  switch (sending.type) {
    case 'awaiting':
      return [sending.own.secret, sending.headerKey];
    case 'step-due':
      return [sending.headerKey, ...(sending.answer ? [sending.answer.sharedSecret] : [])];
    case 'active':
      return [sending.own.secret, sending.headerKey, sending.chain, sending.nextHeaderKey, ...(sending.kem ? [sending.kem] : [])];
    default:
      return assertNever(sending);
  }
}
