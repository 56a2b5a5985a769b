/** What an envelope is made of: the messages of the ratchet, how a session starts, and the keys it starts from (PROTOCOL.md, rules R…). */
import { bytes, fixed, list, marked, nothing, optional, struct, u32, union, type Decoded } from './codec.ts';
import { signed } from './credential.ts';
import { MAX_ENVELOPE_BYTES } from './frame.ts';

const AGREEMENT_KEY_BYTES = 32;
const KEM_PUBLIC_KEY_BYTES = 1216;
const KEM_CIPHERTEXT_BYTES = 1120;
const COMMITMENT_BYTES = 32;
/** A nonce in front, a tag behind. */
const SEAL_OVERHEAD_BYTES = 40;
const TAG_BYTES = 16;

/** One-time pairs issued to a contact at any time: as many sessions as anybody starts before the next link brings more. */
export const MAX_ONE_TIME_PREKEYS = 20;

const VERSION = new Uint8Array([1]);

/** What a header says of the hybrid step. */
export const kemPart = union({
  none: { tag: 0, codec: nothing },
  /** Encapsulate to this with your next step. */
  offer: { tag: 1, codec: struct({ key: fixed(KEM_PUBLIC_KEY_BYTES) }) },
  /** For the key you offered. */
  answer: { tag: 2, codec: struct({ ciphertext: fixed(KEM_CIPHERTEXT_BYTES) }) },
});

/** The part of a message that is sealed under the header key. `number` counts the chain's messages from 0, `previous` is how many the chain before had. */
export const header = struct({
  key: fixed(AGREEMENT_KEY_BYTES),
  previous: u32,
  number: u32,
  kem: kemPart,
});
/** Key, two numbers, a tag, and the longer of the two KEM parts. */
const MAX_SEALED_HEADER_BYTES = AGREEMENT_KEY_BYTES + 4 + 4 + 1 + KEM_PUBLIC_KEY_BYTES + SEAL_OVERHEAD_BYTES;

const messageFields = {
  header: bytes(MAX_SEALED_HEADER_BYTES),
  commitment: fixed(COMMITMENT_BYTES),
  body: bytes(MAX_ENVELOPE_BYTES),
};
/** One message of a session. */
export const ratchetMessage = struct(messageFields);

/** How the initiator came by the session's first secret. `generation` orders the sessions of two devices. */
export const sessionStart = struct({
  generation: u32,
  certificate: signed,
  ephemeralKey: fixed(AGREEMENT_KEY_BYTES),
  signedPrekey: u32,
  oneTimePrekey: optional(u32),
  ciphertext: fixed(KEM_CIPHERTEXT_BYTES),
});
/** With the longest certificate, 240 bytes, a start has 1,508. */
export const MAX_SESSION_START_BYTES = 1_600;

export const envelope = marked(
  VERSION,
  union({
    message: { tag: 1, codec: ratchetMessage },
    /** A message whose reader may not have the session yet. `start`: an encoded `sessionStart`; the session is named by its hash. */
    opening: { tag: 2, codec: struct({ start: bytes(MAX_SESSION_START_BYTES), ...messageFields }) },
  }),
);

/** What is left for the padded content of an envelope that carries all it can. */
export const MAX_PADDED_CONTENT_BYTES =
  MAX_ENVELOPE_BYTES - (VERSION.length + 1 + 4 + MAX_SESSION_START_BYTES + 4 + MAX_SEALED_HEADER_BYTES + COMMITMENT_BYTES + 4 + TAG_BYTES);

export const prekey = struct({ id: u32, agreementKey: fixed(AGREEMENT_KEY_BYTES), kemKey: fixed(KEM_PUBLIC_KEY_BYTES) });

/** Signed by the device key in context `prekeys`. `generation`: the highest of any session its maker has with the reader; 0 if none. */
export const prekeyBundle = marked(VERSION, struct({ generation: u32, signed: prekey, oneTime: list(prekey, MAX_ONE_TIME_PREKEYS) }));

export type KemPart = Decoded<typeof kemPart>;
export type Header = Decoded<typeof header>;
export type RatchetMessage = Decoded<typeof ratchetMessage>;
export type SessionStart = Decoded<typeof sessionStart>;
export type PrekeyBundle = Decoded<typeof prekeyBundle>;
export type Prekey = Decoded<typeof prekey>;
