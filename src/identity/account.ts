import { deriveKey } from '../crypto/kdf.ts';
import { PHRASE_ENTROPY_BYTES } from '../crypto/recovery-phrase.ts';
import { Secret } from '../crypto/secret.ts';
import { signingKeyPair, type SigningKeyPair } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { assert } from '../lib/assert.ts';
import { utf8 } from '../lib/bytes.ts';
import { accountIdOf, type AccountId } from '../protocol/ids.ts';

/** A person's root: all that the 24 words bring back. Opened to certify and revoke devices, otherwise in the vault. */
export interface AccountKeys {
  readonly id: AccountId;
  readonly signing: SigningKeyPair;
  /** Opens the vault's recovery slot. */
  readonly recoveryKey: Secret<'recovery'>;
}

const SIGNING_ROLE = utf8('account-sign');

/** The account that 32 bytes of entropy stand for; the same bytes give the same account (PROTOCOL.md K1). */
export function createAccount(entropy: Uint8Array): AccountKeys {
  assert(entropy.length === PHRASE_ENTROPY_BYTES, 'an account comes from 32 bytes');
  const seed = deriveKey({ secret: entropy, info: 'root', context: [SIGNING_ROLE] });
  const signing = signingKeyPair(seed);
  wipe(seed);
  return {
    id: accountIdOf(signing.publicKey),
    signing,
    recoveryKey: new Secret('recovery', deriveKey({ secret: entropy, info: 'recovery/kek' })),
  };
}
