/**
 * How two devices prove to each other who they are on a fresh link, and come by its keys (PROTOCOL.md, rules H…).
 *
 * SIGMA-I with a hybrid KEM, bound to the DTLS certificates of both ends: whoever sits in the middle of the connection
 * has other certificates, arrives at other keys, and cannot open a thing. Pure: every step takes a state and bytes and
 * returns the next state and what to send. It knows no link, no clock, and nobody's address book.
 */
import { AEAD_NONCE_BYTES, openWithNonce, sealWithNonce } from '../crypto/aead.ts';
import { equalSecrets } from '../crypto/compare.ts';
import { sha512 } from '../crypto/hash.ts';
import { hmacSha512 } from '../crypto/hmac.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { decapsulate, encapsulate, KEM_RANDOMNESS_BYTES, KEM_SEED_BYTES, kemKeyPair, type KemSecret } from '../crypto/kem.ts';
import { lengthPrefixed } from '../crypto/length-prefix.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { Secret } from '../crypto/secret.ts';
import { isSignature, signatureOf } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { verifyCredential, type CredentialFailure } from '../identity/credential.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { assert, assertNever } from '../lib/assert.ts';
import { concat, EMPTY, equalBytes, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode } from '../protocol/codec.ts';
import { closing, opening, proof as proofCodec, reply } from '../protocol/handshake.ts';
import type { AccountId } from '../protocol/ids.ts';

type Role = 'initiator' | 'responder';

export interface HandshakeContext {
  /** Who I am. */
  readonly device: Device;
  /** SHA-256 of each end's DTLS certificate, 32 bytes, as this end sees them. */
  readonly fingerprints: { readonly initiator: Bytes; readonly responder: Bytes };
  /** 32 bytes both know already: of a pair, or of an invite. `NO_PSK` when there are none. */
  readonly psk: Bytes;
  /** Whether this is somebody to talk to here. Asked once they have proven to be it. */
  readonly expects: (account: AccountId) => boolean;
  /** The highest version seen of the account's device list; 0 for a stranger. */
  readonly minimumListVersion: (account: AccountId) => number;
  /** For frozen vectors; the system's own unless given. */
  readonly random?: RandomSource;
}

/** What a link is sealed with, one key for each direction, for channel-cipher.ts. */
export interface ChannelKeys {
  readonly send: Secret<'channel'>;
  readonly receive: Secret<'channel'>;
}

export interface Established {
  readonly peer: VerifiedDevice;
  readonly keys: ChannelKeys;
  /** 32 bytes both ends have and nobody else: other keys of this link are derived from it. */
  readonly exporter: Secret<'exporter'>;
}

export type HandshakeState =
  /** Initiator: m1 is out. */
  | { readonly phase: 'awaiting-reply'; readonly setting: Setting; readonly opening: Bytes; readonly ephemeral: KemSecret }
  /** Responder: nothing happened yet. */
  | { readonly phase: 'awaiting-opening'; readonly setting: Setting }
  /** Responder: m2 is out. */
  | { readonly phase: 'awaiting-closing'; readonly setting: Setting; readonly transcript: Bytes; readonly schedule: Schedule }
  | { readonly phase: 'established' };

export interface Step {
  readonly state: HandshakeState;
  readonly send?: Bytes;
  /** On the last step of either side: the link is proven, frames may flow once `send` is out. */
  readonly established?: Established;
  /** Secrets nobody needs after this step: to be wiped by whoever goes on from it. */
  readonly consumed: readonly Secret<string>[];
}

/** Whatever it is, the link is closed for good and nothing more is said on it. */
export type HandshakeFailure =
  | { readonly kind: 'malformed'; readonly message: 'opening' | 'reply' | 'closing' | 'proof' }
  /** A key or ciphertext no honest device makes. */
  | { readonly kind: 'bad-key' }
  /** The peer arrived at other keys: somebody is in the middle, the secret known before is another, or bits changed on the way. */
  | { readonly kind: 'other-keys' }
  /** The peer does not know this handshake's keys, or does not own the device it shows. */
  | { readonly kind: 'wrong-mac' }
  | { readonly kind: 'wrong-signature' }
  | { readonly kind: 'refused-credential'; readonly reason: CredentialFailure }
  /** The peer is this very device: its own messages come back. */
  | { readonly kind: 'own-device' }
  | { readonly kind: 'unexpected-account'; readonly account: AccountId }
  /** There is nothing left to say. */
  | { readonly kind: 'out-of-place' };

/** A context at rest: its secret does not print. */
interface Setting extends Omit<HandshakeContext, 'psk'> {
  readonly psk: Secret<'psk'>;
}

