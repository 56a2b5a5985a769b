/** One frame from a client: a line of JSON, then for `pub` a newline and an opaque body. Total and strict. */
import type { ClientHeader } from '../src/protocol/signaling.ts';

/** A header that carries a body is short: the longest honest `pub` takes about 130 bytes. */
const MAX_HEADER_WITH_BODY_BYTES = 512;

/** 32 bytes in base64url. */
const TOPIC = /^[\w-]{43}$/;
/** 12 bytes in base64url. */
const MEMBER = /^[\w-]{16}$/;

const NEWLINE = 0x0a;

export type Frame =
  | { readonly header: ClientHeader; readonly body: Buffer }
  /** Not a frame of ours; the id when it can still be told which message was meant. */
  | { readonly header: undefined; readonly id: number | undefined };

export function decodeFrame(data: Buffer): Frame {
  const newline = data.indexOf(NEWLINE);
  const line = newline === -1 ? data : data.subarray(0, newline);
  if (newline > MAX_HEADER_WITH_BODY_BYTES) return { header: undefined, id: undefined };
  const fields = parseObject(line);
  const header = fields && headerOf(fields);
  if (!header) return { header, id: isId(fields?.['id']) ? fields['id'] : undefined };
  return { header, body: newline === -1 ? Buffer.alloc(0) : data.subarray(newline + 1) };
}

function headerOf(fields: Readonly<Record<string, unknown>>): ClientHeader | undefined {
  switch (fields['t']) {
    case 'sub':
      return subOf(fields['topics'], fields['quiet']);
    case 'unsub':
      return isListOf(fields['topics'], isTopic) ? { t: 'unsub', topics: fields['topics'] } : undefined;
    case 'pub':
      return pubOf(fields['topic'], fields['to'], fields['id']);
    case 'ice':
      return { t: 'ice' };
    default:
      return undefined;
  }
}

function subOf(topics: unknown, quiet: unknown): ClientHeader | undefined {
  if (!isListOf(topics, isMembership) || !isOptional(quiet, isBoolean)) return undefined;
  return { t: 'sub', topics, quiet: quiet ?? false };
}

function pubOf(topic: unknown, to: unknown, id: unknown): ClientHeader | undefined {
  if (!isTopic(topic) || !isOptional(to, isMember) || !isOptional(id, isId)) return undefined;
  return { t: 'pub', topic, ...(to === undefined ? {} : { to }), ...(id === undefined ? {} : { id }) };
}

function parseObject(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem);
}

function isOptional<Value>(value: unknown, isValue: (value: unknown) => value is Value): value is Value | undefined {
  return value === undefined || isValue(value);
}

function isMembership(value: unknown): value is [topic: string, member: string] {
  return Array.isArray(value) && value.length === 2 && isTopic(value[0]) && isMember(value[1]);
}

function isTopic(value: unknown): value is string {
  return typeof value === 'string' && TOPIC.test(value);
}

function isMember(value: unknown): value is string {
  return typeof value === 'string' && MEMBER.test(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
