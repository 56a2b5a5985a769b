/** How ratchets and prekeys rest: bytes with secrets in the clear, to be sealed by whoever stores them. */
import { fixed, list, marked, optional, struct, u32, u53, union, type Codec } from '../../protocol/codec.ts';
import { kemPart, MAX_ONE_TIME_PREKEYS } from '../../protocol/envelope.ts';
import { AGREEMENT_KEY_BYTES, type AgreementKeyPair } from '../agreement.ts';
import { HASH_BYTES } from '../hash.ts';
import { Secret } from '../secret.ts';
import { MAX_REMEMBERED_STARTS, MAX_SIGNED_PREKEYS, type OwnPrekey, type OwnPrekeys } from './prekeys.ts';
import { MAX_RECEIVING_CHAINS, type KemAnswer, type Ratchet, type RemoteRatchetKey, type Sending } from './ratchet.ts';
import type { ReceivingChain } from './receiving-chain.ts';
import { MAX_SKIPPED_KEYS, type SkippedKey } from './skipped-keys.ts';

const KEY_BYTES = 32;
const KEM_CIPHERTEXT_BYTES = 1120;
const VERSION = new Uint8Array([1]);

function secret<Kind extends string>(kind: Kind): Codec<Secret<Kind>> {
  const carried = fixed(KEY_BYTES);
  return {
    write: (value, out) => carried.write(value.expose(), out),
    read: (from) => new Secret(kind, carried.read(from)),
  };
}

const agreementPair: Codec<AgreementKeyPair> = struct({ publicKey: fixed(AGREEMENT_KEY_BYTES), secret: secret('agreement') });
const remoteKey: Codec<RemoteRatchetKey> = {
  write: (value, out) => fixed(AGREEMENT_KEY_BYTES).write(value, out),
  read: (from) => fixed(AGREEMENT_KEY_BYTES).read(from) as RemoteRatchetKey,
};
const kemAnswer: Codec<KemAnswer> = struct({ ciphertext: fixed(KEM_CIPHERTEXT_BYTES), sharedSecret: secret('kem-shared') });

const sending: Codec<Sending> = union({
  awaiting: { tag: 1, codec: struct({ own: agreementPair, headerKey: secret('sending-header') }) },
  'step-due': {
    tag: 2,
    codec: struct({ remote: remoteKey, answer: optional(kemAnswer), headerKey: secret('sending-header'), previous: u32 }),
  },
  active: {
    tag: 3,
    codec: struct({
      own: agreementPair,
      kem: optional(secret('kem')),
      kemPart,
      headerKey: secret('sending-header'),
      chain: secret('sending-chain'),
      next: u32,
      previous: u32,
      nextHeaderKey: secret('sending-header'),
    }),
  },
});

const skippedKey: Codec<SkippedKey> = struct({ number: u32, key: secret('message'), at: u53 });
const receivingChain: Codec<ReceivingChain> = struct({
  headerKey: secret('receiving-header'),
  chain: optional(secret('receiving-chain')),
  next: u32,
  skipped: list(skippedKey, MAX_SKIPPED_KEYS),
});

export const storedRatchet: Codec<Ratchet> = marked(
  VERSION,
  struct({
    root: secret('root'),
    sending,
    receiving: list(receivingChain, MAX_RECEIVING_CHAINS),
    nextReceiving: secret('receiving-header'),
    kemRound: struct({ messages: u53, since: u53 }),
  }),
);

const ownPrekey: Codec<OwnPrekey> = struct({ id: u32, agreement: secret('agreement'), kem: secret('kem'), madeAt: u53 });

export const storedPrekeys: Codec<OwnPrekeys> = marked(
  VERSION,
  struct({
    nextId: u32,
    signed: list(ownPrekey, MAX_SIGNED_PREKEYS),
    oneTime: list(ownPrekey, MAX_ONE_TIME_PREKEYS),
    remembered: list(struct({ session: fixed(HASH_BYTES), signedPrekey: u32 }), MAX_REMEMBERED_STARTS),
  }),
);
