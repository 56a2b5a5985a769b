/** The keys a session can be started from while its other side is busy: made per contact, so that nobody uses up another's (PROTOCOL.md R10). */
import { equalBytes, type Bytes } from '../../lib/bytes.ts';
import { encode } from '../../protocol/codec.ts';
import { MAX_ONE_TIME_PREKEYS, prekeyBundle, type Prekey, type PrekeyBundle } from '../../protocol/envelope.ts';
import { agreementKeyPair, AGREEMENT_KEY_BYTES, type AgreementKeyPair } from '../agreement.ts';
import { KEM_SEED_BYTES, kemKeyPair, type KemKeyPair } from '../kem.ts';
import type { RandomSource } from '../random.ts';
import { Secret } from '../secret.ts';

const DAY_MS = 86_400_000;
/** How long a signed prekey is handed out: a session started in that week stands or falls with it until its first answer. */
const SIGNED_PREKEY_LIFE_MS = 7 * DAY_MS;
/** How long its secret is kept, for starts that were long on their way. */
const SIGNED_PREKEY_KEPT_MS = 30 * DAY_MS;
/** One a week, kept for thirty days: five, and some more for a clock that was set. */
export const MAX_SIGNED_PREKEYS = 8;
/** Starts without a one-time pair, which only memory protects from being replayed. Honest devices have twenty pairs a link and never get here. */
export const MAX_REMEMBERED_STARTS = 64;

/** A prekey of our own: the secrets, of which the public halves are made when they are needed. */
export interface OwnPrekey {
  readonly id: number;
  readonly agreement: Secret<'agreement'>;
  readonly kem: Secret<'kem'>;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
}

export interface OwnPrekeys {
  /** Ids are not used twice, so that a start never finds another key than it means. */
  readonly nextId: number;
  /** Newest first: the first is handed out, the others are kept for late starts. */
  readonly signed: readonly OwnPrekey[];
  readonly oneTime: readonly OwnPrekey[];
  /** Sessions that were started without a one-time pair, as long as the signed prekey is kept. */
  readonly remembered: readonly { readonly session: Bytes; readonly signedPrekey: number }[];
}

export const NO_PREKEYS: OwnPrekeys = { nextId: 1, signed: [], oneTime: [], remembered: [] };

/** What is too old is replaced or dropped, what is used is made anew. The same object when there is nothing to do. */
export function replenish(prekeys: OwnPrekeys, now: number, random: RandomSource): OwnPrekeys {
  const [newest] = prekeys.signed;
  const isDue = !newest || now - newest.madeAt >= SIGNED_PREKEY_LIFE_MS;
  const kept = prekeys.signed.filter((prekey) => now - prekey.madeAt < SIGNED_PREKEY_KEPT_MS);
  const missing = MAX_ONE_TIME_PREKEYS - prekeys.oneTime.length;
  if (!isDue && missing === 0 && kept.length === prekeys.signed.length) return prekeys;
  let { nextId } = prekeys;
  const make = (): OwnPrekey => ({
    id: nextId++,
    agreement: new Secret('agreement', random(AGREEMENT_KEY_BYTES)),
    kem: new Secret('kem', random(KEM_SEED_BYTES)),
    madeAt: now,
  });
  const signed = isDue ? [make(), ...kept].slice(0, MAX_SIGNED_PREKEYS) : kept;
  const oneTime = [...prekeys.oneTime, ...Array.from({ length: missing }, make)];
  const remembered = prekeys.remembered.filter(({ signedPrekey }) => signed.some(({ id }) => id === signedPrekey));
  return { nextId, signed, oneTime, remembered };
}

/** What is signed and handed out. `generation`: of the newest session there is. */
export function bundleOf(prekeys: OwnPrekeys, generation: number): Bytes {
  const [newest] = prekeys.signed;
  if (!newest) throw new Error('Broken invariant: prekeys are replenished before they are handed out');
  const bundle: PrekeyBundle = { generation, signed: publicHalf(newest), oneTime: prekeys.oneTime.map(publicHalf) };
  return encode(prekeyBundle, bundle);
}

function publicHalf(prekey: OwnPrekey): Prekey {
  return { id: prekey.id, agreementKey: agreementPairOf(prekey).publicKey, kemKey: kemPairOf(prekey).publicKey };
}

/** With a copy of the secret, for its new owner to wipe. */
export function agreementPairOf({ agreement }: OwnPrekey): AgreementKeyPair {
  return agreementKeyPair(agreement.expose().slice());
}

export function kemPairOf({ kem }: OwnPrekey): KemKeyPair {
  return kemKeyPair(kem.expose());
}

/** The prekeys after a session was started with them: its one-time pair is gone for good, or the start is remembered. */
export function withoutUsed(
  prekeys: OwnPrekeys,
  session: Bytes,
  used: { readonly signedPrekey: number; readonly oneTimePrekey: number | undefined },
): OwnPrekeys {
  const { signedPrekey, oneTimePrekey } = used;
  if (oneTimePrekey !== undefined) return { ...prekeys, oneTime: prekeys.oneTime.filter(({ id }) => id !== oneTimePrekey) };
  return { ...prekeys, remembered: [...prekeys.remembered, { session, signedPrekey }] };
}

/** Whether a start without a one-time pair can be told from a replayed one. */
export function isNewStart({ remembered }: OwnPrekeys, session: Bytes): boolean {
  return remembered.length < MAX_REMEMBERED_STARTS && !remembered.some((start) => equalBytes(start.session, session));
}

export function wipePrekeys({ signed, oneTime }: OwnPrekeys): void {
  for (const { agreement, kem } of [...signed, ...oneTime]) {
    agreement.wipe();
    kem.wipe();
  }
}
