/** What a description must look like before the browser gets to see it: of one data channel, or of a call's four lines. Pure text work. */
import type { Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import { FINGERPRINT_BYTES } from './link-limits.ts';

const MAX_SDP_CHARACTERS = 12_000;
/** Four lines with all their codecs (protocol/call-word.ts). */
const MAX_MEDIA_SDP_CHARACTERS = 19_000;
const MAX_CANDIDATE_CHARACTERS = 512;

const LINE = /^[a-z]=[^\r\n]*$/;
/** RFC 8841 §4: one SCTP association, nothing else. Audio and video would be further m-lines. */
const DATA_CHANNEL = /^m=application \d+ (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;
/** Voice, camera, screen, sound of the screen (PROTOCOL.md V7), each over SRTP with keys from DTLS (RFC 5764). */
const MEDIA_LINES = ['audio', 'video', 'video', 'audio'].map((kind) => new RegExp(`^m=${kind} \\d{1,5} UDP/TLS/RTP/SAVPF( \\d{1,3})+$`));
/** RFC 8122 §5; browsers name certificates by SHA-256. */
const FINGERPRINT = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i;
/** RFC 8866 §5.14, §6.6: parameters of a codec. */
const OPUS = /^a=rtpmap:(\d{1,3}) opus\/48000\/2$/i;
/** RFC 8839 §5.1. */
const CANDIDATE =
  /^candidate:[A-Za-z0-9+/]{1,32} \d{1,5} (?:udp|tcp) \d{1,10} [0-9A-Za-z.:-]{1,255} \d{1,5} typ (?:host|srflx|prflx|relay)(?: [\x21-\x7e]+)*$/i;

export interface Description {
  /** SHA-256 of the certificate its author will show. */
  readonly fingerprint: Bytes;
}

export interface DescriptionFailure {
  readonly kind: 'malformed' | 'not-one-data-channel' | 'not-the-lines-of-a-call' | 'no-single-fingerprint';
}

/** Reads a description; refuses whatever asks for more than one data channel, or is of two minds about its certificate. */
export function readDescription(sdp: string): Result<Description, DescriptionFailure> {
  const lines = linesOf(sdp, MAX_SDP_CHARACTERS);
  if (!lines) return fail({ kind: 'malformed' });
  const [media, ...more] = lines.filter((line) => line.startsWith('m='));
  if (!media || more.length > 0 || !DATA_CHANNEL.test(media)) return fail({ kind: 'not-one-data-channel' });
  return describedBy(lines);
}

/** Reads a description of a media link; refuses whatever has other lines than a call's, or is of two minds about its certificate. */
export function readMediaDescription(sdp: string): Result<Description, DescriptionFailure> {
  const lines = linesOf(sdp, MAX_MEDIA_SDP_CHARACTERS);
  if (!lines) return fail({ kind: 'malformed' });
  const media = lines.filter((line) => line.startsWith('m='));
  const areAsAgreed = media.length === MEDIA_LINES.length && MEDIA_LINES.every((form, index) => form.test(media[index] ?? ''));
  return areAsAgreed ? describedBy(lines) : fail({ kind: 'not-the-lines-of-a-call' });
}

/**
 * The same description, wishing for voice that is not sent while nobody talks (RFC 7587 §7.1, `usedtx`) and can be mended when
 * a packet is lost (`useinbandfec`). Who is described so to the browser is sent so by it.
 */
export function wishingForVoice(sdp: string): string {
  const [before, voice, ...rest] = sdp.split(/^(?=m=)/m);
  const opus = voice
    ?.split(/\r?\n/)
    .map((line) => OPUS.exec(line)?.[1])
    .find((type) => type !== undefined);
  if (before === undefined || voice === undefined || opus === undefined) return sdp;
  return [before, withParameters(voice, opus, ['useinbandfec=1', 'usedtx=1']), ...rest].join('');
}

function withParameters(section: string, type: string, wished: readonly string[]): string {
  const form = new RegExp(`^a=fmtp:${type} ([^\\r\\n]*)`, 'm');
  const present = form.exec(section)?.[1]?.split(';') ?? [];
  const parameters = [...new Set([...present, ...wished])].join(';');
  if (present.length > 0) return section.replace(form, () => `a=fmtp:${type} ${parameters}`);
  return section.endsWith('\n') ? `${section}a=fmtp:${type} ${parameters}\r\n` : section;
}

function describedBy(lines: readonly string[]): Result<Description, DescriptionFailure> {
  const fingerprints = lines.filter((line) => line.startsWith('a=fingerprint:')).map(fingerprintIn);
  const [first, ...others] = new Set(fingerprints);
  return first !== undefined && others.length === 0 ? succeed({ fingerprint: bytesOf(first) }) : fail({ kind: 'no-single-fingerprint' });
}

/** Whether a browser could have made it: simple-peer ends the whole link at some that it cannot use. */
export function isUsableCandidate({ candidate, line }: IceCandidate): boolean {
  return line === 0 && candidate.length <= MAX_CANDIDATE_CHARACTERS && CANDIDATE.test(candidate);
}

function linesOf(sdp: string, limit: number): readonly string[] | undefined {
  if (sdp.length > limit || !sdp.startsWith('v=0')) return undefined;
  const lines = sdp.split(/\r?\n/);
  // The last line is ended too.
  if (lines.pop() !== '') return undefined;
  return lines.every((line) => LINE.test(line)) ? lines : undefined;
}

function fingerprintIn(line: string): string | undefined {
  return FINGERPRINT.exec(line)?.[1]?.toLowerCase();
}

function bytesOf(fingerprint: string): Bytes {
  const bytes = new Uint8Array(FINGERPRINT_BYTES);
  for (const [index, pair] of fingerprint.split(':').entries()) bytes[index] = Number.parseInt(pair, 16);
  return bytes;
}
