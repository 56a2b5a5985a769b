/**
 * The log of one device in a group: its messages, numbered from 1, each naming the one before. They arrive in any order and from
 * anybody; what is missing can be asked of any member (PROTOCOL.md G50…). Pure: each step gives the next log.
 */
import { assert } from '../lib/assert.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { SHORT_DEVICE_BYTES, SHORT_ID_BYTES, type LogPosition, type LogRange } from '../protocol/group-message.ts';
import { bytesOf, type OperationId } from '../protocol/ids.ts';
import { deviceKeyOf } from './epoch.ts';

/** How far ahead of what is complete a message is taken: what is behind is asked for in order, so honest ones wait a little only. */
export const MAX_AHEAD = 1_000;
/** Messages asked of one member at once: what fits their answer is a matter of bytes, what is asked again later costs little. */
const MAX_ASKED = 256;

/** A message as its log sees it. */
export interface LogLink {
  readonly id: OperationId;
  readonly own: OperationId | undefined;
  readonly lamport: number;
}

export interface DeviceLog {
  /** Messages up to this one are older than what this member gets to read: not held and never asked for. */
  readonly from: number;
  /** Held without gaps up to this one. */
  readonly upTo: number;
  /** The message with that number; undefined when none is held. */
  readonly tip: LogLink | undefined;
  /** Held beyond the first gap. */
  readonly ahead: ReadonlyMap<number, LogLink>;
}

/** Where a message belongs in its device's log. */
export type Placement =
  /** The next, or one beyond a gap: to be stored. */
  | { readonly kind: 'added'; readonly log: DeviceLog }
  | { readonly kind: 'held' }
  /** From before this member's time. */
  | { readonly kind: 'too-old' }
  /** So far beyond a gap that it has to be asked for again when the gap is filled. */
  | { readonly kind: 'too-far-ahead' }
  /** Its Lamport time is not beyond that of the message before it, or not before that of the one after. */
  | { readonly kind: 'out-of-order' }
  /** It cannot stand in one log with the held message of this number: the device has said two things as one. Both are the proof. */
  | { readonly kind: 'contradiction'; readonly seq: number };

/** A log nothing is held of. */
export function emptyLog(from = 0): DeviceLog {
  return { from, upTo: from, tip: undefined, ahead: new Map() };
}

/** A log as it is found again in the store. `held`: its messages from number `upTo` on, in any order. */
export function restoreLog(from: number, upTo: number, held: readonly (LogLink & { readonly seq: number })[]): DeviceLog {
  const links = new Map(held.map(({ seq, id, own, lamport }) => [seq, { id, own, lamport }]));
  const tip = links.get(upTo);
  return { from, upTo, tip, ahead: new Map([...links].filter(([seq]) => seq > upTo)) };
}

/** Whether the message of this number is one of those behind the tip, which only the store knows. */
export function isInStore(log: DeviceLog, seq: number): boolean {
  return seq > log.from && seq < log.upTo;
}

/** `stored`: the id of the message of this number in the store, if `isInStore`. */
export function place(log: DeviceLog, message: LogLink & { readonly seq: number }, stored?: OperationId): Placement {
  const { seq, id, own, lamport } = message;
  if (seq <= log.from) return { kind: 'too-old' };
  if (seq > log.upTo + MAX_AHEAD) return { kind: 'too-far-ahead' };
  const held = isInStore(log, seq) ? stored : linkAt(log, seq)?.id;
  assert(held !== undefined || seq > log.upTo, 'what a log says it holds is in the store');
  if (held !== undefined) return held === id ? { kind: 'held' } : { kind: 'contradiction', seq };
  const before = linkAt(log, seq - 1);
  const after = linkAt(log, seq + 1);
  if (before && before.id !== own) return { kind: 'contradiction', seq: seq - 1 };
  if (after && after.own !== id) return { kind: 'contradiction', seq: seq + 1 };
  if ((before && before.lamport >= lamport) || (after && after.lamport <= lamport)) return { kind: 'out-of-order' };
  return { kind: 'added', log: advanced(log, seq, { id, own, lamport }) };
}

function linkAt(log: DeviceLog, seq: number): LogLink | undefined {
  return seq === log.upTo ? log.tip : log.ahead.get(seq);
}

function advanced(log: DeviceLog, seq: number, link: LogLink): DeviceLog {
  if (seq !== log.upTo + 1) return { ...log, ahead: new Map(log.ahead).set(seq, link) };
  let [upTo, tip] = [seq, link];
  for (let next = log.ahead.get(upTo + 1); next; next = log.ahead.get(upTo + 1)) {
    upTo += 1;
    tip = next;
  }
  const ahead = upTo === seq ? log.ahead : new Map([...log.ahead].filter(([place]) => place > upTo));
  return { ...log, upTo, tip, ahead };
}

/** The logs of a group by device: signing key, 32 bytes in base64url. */
export type DeviceLogs = ReadonlyMap<string, DeviceLog>;

/** How far I have everybody's log, as I tell it to other members. */
export function vectorOf(logs: DeviceLogs): readonly LogPosition[] {
  return [...logs].flatMap(([device, { upTo, tip }]) =>
    tip ? [{ device: shortDevice(device), seq: upTo, tip: bytesOf(tip.id).slice(0, SHORT_ID_BYTES) }] : [],
  );
}

/** What to ask of somebody with this vector: what they have and I have not, gaps first to last, at most `limit` messages. */
export function missingFrom(logs: DeviceLogs, theirs: readonly LogPosition[], limit = MAX_ASKED): readonly LogRange[] {
  const mine = byShortDevice(logs);
  const ranges: LogRange[] = [];
  let left = limit;
  for (const { device, seq } of theirs) {
    for (const gap of gapsUpTo(mine.get(toBase64url(device)) ?? emptyLog(), seq)) {
      if (left === 0) return ranges;
      const to = Math.min(gap.to, gap.from + left - 1);
      left -= to - gap.from + 1;
      ranges.push({ device, from: gap.from, to });
    }
  }
  return ranges;
}

/** Devices whose newest message we both hold is another at theirs: asked for, it is the proof that the device has said two things as one. */
export function forkedAt(logs: DeviceLogs, theirs: readonly LogPosition[]): readonly LogRange[] {
  const mine = byShortDevice(logs);
  return theirs.flatMap(({ device, seq, tip }) => {
    const log = mine.get(toBase64url(device));
    const isOther = log?.tip && log.upTo === seq && !startsWith(bytesOf(log.tip.id), tip);
    return isOther ? [{ device, from: seq, to: seq }] : [];
  });
}

/** The beginning of a device's key, as vectors and marks name it. */
export function shortDevice(device: string): Bytes {
  return deviceKeyOf(device).slice(0, SHORT_DEVICE_BYTES);
}

function* gapsUpTo({ upTo, ahead }: DeviceLog, seq: number): Generator<{ readonly from: number; readonly to: number }> {
  let from = upTo + 1;
  for (const held of [...ahead.keys()].sort((a, b) => a - b)) {
    if (held > seq) break;
    if (held > from) yield { from, to: held - 1 };
    from = held + 1;
  }
  if (from <= seq) yield { from, to: seq };
}

function byShortDevice(logs: DeviceLogs): ReadonlyMap<string, DeviceLog> {
  return new Map([...logs].map(([device, log]) => [toBase64url(shortDevice(device)), log]));
}

function startsWith(whole: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.every((byte, index) => byte === whole[index]);
}
