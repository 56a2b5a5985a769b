import { sign, signedId } from '../../src/crypto/sign.ts';
import { createAccount, type AccountKeys } from '../../src/identity/account.ts';
import { createDevice, type Device } from '../../src/identity/device.ts';
import { utf8, type Bytes } from '../../src/lib/bytes.ts';
import { encode } from '../../src/protocol/codec.ts';
import { credential, deviceCertificate, deviceList, type DeviceCertificate, type DeviceList } from '../../src/protocol/credential.ts';
import { seededRandom } from './seeded-random.ts';

export const REGISTERED_AT = 1_790_000_000_000;

export interface Identity {
  readonly account: AccountKeys;
  readonly device: Device;
}

/** Somebody with an account and a device, the same in every run. libsodium must be ready. */
export function identityOf(name: string): Identity {
  const random = seededRandom(utf8(name).reduce((seed, byte) => seed * 31 + byte, 7));
  const account = createAccount(random(32));
  return { account, device: createDevice(account, `${name}'s laptop`, REGISTERED_AT, random) };
}

/** A credential put together by hand, to say what `issueCredential` would not. */
export function credentialSaying(
  { account, device }: Identity,
  changes: {
    readonly certificate?: Partial<DeviceCertificate>;
    readonly list?: (certificateId: Bytes) => Partial<DeviceList>;
    readonly certifier?: AccountKeys;
    readonly lister?: AccountKeys;
  },
): Bytes {
  const { certificate = {}, list = () => ({}), certifier = account, lister = account } = changes;
  const certified = sign(
    'devcert',
    encode(deviceCertificate, {
      account: account.signing.publicKey,
      signingKey: device.signing.publicKey,
      agreementKey: device.agreement.publicKey,
      name: 'a laptop',
      createdAt: REGISTERED_AT,
      serial: 1,
      ...certificate,
    }),
    certifier.signing,
  );
  const id = signedId('devcert', certified);
  const devices = { account: account.signing.publicKey, version: REGISTERED_AT, active: [id], revoked: [], ...list(id) };
  return encode(credential, { certificate: certified, devices: sign('devlist', encode(deviceList, devices), lister.signing) });
}
