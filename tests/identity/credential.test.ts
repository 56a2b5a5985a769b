import { beforeAll, describe, expect, it } from 'vitest';
import { signedId } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { certificateIn, verifyCredential } from '../../src/identity/credential.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import { encode } from '../../src/protocol/codec.ts';
import { credential } from '../../src/protocol/credential.ts';
import { credentialSaying, identityOf, REGISTERED_AT, type Identity } from '../support/identities.ts';

let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  await sodiumReady();
  alice = identityOf('alice');
  bob = identityOf('bob');
});

describe("alice's credential", () => {
  it('[K5] tells bob whose device it is and which keys it has', () => {
    expect(verifyCredential(alice.device.credential)).toEqual(
      succeed({
        account: alice.account.id,
        certificateId: signedId('devcert', certificateIn(alice.device.credential)),
        deviceKey: alice.device.signing.publicKey,
        agreementKey: alice.device.agreement.publicKey,
        name: "alice's laptop",
        listVersion: REGISTERED_AT,
      }),
    );
  });

  it('[K4] is refused once a newer list of hers has been seen, and taken when it is as new or newer', () => {
    const seen = (version: number) => verifyCredential(alice.device.credential, () => version);
    expect(seen(REGISTERED_AT + 1)).toEqual(fail({ kind: 'outdated-list', version: REGISTERED_AT }));
    expect(seen(REGISTERED_AT).ok && seen(REGISTERED_AT - 1).ok).toBe(true);
  });

  it('[K4] is measured against what was seen of her account, not of another', () => {
    expect(verifyCredential(alice.device.credential, (account) => (account === bob.account.id ? Infinity : 0)).ok).toBe(true);
  });

  it('[K5] is refused when she revoked the device, even if the list still names it', () => {
    const withdrawn = credentialSaying(alice, { list: (id) => ({ active: [], revoked: [id] }) });
    const both = credentialSaying(alice, { list: (id) => ({ active: [id], revoked: [id] }) });
    expect(verifyCredential(withdrawn)).toEqual(fail({ kind: 'revoked' }));
    expect(verifyCredential(both)).toEqual(fail({ kind: 'revoked' }));
  });

  it('[K5] is refused when her list does not name the device', () => {
    const unlisted = credentialSaying(alice, { list: () => ({ active: [new Uint8Array(32)] }) });
    expect(verifyCredential(unlisted)).toEqual(fail({ kind: 'not-listed' }));
  });

  it('[K5] is refused when the certificate, the list, or a signer names another account', () => {
    const bobsKey = bob.account.signing.publicKey;
    const mixed = fail({ kind: 'mixed-accounts' });
    expect(verifyCredential(credentialSaying(alice, { certificate: { account: bobsKey } }))).toEqual(mixed);
    expect(verifyCredential(credentialSaying(alice, { list: () => ({ account: bobsKey }) }))).toEqual(mixed);
    expect(verifyCredential(credentialSaying(alice, { certifier: bob.account }))).toEqual(mixed);
    expect(verifyCredential(credentialSaying(alice, { lister: bob.account }))).toEqual(mixed);
  });

  it('[K3] cannot be made from the certificate in place of the list', () => {
    const certificate = certificateIn(alice.device.credential);
    const twice = encode(credential, { certificate, devices: certificate });
    expect(verifyCredential(twice)).toEqual(fail({ kind: 'wrong-signature' }));
  });

  it('[K5] is refused when any byte of it changes, or is missing, or one is added', () => {
    const whole = alice.device.credential;
    const changed = Array.from(whole, (byte, index) => whole.with(index, byte ^ 1));
    const cut = Array.from(whole, (_, length) => whole.slice(0, length));
    const longer = new Uint8Array([...whole, 0]);
    expect([...changed, ...cut, longer].filter((bytes) => verifyCredential(bytes).ok)).toEqual([]);
  });
});
