/** The three messages two devices exchange before anything else on a link (PROTOCOL.md, rules H…). */
import { bytes, fixed, marked, struct } from './codec.ts';
import { MAX_CREDENTIAL_BYTES } from './credential.ts';

const NONCE_BYTES = 32;
const KEM_PUBLIC_KEY_BYTES = 1216;
const KEM_CIPHERTEXT_BYTES = 1120;
const SIGNATURE_BYTES = 64;
const MAC_BYTES = 64;
const TAG_BYTES = 16;
/** A credential with its length in front, signature, authenticator. */
const MAX_PROOF_BYTES = 4 + MAX_CREDENTIAL_BYTES + SIGNATURE_BYTES + MAC_BYTES;

/** X-Wing, HKDF-SHA-512, XChaCha20-Poly1305, Ed25519, HMAC-SHA-512. There is no other, and nothing to negotiate. */
const SUITE = new Uint8Array([1]);

/** m1, initiator to responder. */
export const opening = marked(SUITE, struct({ nonce: fixed(NONCE_BYTES), kemKey: fixed(KEM_PUBLIC_KEY_BYTES) }));

/** m2, responder to initiator. `proof` is a sealed `proof`. */
export const reply = marked(
  SUITE,
  struct({ nonce: fixed(NONCE_BYTES), kemCiphertext: fixed(KEM_CIPHERTEXT_BYTES), proof: bytes(MAX_PROOF_BYTES + TAG_BYTES) }),
);

/** m3, initiator to responder. `proof` is a sealed `proof`. */
export const closing = marked(SUITE, struct({ proof: bytes(MAX_PROOF_BYTES + TAG_BYTES) }));

/** Who somebody is, in the bytes that were signed, that they are at this very handshake, and that they know its keys. */
export const proof = struct({ credential: bytes(MAX_CREDENTIAL_BYTES), signature: fixed(SIGNATURE_BYTES), mac: fixed(MAC_BYTES) });
