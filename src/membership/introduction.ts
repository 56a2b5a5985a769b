/** How a device of a member comes to be known: by a credential inside an operation (PROTOCOL.md G6). */
import { signedId } from '../crypto/sign.ts';
import { verifyCredential } from '../identity/credential.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { cleanName } from '../identity/user-name.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { decode } from '../protocol/codec.ts';
import { credential, deviceCertificate, deviceList } from '../protocol/credential.ts';
import type { KeyPackage } from '../protocol/join-request.ts';
import { accountIdOf } from '../protocol/ids.ts';

/** A device as an operation brings it in, with what its account says of all its devices. */
export interface Introduction {
  readonly device: VerifiedDevice;
  /** Its signing key: 32 bytes in base64url. */
  readonly deviceId: string;
  /** The id of its certificate, in base64url. */
  readonly certificate: string;
  readonly list: {
    /** Only ever grows (K4). */
    readonly version: number;
    /** Ids of the certificates in force, in base64url. */
    readonly active: ReadonlySet<string>;
  };
  readonly credential: Bytes;
  /** As they call themselves; made harmless. */
  readonly name: string;
  /** X-Wing: what epochs are sealed to for this device. 1,216 bytes. */
  readonly kemKey: Bytes;
}

/** Undefined when the credential does not hold (K5). Whether it is the right device's is the caller's question. */
export function readIntroduction(keyPackage: KeyPackage): Introduction | undefined {
  const device = verifyCredential(keyPackage.credential);
  return device.ok ? introductionOf(keyPackage, device.value) : undefined;
}

/** The same for what was verified before it was stored: signatures, which take most of the time, are not checked again. */
export function restoreIntroduction(keyPackage: KeyPackage): Introduction | undefined {
  const parts = decode(credential, keyPackage.credential);
  if (!parts.ok) return undefined;
  const certificate = decode(deviceCertificate, parts.value.certificate.payload);
  const list = decode(deviceList, parts.value.devices.payload);
  if (!certificate.ok || !list.ok) return undefined;
  return introductionOf(keyPackage, {
    account: accountIdOf(certificate.value.account),
    certificateId: signedId('devcert', parts.value.certificate),
    deviceKey: certificate.value.signingKey,
    agreementKey: certificate.value.agreementKey,
    name: certificate.value.name,
    listVersion: list.value.version,
  });
}

function introductionOf(keyPackage: KeyPackage, device: VerifiedDevice): Introduction | undefined {
  const parts = decode(credential, keyPackage.credential);
  const list = parts.ok ? decode(deviceList, parts.value.devices.payload) : parts;
  if (!list.ok) return undefined;
  return {
    device,
    deviceId: toBase64url(device.deviceKey),
    certificate: toBase64url(device.certificateId),
    list: { version: list.value.version, active: new Set(list.value.active.map(toBase64url)) },
    credential: keyPackage.credential,
    name: cleanName(keyPackage.name),
    kemKey: keyPackage.kemKey,
  };
}
