/** How a device shows whose it is: an account signs a certificate for the device and a list of its devices (PROTOCOL.md, rules K…). */
import { bytes, fixed, list, marked, struct, text, u32, u53, type Decoded } from './codec.ts';
import { MAX_NAME_BYTES } from './frame.ts';
import { ACCOUNT_ID_BYTES } from './ids.ts';

/** Each device costs the others a link and a copy of every message; more than these nobody carries. */
export const MAX_DEVICES = 8;
/** Not being listed is enough to be refused; revoking says it aloud. When this is full, the oldest are dropped. */
export const MAX_REVOKED = 64;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const CERTIFICATE_ID_BYTES = 32;
/** A full device list is 2,348 bytes. */
const MAX_SIGNED_PAYLOAD_BYTES = 2_560;
/** A certificate and a full device list, each with key and signature. */
export const MAX_CREDENTIAL_BYTES = 3_072;

const VERSION = new Uint8Array([1]);
const certificateId = fixed(CERTIFICATE_ID_BYTES);

/** Bytes as they were signed, at most `limit`, by whom, and the signature. Read on only after verifying (C5). */
export function signedUpTo(limit: number) {
  return struct({ payload: bytes(limit), key: fixed(KEY_BYTES), signature: fixed(SIGNATURE_BYTES) });
}

export const signed = signedUpTo(MAX_SIGNED_PAYLOAD_BYTES);

/** Signed in context `devcert`. `name`: what the person calls the device. `createdAt`: milliseconds since 1970. `serial`: counts the account's certificates. */
export const deviceCertificate = marked(
  VERSION,
  struct({
    account: fixed(ACCOUNT_ID_BYTES),
    signingKey: fixed(KEY_BYTES),
    agreementKey: fixed(KEY_BYTES),
    name: text(MAX_NAME_BYTES),
    createdAt: u53,
    serial: u32,
  }),
);

/** Signed in context `devlist`. Certificates are named by the id of what was signed (C5). The version only ever grows. */
export const deviceList = marked(
  VERSION,
  struct({
    account: fixed(ACCOUNT_ID_BYTES),
    version: u53,
    active: list(certificateId, MAX_DEVICES),
    revoked: list(certificateId, MAX_REVOKED),
  }),
);

/** What a device presents: its certificate, and the account's newest word on its devices. */
export const credential = marked(VERSION, struct({ certificate: signed, devices: signed }));

export type DeviceCertificate = Decoded<typeof deviceCertificate>;
export type DeviceList = Decoded<typeof deviceList>;
