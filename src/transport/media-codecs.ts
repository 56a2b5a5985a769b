/** Which codecs a call's lines offer, best first. Few of them: a description with all a browser knows would not fit its frame. */
import type { Slot } from '../calls/ports.ts';

type Codec = Pick<RTCRtpCodec, 'mimeType' | 'sdpFmtpLine'>;

/**
 * VP8 costs least where nothing is done in hardware, and every browser has it. VP9 is better at text and still pictures. H.264 for
 * those who have it in hardware only. RED (RFC 2198) sends each bit of voice twice: a lost packet is not heard.
 */
const PREFERRED: Readonly<Record<Slot, readonly string[]>> = {
  microphone: ['audio/red', 'audio/opus'],
  camera: ['video/vp8', 'video/h264', 'video/vp9'],
  screen: ['video/vp9', 'video/vp8', 'video/h264'],
  'screen-sound': ['audio/opus'],
};
/** They mend what the others lose: sending again, and forward error correction. */
const HELPERS = ['video/rtx', 'video/red', 'video/ulpfec', 'video/flexfec-03'];
/** Constrained baseline, in packets of any size: what all that have H.264 can decode. */
const H264_FORM = /packetization-mode=1.*profile-level-id=42e01f|profile-level-id=42e01f.*packetization-mode=1/i;
const VP9_FORM = /^(?!.*profile-id=[1-9])/i;

/** What is offered and taken in a slot, of what the browser can receive; empty where it knows none of them. */
export function codecsFor<Known extends Codec>(slot: Slot, known: readonly Known[]): readonly Known[] {
  const wanted = PREFERRED[slot].flatMap((type) => known.filter((codec) => isOf(codec, type)));
  // Nothing to prefer: the browser's own order, whole.
  if (wanted.length === 0) return [];
  return [...wanted, ...known.filter(({ mimeType }) => HELPERS.includes(mimeType.toLowerCase()) && slot !== 'microphone')];
}

function isOf({ mimeType, sdpFmtpLine = '' }: Codec, type: string): boolean {
  if (mimeType.toLowerCase() !== type) return false;
  if (type === 'video/h264') return H264_FORM.test(sdpFmtpLine);
  return type !== 'video/vp9' || VP9_FORM.test(sdpFmtpLine);
}
