import { fail, succeed, type Result } from '../lib/result.ts';

export type CameraFailure =
  /** There is none, it is in use elsewhere, or this browser cannot ask for one. */
  | { readonly kind: 'no-camera' }
  /** The person, or a policy of the browser or of the site, said no. */
  | { readonly kind: 'camera-refused' };

/** What the failed request may be called when somebody said no (W3C Media Capture and Streams §10.3.2). */
const REFUSALS = new Set(['NotAllowedError', 'SecurityError']);

/** The camera that looks away from the person, where there is one: for scanning. The caller stops the stream's tracks. */
export async function openCamera(devices: Pick<MediaDevices, 'getUserMedia'> | undefined): Promise<Result<MediaStream, CameraFailure>> {
  // Missing on insecure origins and where media is switched off.
  if (!devices) return fail({ kind: 'no-camera' });
  try {
    return succeed(await devices.getUserMedia({ video: { facingMode: 'environment' }, audio: false }));
  } catch (reason) {
    return fail({ kind: reason instanceof DOMException && REFUSALS.has(reason.name) ? 'camera-refused' : 'no-camera' });
  }
}
