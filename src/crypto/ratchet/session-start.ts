/**
 * How two devices come by the first secret of a session, one of them not being asked (PROTOCOL.md R11–R12).
 *
 * PQXDH (Signal, revision 3) with X-Wing in the place of the KEM: what the prekeys, both agreement keys and the KEM agree
 * on, bound to both certificates and to every byte of the start.
 */
import { concat, equalBytes, utf8, type Bytes } from '../../lib/bytes.ts';
import { fail, succeed, type Result } from '../../lib/result.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { sessionStart, type Prekey, type SessionStart } from '../../protocol/envelope.ts';
import { agree, agreementKeyPair, AGREEMENT_KEY_BYTES, type AgreementSecret } from '../agreement.ts';
import { hash } from '../hash.ts';
import { deriveKey } from '../kdf.ts';
import { decapsulate, encapsulate, KEM_RANDOMNESS_BYTES } from '../kem.ts';
import { lengthPrefixed } from '../length-prefix.ts';
import type { RandomSource } from '../random.ts';
import { Secret } from '../secret.ts';
import { signedId, type Signed } from '../sign.ts';
import { wipe } from '../wipe.ts';
import { agreementPairOf, isNewStart, kemPairOf, withoutUsed, type OwnPrekey, type OwnPrekeys } from './prekeys.ts';
import { initiatorRatchet, responderRatchet, type FirstKeys, type Ratchet } from './ratchet.ts';

/** This device: what names it, and its agreement secret. */
export interface OwnParty {
  readonly certificate: Signed;
  readonly agreement: AgreementSecret;
}

/** The other device, as it has proven to be. `certificateId`: the id (C5) of its certificate. */
export interface RemoteParty {
  readonly certificateId: Bytes;
  readonly agreementKey: Bytes;
}

/** The keys of a bundle that one start uses. */
export interface ChosenPrekeys {
  readonly signed: Prekey;
  readonly oneTime: Prekey | undefined;
}

export interface StartedSession {
  /** 32 bytes: the hash of the start. */
  readonly id: Bytes;
  readonly generation: number;
  /** Whose session it is: 32 bytes that are part of all it seals. */
  readonly ad: Bytes;
  readonly ratchet: Ratchet;
}

const KEY_BYTES = 32;
const AD_LABEL = utf8('parley/ad/v1');
const ID_LABEL = utf8('parley/session/v1');
/** Sets this apart from any use of the same keys with a plain X25519 (X3DH §2.2). */
const FRONT = new Uint8Array(KEY_BYTES).fill(0xff);

/** Starts a session. `start` goes along with every message until one is answered. Undefined when a key of theirs is none. */
export function startSession(options: {
  readonly me: OwnParty;
  readonly peer: RemoteParty;
  readonly chosen: ChosenPrekeys;
  readonly generation: number;
  readonly now: number;
  readonly random: RandomSource;
}): (StartedSession & { readonly start: Bytes }) | undefined {
  const { me, peer, chosen, generation, now, random } = options;
  const { signed, oneTime } = chosen;
  const ephemeral = agreementKeyPair(random(AGREEMENT_KEY_BYTES));
  const encapsulation = encapsulate((oneTime ?? signed).kemKey, random(KEM_RANDOMNESS_BYTES));
  const agreed = [
    agree(me.agreement, signed.agreementKey),
    agree(ephemeral.secret, peer.agreementKey),
    agree(ephemeral.secret, signed.agreementKey),
    ...(oneTime ? [agree(ephemeral.secret, oneTime.agreementKey)] : []),
  ];
  ephemeral.secret.wipe();
  if (!encapsulation || !areAgreed(agreed)) return undefined;

  const start = encode(sessionStart, {
    generation,
    certificate: me.certificate,
    ephemeralKey: ephemeral.publicKey,
    signedPrekey: signed.id,
    oneTimePrekey: oneTime?.id,
    ciphertext: encapsulation.ciphertext,
  });
  const certificates = { initiator: signedId('devcert', me.certificate), responder: peer.certificateId };
  const keys = firstKeys(agreed, encapsulation.sharedSecret, transcriptOf(certificates, chosen, start));
  const ratchet = initiatorRatchet(keys, signed.agreementKey, now);
  return { id: sessionId(start), generation, ad: adOf(certificates), ratchet, start };
}

export type AcceptFailure =
  | { readonly kind: 'malformed' }
  /** Another device's start, whoever brings it. */
  | { readonly kind: 'other-device' }
  /** A prekey that never was, or that is used up or too old: a replay, or a start from before something was lost. */
  | { readonly kind: 'unknown-prekey' }
  | { readonly kind: 'bad-key' };

export interface AcceptedSession extends StartedSession {
  /** To be adopted together with the session, once its first message has opened. */
  readonly prekeys: OwnPrekeys;
}

