/** Frames of `/v1` as the browser writes and reads them. Everything read comes from a server that may be hostile. */
import { concat, EMPTY, textOf, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { ClientHeader, HereChange, IceServer, ServerHeader, SignalingError } from '../protocol/signaling.ts';

/** A frame of the server: `here` for some thousand topics, or a header and a body of a few kilobytes. */
const MAX_SERVER_FRAME_BYTES = 256 * 1024;
/** Larger than any sealed signal (SDP of 12 kB and its seal). */
const MAX_BODY_BYTES = 32 * 1024;
/** People on one topic: two, in a pair; an invite's topic may see some strangers. */
export const MAX_TAGS = 256;

const MAX_ICE_SERVERS = 8;
const MAX_ICE_URLS = 4;
const MAX_ICE_TEXT = 512;
/** A URL the RTCPeerConnection constructor takes (RFC 7064, RFC 7065); it throws at others. */
const ICE_URL = /^(?:stuns?|turns?):[A-Za-z0-9.:[\]_-]+(?:\?transport=(?:udp|tcp))?$/;
/** 12 bytes in base64url. */
const MEMBER_TAG = /^[A-Za-z0-9_-]{16}$/;

const NEWLINE = 10;

export interface ServerFrame {
  readonly header: ServerHeader;
  readonly body: Bytes;
}

/** `unknown`: well-formed, a word this version does not know. */
export interface FrameFailure {
  readonly kind: 'too-big' | 'malformed' | 'unknown';
}

type Fields = Readonly<Record<string, unknown>>;

export function writeClientFrame(header: ClientHeader, body?: Uint8Array): Bytes {
  const line = utf8(JSON.stringify(header));
  return body ? concat(line, Uint8Array.of(NEWLINE), body) : line;
}

/** Total: whatever arrives is a frame or a failure. */
export function readServerFrame(data: unknown): Result<ServerFrame, FrameFailure> {
  if (sizeOf(data) > MAX_SERVER_FRAME_BYTES) return fail({ kind: 'too-big' });
  const bytes = bytesOf(data);
  if (!bytes) return fail({ kind: 'malformed' });
  const end = bytes.indexOf(NEWLINE);
  const fields = fieldsOf(textOf(end < 0 ? bytes : bytes.subarray(0, end)));
  const body = end < 0 ? EMPTY : bytes.slice(end + 1);
  if (body.length > MAX_BODY_BYTES) return fail({ kind: 'too-big' });
  if (!fields || typeof fields['t'] !== 'string') return fail({ kind: 'malformed' });
  const read = READERS.get(fields['t']);
  if (!read) return fail({ kind: 'unknown' });
  const header = read(fields);
  return header ? succeed({ header, body }) : fail({ kind: 'malformed' });
}

/** An upper bound for text is not needed: a character is at least one byte. */
function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return data instanceof ArrayBuffer ? data.byteLength : 0;
}

function bytesOf(data: unknown): Bytes | undefined {
  if (typeof data === 'string') return utf8(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

function fieldsOf(line: string | undefined): Fields | undefined {
  if (line === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    // The one way JSON.parse refuses; the caller has its own failure for it.
    return undefined;
  }
}

const READERS = new Map<string, (fields: Fields) => ServerHeader | undefined>([
  ['hello', readHello],
  ['ice', readIce],
  ['here', readHere],
  ['msg', readMessage],
  ['ack', readAck],
  ['err', readError],
]);

function readHello({ v, now, limits, ice, iceTtl }: Fields): ServerHeader | undefined {
  if (v !== 1 || !isCount(now) || !isFields(limits)) return undefined;
  const { body, topics } = limits;
  const servers = readIceServers(ice);
  if (!isCount(body) || !isCount(topics) || !servers || !isOptionalCount(iceTtl)) return undefined;
  return { t: 'hello', v, now, limits: { body, topics }, ice: servers, ...(iceTtl === undefined ? {} : { iceTtl }) };
}

function readIce({ ice, iceTtl }: Fields): ServerHeader | undefined {
  const servers = readIceServers(ice);
  if (!servers || !isOptionalCount(iceTtl)) return undefined;
  return { t: 'ice', ice: servers, ...(iceTtl === undefined ? {} : { iceTtl }) };
}

function readHere({ topics }: Fields): ServerHeader | undefined {
  if (!Array.isArray(topics)) return undefined;
  const changes = topics.map(readHereChange);
  return changes.every((change) => change !== undefined) ? { t: 'here', topics: changes } : undefined;
}

function readHereChange(value: unknown): HereChange | undefined {
  if (!isFields(value)) return undefined;
  const { topic, all, in: arrived, out } = value;
  if (typeof topic !== 'string' || ![all, arrived, out].every((tags) => tags === undefined || isTags(tags))) return undefined;
  return {
    topic,
    ...(isTags(all) ? { all } : {}),
    ...(isTags(arrived) ? { in: arrived } : {}),
    ...(isTags(out) ? { out } : {}),
  };
}

function readMessage({ topic, from }: Fields): ServerHeader | undefined {
  return typeof topic === 'string' && isTag(from) ? { t: 'msg', topic, from } : undefined;
}

function readAck({ id, n }: Fields): ServerHeader | undefined {
  return isCount(id) && isCount(n) ? { t: 'ack', id, n } : undefined;
}

const ERRORS: readonly SignalingError[] = ['bad', 'rate', 'limit', 'not-joined'];

function readError({ e, id, ms }: Fields): ServerHeader | undefined {
  const error = ERRORS.find((known) => known === e);
  if (!error || !isOptionalCount(id) || !isOptionalCount(ms)) return undefined;
  return { t: 'err', e: error, ...(id === undefined ? {} : { id }), ...(ms === undefined ? {} : { ms }) };
}

/** Undefined when there is no list at all; single servers we cannot use are left out, so that one bad entry does not cost the rest. */
function readIceServers(value: unknown): readonly IceServer[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, MAX_ICE_SERVERS).flatMap((server: unknown) => readIceServer(server) ?? []);
}

function readIceServer(value: unknown): IceServer | undefined {
  if (!isFields(value) || !Array.isArray(value['urls'])) return undefined;
  const urls = value['urls'].slice(0, MAX_ICE_URLS).filter((url: unknown): url is string => isShortText(url) && ICE_URL.test(url));
  const { username, credential } = value;
  if (urls.length === 0) return undefined;
  if (isShortText(username) && isShortText(credential)) return { urls, username, credential };
  // The constructor throws at TURN without credentials.
  return urls.some((url) => url.startsWith('turn')) ? undefined : { urls };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOptionalCount(value: unknown): value is number | undefined {
  return value === undefined || isCount(value);
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ICE_TEXT;
}

function isTag(value: unknown): value is string {
  return typeof value === 'string' && MEMBER_TAG.test(value);
}

function isTags(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_TAGS && value.every(isTag);
}
