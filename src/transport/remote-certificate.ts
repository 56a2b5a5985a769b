import type { Bytes } from '../lib/bytes.ts';

/** SHA-256 of the certificate the other side really showed; undefined where the browser does not say or cannot hash. */
export async function remoteFingerprint(dtls: RTCDtlsTransport | undefined): Promise<Bytes | undefined> {
  try {
    const [certificate] = dtls?.getRemoteCertificates() ?? [];
    return certificate && new Uint8Array(await crypto.subtle.digest('SHA-256', certificate));
  } catch {
    // No such call, or no secure context. DTLS has held the certificate against the description's fingerprint all the same.
    return undefined;
  }
}
