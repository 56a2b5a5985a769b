import { beforeAll, describe, expect, it } from 'vitest';
import { deriveKey } from '../../src/crypto/kdf.ts';
import { readRecoveryPhrase, recoveryWords } from '../../src/crypto/recovery-phrase.ts';
import { signingKeyPair } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createAccount } from '../../src/identity/account.ts';
import { createDevice, decodeDevice, encodeDevice } from '../../src/identity/device.ts';
import { verifyCredential } from '../../src/identity/credential.ts';
import { toHex, utf8 } from '../../src/lib/bytes.ts';
import { accountIdOf } from '../../src/protocol/ids.ts';
import { identityOf, REGISTERED_AT } from '../support/identities.ts';
import { printsOf } from '../support/prints.ts';
import { valueOf } from '../support/value-of.ts';

beforeAll(sodiumReady);

const entropy = new Uint8Array(32).fill(0xab);

describe('an account', () => {
  it('[K1] is the same whenever its 24 words are typed, and named by its public key', () => {
    const account = createAccount(entropy);
    const again = createAccount(valueOf(readRecoveryPhrase(recoveryWords(entropy).join(' '))));
    const seed = deriveKey({ secret: entropy, info: 'root', context: [utf8('account-sign')] });
    expect(again.id).toBe(account.id);
    expect(again.recoveryKey.expose()).toEqual(account.recoveryKey.expose());
    expect(account.id).toBe(accountIdOf(signingKeyPair(seed).publicKey));
  });

  it('[K1] frozen: these words have always been this account', () => {
    expect(createAccount(new Uint8Array(32)).id).toMatchInlineSnapshot(`"mwdr2oa_OA4cU3RvdpD6ZKJ_mHMeHd3F1okqpD6l8wQ"`);
    expect(toHex(createAccount(new Uint8Array(32)).recoveryKey.expose())).toMatchInlineSnapshot(
      `"9c77f7c55b5012b28111c9b3b5b2a054e5bd341b2bd32d806dff4cf5b5f89548"`,
    );
  });

  it('does not print its secrets', () => {
    const account = createAccount(entropy);
    const secrets = [account.signing.secret.expose(), account.recoveryKey.expose()];
    for (const print of printsOf(account)) {
      for (const secret of secrets) {
        expect(print).not.toContain([...secret.subarray(0, 4)].join(','));
        expect(print).not.toContain([...secret.subarray(0, 4)].join(', '));
        expect(print).not.toContain(toHex(secret.subarray(0, 4)));
      }
    }
  });
});

describe('a device', () => {
  it('[K2] has keys of its own, each time others', () => {
    const account = createAccount(entropy);
    const [laptop, phone] = [createDevice(account, 'laptop', REGISTERED_AT), createDevice(account, 'phone', REGISTERED_AT + 1)];
    const keys = [laptop, phone].flatMap(({ signing, agreement }) => [toHex(signing.publicKey), toHex(agreement.publicKey)]);
    expect(new Set([...keys, toHex(account.signing.publicKey)]).size).toBe(5);
  });

  it('[K4] of an account brought back later comes after the one before', () => {
    const account = createAccount(entropy);
    const before = valueOf(verifyCredential(createDevice(account, 'laptop', REGISTERED_AT).credential));
    const after = createDevice(account, 'new laptop', REGISTERED_AT + 1);
    expect(verifyCredential(after.credential, () => before.listVersion).ok).toBe(true);
  });

  it('comes back whole from the vault', () => {
    const { device } = identityOf('alice');
    const back = valueOf(decodeDevice(encodeDevice(device)));
    expect(back).toEqual(device);
    expect(back.signing.secret.expose()).toEqual(device.signing.secret.expose());
    expect(back.agreement.secret.expose()).toEqual(device.agreement.secret.expose());
  });

  it('does not come back from damaged bytes', () => {
    const encoded = encodeDevice(identityOf('alice').device);
    expect(decodeDevice(encoded.subarray(1)).ok).toBe(false);
    expect(decodeDevice(encoded.slice(0, -1)).ok).toBe(false);
  });
});