/** All keys of one handshake (H4). */
interface Schedule {
  readonly seal: Readonly<Record<Role, Secret<'proof-seal'>>>;
  readonly mac: Readonly<Record<Role, Secret<'proof-mac'>>>;
  readonly channel: Readonly<Record<Role, Secret<'channel'>>>;
  readonly exporter: Secret<'exporter'>;
}

const FINGERPRINT_BYTES = 32;
const PSK_BYTES = 32;
const NONCE_BYTES = 32;
const KEY_BYTES = 32;
const SCHEDULED_KEYS = 7;
const PROTOCOL = utf8('parley/chan/v1');
/** Each sealing key is used once, so its nonce need not differ from any other. */
const ONLY_NONCE = new Uint8Array(AEAD_NONCE_BYTES);
const SIGNATURE_CONTEXT = { initiator: 'chan-sigI', responder: 'chan-sigR' } as const;

/** Stands in where nothing is known beforehand. */
export const NO_PSK: Bytes = new Uint8Array(PSK_BYTES);

/** The side that made the offer begins (H1). */
export function startInitiator(context: HandshakeContext): Step & { readonly send: Bytes } {
  const setting = settle(context);
  const random = randomOf(setting);
  const ephemeral = kemKeyPair(random(KEM_SEED_BYTES));
  const send = encode(opening, { nonce: random(NONCE_BYTES), kemKey: ephemeral.publicKey });
  return { state: { phase: 'awaiting-reply', setting, opening: send, ephemeral: ephemeral.secret }, send, consumed: [] };
}

export function startResponder(context: HandshakeContext): HandshakeState {
  return { phase: 'awaiting-opening', setting: settle(context) };
}

/** What a message of the peer leads to. Total: no bytes make it throw. The state given is left as it was. */
export function advance(state: HandshakeState, message: Uint8Array): Result<Step, HandshakeFailure> {
  switch (state.phase) {
    case 'awaiting-opening':
      return answer(state.setting, message);
    case 'awaiting-reply':
      return conclude(state, message);
    case 'awaiting-closing':
      return accept(state, message);
    case 'established':
      return fail({ kind: 'out-of-place' });
    default:
      return assertNever(state);
  }
}

/** Responder, m1 → m2. */
function answer(setting: Setting, message: Uint8Array): Result<Step, HandshakeFailure> {
  const opened = decode(opening, message);
  if (!opened.ok) return fail({ kind: 'malformed', message: 'opening' });
  const random = randomOf(setting);
  const encapsulation = encapsulate(opened.value.kemKey, random(KEM_RANDOMNESS_BYTES));
  if (!encapsulation) return fail({ kind: 'bad-key' });

  const nonce = random(NONCE_BYTES);
  const kemCiphertext = encapsulation.ciphertext;
  const transcript = transcriptOf(setting, { opening: message, nonce, kemCiphertext });
  const schedule = scheduleKeys(encapsulation.sharedSecret, setting.psk, transcript);
  const send = encode(reply, { nonce, kemCiphertext, proof: sealProof('responder', setting, transcript, schedule) });
  return succeed({
    state: { phase: 'awaiting-closing', setting, transcript: sha512(transcript, send), schedule },
    send,
    consumed: [setting.psk, schedule.seal.responder, schedule.mac.responder],
  });
}

/** Initiator, m2 → m3. */
function conclude(state: HandshakeState & { phase: 'awaiting-reply' }, message: Uint8Array): Result<Step, HandshakeFailure> {
  const { setting } = state;
  const replied = decode(reply, message);
  if (!replied.ok) return fail({ kind: 'malformed', message: 'reply' });
  const sharedSecret = decapsulate(replied.value.kemCiphertext, state.ephemeral);
  if (!sharedSecret) return fail({ kind: 'bad-key' });

  const transcript = transcriptOf(setting, { opening: state.opening, ...replied.value });
  const schedule = scheduleKeys(sharedSecret, setting.psk, transcript);
  const peer = openProof('responder', setting, transcript, schedule, replied.value.proof);
  if (!peer.ok) return peer;
  const send = encode(closing, { proof: sealProof('initiator', setting, sha512(transcript, message), schedule) });
  return succeed({
    state: { phase: 'established' },
    send,
    established: establish('initiator', peer.value, schedule),
    consumed: [setting.psk, state.ephemeral, ...proofSecrets(schedule)],
  });
}

