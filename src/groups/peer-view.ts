/** What another member has of a group, as far as they said, gave or were given it. */
import { toBase64url } from '../lib/bytes.ts';
import type { Vector } from '../protocol/group-frame.ts';
import type { LogPosition } from '../protocol/group-message.ts';
import { operationIdOf, type OperationId } from '../protocol/ids.ts';
import type { CarriedMark } from './mark.ts';
import type { CarriedMessage } from './message.ts';
import { shortDevice } from './message-log.ts';
import type { Operation } from '../membership/operation.ts';

export class PeerView {
  readonly #operations = new Map<string, number>();
  readonly #named = new Set<OperationId>();
  readonly #logs = new Map<string, LogPosition>();
  readonly #marks = new Map<string, number>();
  /** By device: held up to here, as their own mark says. */
  readonly #held = new Map<string, number>();
  #heads: readonly OperationId[] = [];
  #known = false;

  /** False until they have said what they have. */
  get isKnown(): boolean {
    return this.#known;
  }

  get heads(): readonly OperationId[] {
    return this.#heads;
  }

  /** How many operations they have of each device (first 8 bytes of its key, base64url). */
  get operations(): ReadonlyMap<string, number> {
    return this.#operations;
  }

  get logs(): readonly LogPosition[] {
    return [...this.#logs.values()];
  }

  learn({ heads, operations, logs, marks }: Vector): void {
    this.#known = true;
    this.#heads = heads.map(operationIdOf);
    for (const { device, count } of operations) this.#operations.set(toBase64url(device), count);
    for (const position of logs) this.#logs.set(toBase64url(position.device), position);
    for (const { device, count } of marks) this.#marks.set(toBase64url(device), count);
  }

  hasOperation({ id, device, seq }: Operation): boolean {
    return this.#named.has(id) || (this.#operations.get(short(device)) ?? 0) >= seq;
  }

  hasMessage({ device, seq }: Pick<CarriedMessage, 'device' | 'seq'>): boolean {
    const name = short(device);
    return Math.max(this.#logs.get(name)?.seq ?? 0, this.#held.get(name) ?? 0) >= seq;
  }

  hasMark({ device, counter }: CarriedMark): boolean {
    return (this.#marks.get(short(device)) ?? 0) >= counter;
  }

  /** An operation went over this link, one way or the other. */
  sawOperation({ id, device, seq }: Operation): void {
    const name = short(device);
    if ((this.#operations.get(name) ?? 0) + 1 === seq) this.#operations.set(name, seq);
    else this.#named.add(id);
  }

  /** They gave or were given the message; of what is before it nothing is said, but it can be asked for. */
  sawMessage({ device, seq, id }: Pick<CarriedMessage, 'device' | 'seq'> & { readonly id: Uint8Array }): void {
    const known = this.#logs.get(short(device));
    if ((known?.seq ?? 0) < seq) this.#logs.set(short(device), { device: shortDevice(device), seq, tip: id.slice(0, 8) });
  }

  /** They say it in a mark of their own. */
  holds({ logs }: CarriedMark): void {
    for (const [name, { have }] of logs) this.#held.set(name, Math.max(have, this.#held.get(name) ?? 0));
  }

  sawMark({ device, counter }: CarriedMark): void {
    this.#marks.set(short(device), Math.max(counter, this.#marks.get(short(device)) ?? 0));
  }
}

function short(device: string): string {
  return toBase64url(shortDevice(device));
}
