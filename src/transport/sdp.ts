/** What a description of one data channel must look like before the browser gets to see it. Pure text work. */
import type { Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { IceCandidate } from '../protocol/signal.ts';
import { FINGERPRINT_BYTES } from './link-limits.ts';

const MAX_SDP_CHARACTERS = 12_000;
const MAX_CANDIDATE_CHARACTERS = 512;

const LINE = /^[a-z]=[^\r\n]*$/;
/** RFC 8841 §4: one SCTP association, nothing else. Audio and video would be further m-lines. */
const DATA_CHANNEL = /^m=application \d+ (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;
/** RFC 8122 §5; browsers name certificates by SHA-256. */
const FINGERPRINT = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i;
/** RFC 8839 §5.1. */
const CANDIDATE =
  /^candidate:[A-Za-z0-9+/]{1,32} \d{1,5} (?:udp|tcp) \d{1,10} [0-9A-Za-z.:-]{1,255} \d{1,5} typ (?:host|srflx|prflx|relay)(?: [\x21-\x7e]+)*$/i;

export interface Description {
  /** SHA-256 of the certificate its author will show. */
  readonly fingerprint: Bytes;
}

export interface DescriptionFailure {
  readonly kind: 'malformed' | 'not-one-data-channel' | 'no-single-fingerprint';
}

/** Reads a description; refuses whatever asks for more than one data channel, or is of two minds about its certificate. */
export function readDescription(sdp: string): Result<Description, DescriptionFailure> {
  const lines = linesOf(sdp);
  if (!lines) return fail({ kind: 'malformed' });
  const [media, ...more] = lines.filter((line) => line.startsWith('m='));
  if (!media || more.length > 0 || !DATA_CHANNEL.test(media)) return fail({ kind: 'not-one-data-channel' });
  const fingerprints = lines.filter((line) => line.startsWith('a=fingerprint:')).map(fingerprintIn);
  const [first, ...others] = new Set(fingerprints);
  return first !== undefined && others.length === 0 ? succeed({ fingerprint: bytesOf(first) }) : fail({ kind: 'no-single-fingerprint' });
}

/** Whether a browser could have made it: simple-peer ends the whole link at some that it cannot use. */
export function isUsableCandidate({ candidate, line }: IceCandidate): boolean {
  return line === 0 && candidate.length <= MAX_CANDIDATE_CHARACTERS && CANDIDATE.test(candidate);
}

function linesOf(sdp: string): readonly string[] | undefined {
  if (sdp.length > MAX_SDP_CHARACTERS || !sdp.startsWith('v=0')) return undefined;
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