/** Responder, m3. */
function accept(state: HandshakeState & { phase: 'awaiting-closing' }, message: Uint8Array): Result<Step, HandshakeFailure> {
  const { setting, transcript, schedule } = state;
  const closed = decode(closing, message);
  if (!closed.ok) return fail({ kind: 'malformed', message: 'closing' });
  const peer = openProof('initiator', setting, transcript, schedule, closed.value.proof);
  if (!peer.ok) return peer;
  return succeed({
    state: { phase: 'established' },
    established: establish('responder', peer.value, schedule),
    consumed: proofSecrets(schedule),
  });
}

/** H3: what both ends must have seen alike, the certificates of the connection among it. */
function transcriptOf(
  { fingerprints }: Setting,
  seen: { readonly opening: Uint8Array; readonly nonce: Bytes; readonly kemCiphertext: Bytes },
): Bytes {
  const parts = [PROTOCOL, fingerprints.initiator, fingerprints.responder, seen.opening, seen.nonce, seen.kemCiphertext];
  return sha512(...parts.map(lengthPrefixed));
}

/** H4. Wipes the shared secret. */
function scheduleKeys(sharedSecret: Bytes, psk: Secret<'psk'>, transcript: Bytes): Schedule {
  const secret = concat(sharedSecret, psk.expose());
  const keys = deriveKey({ secret, salt: transcript, info: 'chan/keys', length: SCHEDULED_KEYS * KEY_BYTES });
  const take = <Kind extends string>(kind: Kind, place: number): Secret<Kind> =>
    new Secret(kind, keys.slice(place * KEY_BYTES, (place + 1) * KEY_BYTES));
  const schedule: Schedule = {
    seal: { responder: take('proof-seal', 0), initiator: take('proof-seal', 1) },
    mac: { responder: take('proof-mac', 2), initiator: take('proof-mac', 3) },
    channel: { initiator: take('channel', 4), responder: take('channel', 5) },
    exporter: take('exporter', 6),
  };
  wipe(sharedSecret, secret, keys);
  return schedule;
}

/** H5: my credential, my signature over the transcript and it, and a MAC that says I know the keys. */
function sealProof(role: Role, { device }: Setting, transcript: Bytes, schedule: Schedule): Bytes {
  const { credential } = device;
  const statement = concat(transcript, credential);
  const signature = signatureOf(SIGNATURE_CONTEXT[role], statement, device.signing);
  const mac = hmacSha512(schedule.mac[role].expose(), statement);
  return sealWithNonce(schedule.seal[role].expose(), ONLY_NONCE, encode(proofCodec, { credential, signature, mac }), EMPTY);
}

/** H6: who the peer is, if all of it holds. `role` is the peer's. */
function openProof(
  role: Role,
  setting: Setting,
  transcript: Bytes,
  schedule: Schedule,
  sealed: Bytes,
): Result<VerifiedDevice, HandshakeFailure> {
  const plain = openWithNonce(schedule.seal[role].expose(), ONLY_NONCE, sealed, EMPTY);
  if (!plain) return fail({ kind: 'other-keys' });
  const shown = decode(proofCodec, plain);
  if (!shown.ok) return fail({ kind: 'malformed', message: 'proof' });

  const { credential, signature, mac } = shown.value;
  const statement = concat(transcript, credential);
  if (!equalSecrets(mac, hmacSha512(schedule.mac[role].expose(), statement))) return fail({ kind: 'wrong-mac' });
  const device = verifyCredential(credential, setting.minimumListVersion);
  if (!device.ok) return fail({ kind: 'refused-credential', reason: device.failure });
  const { account, deviceKey } = device.value;
  if (!isSignature(SIGNATURE_CONTEXT[role], statement, signature, deviceKey)) return fail({ kind: 'wrong-signature' });
  if (equalBytes(deviceKey, setting.device.signing.publicKey)) return fail({ kind: 'own-device' });
  return setting.expects(account) ? device : fail({ kind: 'unexpected-account', account });
}

function establish(role: Role, peer: VerifiedDevice, { channel, exporter }: Schedule): Established {
  const other = role === 'initiator' ? 'responder' : 'initiator';
  return { peer, keys: { send: channel[role], receive: channel[other] }, exporter };
}

function proofSecrets({ seal, mac }: Schedule): readonly Secret<string>[] {
  return [seal.initiator, seal.responder, mac.initiator, mac.responder];
}

function settle({ psk, ...context }: HandshakeContext): Setting {
  const { initiator, responder } = context.fingerprints;
  assert(initiator.length === FINGERPRINT_BYTES && responder.length === FINGERPRINT_BYTES, 'a fingerprint is a SHA-256');
  assert(psk.length === PSK_BYTES, 'a pre-shared key has 32 bytes');
  return { ...context, psk: new Secret('psk', psk.slice()) };
}

function randomOf({ random = randomBytes }: Setting): RandomSource {
  return random;
}