/** The session a start of the peer leads to. Nothing is proven by it until its first message opens. */
export function acceptSession(options: {
  readonly me: OwnParty;
  readonly peer: RemoteParty;
  readonly start: Bytes;
  readonly prekeys: OwnPrekeys;
  readonly now: number;
}): Result<AcceptedSession, AcceptFailure> {
  const { me, peer, start, prekeys, now } = options;
  const decoded = decode(sessionStart, start);
  if (!decoded.ok) return fail({ kind: 'malformed' });
  if (!equalBytes(signedId('devcert', decoded.value.certificate), peer.certificateId)) return fail({ kind: 'other-device' });
  const id = sessionId(start);
  const used = prekeysFor(decoded.value, id, prekeys);
  if (!used) return fail({ kind: 'unknown-prekey' });

  const { signed, oneTime } = { signed: opened(used.signed), oneTime: used.oneTime && opened(used.oneTime) };
  const { ephemeralKey, generation } = decoded.value;
  const sharedSecret = decapsulate(decoded.value.ciphertext, (oneTime ?? signed).kem.secret);
  const agreed = [
    agree(signed.agreement.secret, peer.agreementKey),
    agree(me.agreement, ephemeralKey),
    agree(signed.agreement.secret, ephemeralKey),
    ...(oneTime ? [agree(oneTime.agreement.secret, ephemeralKey)] : []),
  ];
  for (const secret of [signed.kem.secret, oneTime?.kem.secret, oneTime?.agreement.secret]) secret?.wipe();
  if (!sharedSecret || !areAgreed(agreed)) return fail({ kind: 'bad-key' });

  const certificates = { initiator: peer.certificateId, responder: signedId('devcert', me.certificate) };
  const chosen = { signed: signed.public, oneTime: oneTime?.public };
  const keys = firstKeys(agreed, sharedSecret, transcriptOf(certificates, chosen, start));
  return succeed({
    id,
    generation,
    ad: adOf(certificates),
    ratchet: responderRatchet(keys, signed.agreement, now),
    prekeys: withoutUsed(prekeys, id, decoded.value),
  });
}

/** What names a session: nobody can change a start and keep its name. */
export function sessionId(start: Bytes): Bytes {
  return hash(lengthPrefixed(ID_LABEL), start);
}

function prekeysFor({ signedPrekey, oneTimePrekey }: SessionStart, id: Bytes, prekeys: OwnPrekeys) {
  const signed = prekeys.signed.find((prekey) => prekey.id === signedPrekey);
  const oneTime = prekeys.oneTime.find((prekey) => prekey.id === oneTimePrekey);
  if (!signed) return undefined;
  if (oneTimePrekey === undefined) return isNewStart(prekeys, id) ? { signed, oneTime: undefined } : undefined;
  return oneTime ? { signed, oneTime } : undefined;
}

/** Both pairs of a prekey, with secrets that are copies. */
function opened(prekey: OwnPrekey) {
  const [agreement, kem] = [agreementPairOf(prekey), kemPairOf(prekey)];
  return { agreement, kem, public: { id: prekey.id, agreementKey: agreement.publicKey, kemKey: kem.publicKey } };
}

function areAgreed(results: readonly (Bytes | undefined)[]): results is readonly Bytes[] {
  return results.every((result) => result !== undefined);
}

interface Certificates {
  readonly initiator: Bytes;
  readonly responder: Bytes;
}

/** R12: all both sides must have seen alike. The ephemeral key, the ciphertext and the ids are in the start. */
function transcriptOf({ initiator, responder }: Certificates, { signed, oneTime }: ChosenPrekeys, start: Bytes): Bytes {
  const oneTimeParts = oneTime ? [oneTime.agreementKey, oneTime.kemKey] : [];
  return hash(...[initiator, responder, signed.agreementKey, signed.kemKey, ...oneTimeParts, start].map(lengthPrefixed));
}

/** R12. Wipes what it is given. */
function firstKeys(agreed: readonly Bytes[], sharedSecret: Bytes, transcript: Bytes): FirstKeys {
  const secret = concat(FRONT, ...agreed, sharedSecret);
  const first = deriveKey({ secret, info: 'pqxdh', context: [transcript] });
  const keys = deriveKey({ secret: first, info: 'dr/init', length: 3 * KEY_BYTES });
  const take = (place: number): Bytes => keys.slice(place * KEY_BYTES, (place + 1) * KEY_BYTES);
  const parts = { root: new Secret('root', take(0)), initiatorHeaderKey: take(1), responderHeaderKey: take(2) };
  wipe(...agreed, sharedSecret, secret, first, keys);
  return parts;
}

function adOf({ initiator, responder }: Certificates): Bytes {
  return hash(...[AD_LABEL, initiator, responder].map(lengthPrefixed));
}
