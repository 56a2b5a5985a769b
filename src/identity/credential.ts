/** An account's word for its devices: giving it, and checking another's. What it proves of a link, the handshake proves. */
import { sign, signedId, verify, type Signed } from '../crypto/sign.ts';
import { assert } from '../lib/assert.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode, type Codec } from '../protocol/codec.ts';
import {
  credential as credentialCodec,
  deviceCertificate,
  deviceList,
  type DeviceCertificate,
  type DeviceList,
} from '../protocol/credential.ts';
import { accountIdOf, type AccountId } from '../protocol/ids.ts';
import type { AccountKeys } from './account.ts';
import type { VerifiedDevice } from './device.ts';

export type CredentialFailure =
  /** Not a credential, or what was signed is not what belongs there. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong-signature' }
  /** Certificate, list and signer do not all name the same account. */
  | { readonly kind: 'mixed-accounts' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'not-listed' }
  /** An older list than one already seen: somebody holds back a newer one. */
  | { readonly kind: 'outdated-list'; readonly version: number };

/** The credential of an account's one device (PROTOCOL.md K2, K3). */
export function issueCredential(account: AccountKeys, certificate: Omit<DeviceCertificate, 'account'>, listVersion: number): Bytes {
  const accountKey = account.signing.publicKey;
  const certified = sign('devcert', encode(deviceCertificate, { ...certificate, account: accountKey }), account.signing);
  const list = { account: accountKey, version: listVersion, active: [signedId('devcert', certified)], revoked: [] };
  return encode(credentialCodec, { certificate: certified, devices: sign('devlist', encode(deviceList, list), account.signing) });
}

/** The certificate in a credential of one's own, as it was signed. */
export function certificateIn(ownCredential: Uint8Array): Signed {
  const parts = decode(credentialCodec, ownCredential);
  assert(parts.ok, 'a device carries a credential');
  return parts.value.certificate;
}

/** The device a credential speaks for (PROTOCOL.md K5). `minimumListVersion`: the highest version seen of an account's list, 0 for a stranger's. */
export function verifyCredential(
  encoded: Uint8Array,
  minimumListVersion: (account: AccountId) => number = () => 0,
): Result<VerifiedDevice, CredentialFailure> {
  const parts = decode(credentialCodec, encoded);
  if (!parts.ok) return fail({ kind: 'malformed' });
  const { certificate: certified, devices } = parts.value;

  const certificate = openSigned('devcert', certified, deviceCertificate);
  if (!certificate.ok) return certificate;
  const list = openSigned('devlist', devices, deviceList);
  if (!list.ok) return list;

  const oneAccount = [certified.key, devices.key, list.value.account].every((key) => equalBytes(key, certificate.value.account));
  if (!oneAccount) return fail({ kind: 'mixed-accounts' });
  const certificateId = signedId('devcert', certified);
  const device = verifiedDevice(certificateId, certificate.value, list.value);
  const refusal = refusalBy(list.value, certificateId, minimumListVersion(device.account));
  return refusal ? fail(refusal) : succeed(device);
}

function openSigned<Value>(
  context: 'devcert' | 'devlist',
  signed: Signed,
  codec: Codec<Value>,
): Result<Value, { readonly kind: 'malformed' | 'wrong-signature' }> {
  const payload = verify(context, signed);
  if (!payload) return fail({ kind: 'wrong-signature' });
  const value = decode(codec, payload);
  return value.ok ? value : fail({ kind: 'malformed' });
}

function refusalBy(list: DeviceList, certificateId: Bytes, minimumListVersion: number): CredentialFailure | undefined {
  const isCertificate = (id: Bytes) => equalBytes(id, certificateId);
  if (list.version < minimumListVersion) return { kind: 'outdated-list', version: list.version };
  if (list.revoked.some(isCertificate)) return { kind: 'revoked' };
  if (!list.active.some(isCertificate)) return { kind: 'not-listed' };
  return undefined;
}

function verifiedDevice(certificateId: Bytes, certificate: DeviceCertificate, list: DeviceList): VerifiedDevice {
  return {
    account: accountIdOf(certificate.account),
    certificateId,
    deviceKey: certificate.signingKey,
    agreementKey: certificate.agreementKey,
    name: certificate.name,
    listVersion: list.version,
  };
}
