/** All operations of a group that are known, each after what it follows from (PROTOCOL.md G3–G7). */
import { assert } from '../lib/assert.ts';
import { compareBytes } from '../lib/bytes.ts';
import { MAX_OPERATIONS, MAX_PREVIOUS } from '../protocol/group-operation.ts';
import type { AccountId, GroupId, OperationId } from '../protocol/ids.ts';
import { CausalPast, type NumberSet } from './causal-past.ts';
import type { Equivocation } from './group-state.ts';
import type { Operation } from './operation.ts';
import { PendingOperations } from './pending-operations.ts';

export type Added =
  /** It has its place, and so have those that waited for it: all of them, causes first. */
  | { readonly kind: 'added'; readonly operations: readonly Operation[] }
  | { readonly kind: 'known' }
  /** It waits for what it follows from: ask for these. */
  | { readonly kind: 'pending'; readonly missing: readonly OperationId[] }
  | { readonly kind: 'refused'; readonly because: Refusal };

/**
 * Why an operation is no part of the history, on any replica ever, and so is nothing that follows from it. `full` alone
 * depends on what came before.
 */
export type Refusal =
  | 'foreign-group'
  /** Its Lamport time is not one more than the highest it follows from (attack 37). */
  | 'wrong-lamport'
  /** `own` is not the device's operation with the number before. */
  | 'broken-sequence'
  /** Nothing it follows from says that this key is a device of this account (attack 24). */
  | 'unknown-device'
  | 'full';

/** Append-only. What is in it was verified (operation.ts); what it comes to is for the resolver to say. */
export class History {
  readonly group: GroupId;
  readonly #operations: Operation[] = [];
  readonly #numbers = new Map<OperationId, number>();
  readonly #past = new CausalPast();
  readonly #parents: (readonly number[])[] = [];
  readonly #heads = new Set<OperationId>();
  readonly #pending = new PendingOperations();
  /** By device: where it was brought in, as whose ever. */
  readonly #introductions = new Map<string, number[]>();
  /** By device, by seq − 1: the operations with that number. More than one is an equivocation. */
  readonly #byDevice = new Map<string, number[][]>();

  constructor(group: GroupId) {
    this.group = group;
  }

  get size(): number {
    return this.#operations.length;
  }

  /** Numbered in the order they came; causes come first. */
  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** Those that nothing here follows from, newest first. */
  get heads(): readonly Operation[] {
    return [...this.#heads]
      .map((id) => this.get(id))
      .filter((head) => head !== undefined)
      .sort((a, b) => b.lamport - a.lamport || compareBytes(a.idBytes, b.idBytes));
  }

  /** What the next operation here follows from: the newest heads, at most MAX_PREVIOUS. */
  get previous(): readonly OperationId[] {
    return this.heads.slice(0, MAX_PREVIOUS).map(({ id }) => id);
  }

  has(id: OperationId): boolean {
    return this.#numbers.has(id);
  }

  get(id: OperationId): Operation | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.#operations[number];
  }

  /** The operation with this number. */
  at(number: number): Operation {
    const operation = this.#operations[number];
    assert(operation !== undefined, 'numbers are given by the history they are used in');
    return operation;
  }

  /** Its place in `operations`. */
  numberOf(id: OperationId): number | undefined {
    return this.#numbers.get(id);
  }

  /** Numbers of what an operation names as coming before it. */
  parentsOf(number: number): readonly number[] {
    return this.#parents[number] ?? [];
  }

  /** `from`: who sent it, for the limits on what waits. */
  add(operation: Operation, from: string): Added {
    if (this.has(operation.id) || this.#pending.has(operation.id)) return { kind: 'known' };
    if (operation.group !== this.group) return { kind: 'refused', because: 'foreign-group' };
    const missing = parentIds(operation).filter((id) => !this.#numbers.has(id));
    if (missing.length > 0) {
      this.#pending.add(operation, missing, from);
      return { kind: 'pending', missing: missing.filter((id) => !this.#pending.has(id)) };
    }
    const refusal = this.#place(operation);
    if (!refusal) return { kind: 'added', operations: [operation, ...this.#placeReleased(operation)] };
    this.#pending.discard(operation.id);
    return { kind: 'refused', because: refusal };
  }

  /** Ids that operations here wait for. */
  missing(): readonly OperationId[] {
    return this.#pending.missing();
  }

  /** By device: how many of its operations are here. With heads, says what another may lack; `beyond` reads it. */
  vector(): ReadonlyMap<string, number> {
    return new Map([...this.#byDevice].map(([device, numbers]) => [device, numbers.length]));
  }

  /** What somebody with this vector lacks, causes first. Branches of an equivocation are asked for by id. */
  beyond(vector: ReadonlyMap<string, number>): readonly Operation[] {
    return this.#operations.filter(({ device, seq }) => seq > (vector.get(device) ?? 0));
  }

  /** The operation after which this device's next comes; undefined before its first. */
  lastOf(device: string): Operation | undefined {
    const [number] = this.#byDevice.get(device)?.at(-1) ?? [];
    return number === undefined ? undefined : this.#operations[number];
  }

  /** Numbers of the operations that say this device is this account's. */
  introductionsOf(account: AccountId, device: string): readonly number[] {
    const places = this.#introductions.get(device) ?? [];
    return places.filter((number) => this.#operations[number]?.introduces?.device.account === account);
  }

  /** Whether whoever made `later` had seen `earlier`, by their numbers. Nothing has seen itself. */
  precedes(earlier: number, later: number): boolean {
    return this.#past.precedes(earlier, later);
  }

  /** Numbers of all that these operations follow from, and theirs; undefined when one of them is not here. */
  closure(ids: readonly OperationId[]): NumberSet | undefined {
    const numbers = ids.map((id) => this.#numbers.get(id));
    return numbers.every((number) => number !== undefined) ? this.#past.closure(numbers) : undefined;
  }

  /** The history as somebody knew it who knew these and what they follow from; undefined when one of them is not here. */
  upTo(ids: readonly OperationId[]): History | undefined {
    const known = this.closure(ids);
    if (!known) return undefined;
    const history = new History(this.group);
    for (const [number, operation] of this.#operations.entries()) if (known.has(number)) history.#place(operation);
    return history;
  }

  /** Each by its two lowest ids, in the order of the ids: the same on every replica. */
  get equivocations(): readonly Equivocation[] {
    const found: Equivocation[] = [];
    for (const numbers of this.#byDevice.values()) {
      for (const same of numbers) {
        if (same.length < 2) continue;
        const [first, second] = same.map((number) => this.#operations[number]).sort(byId);
        if (first && second) found.push({ account: first.account, device: first.device, seq: first.seq, proof: [first, second] });
      }
    }
    return found.sort((a, b) => byId(a.proof[0], b.proof[0]));
  }

  #place(operation: Operation): Refusal | undefined {
    const ids = parentIds(operation);
    const parents = ids.map((id) => this.#numbers.get(id) ?? 0);
    const refusal = this.#refusalOf(operation, parents);
    if (refusal) return refusal;

    const number = this.#past.add(parents);
    this.#operations.push(operation);
    this.#parents.push(parents);
    this.#numbers.set(operation.id, number);
    for (const parent of ids) this.#heads.delete(parent);
    this.#heads.add(operation.id);

    const ofDevice = this.#byDevice.get(operation.device) ?? [];
    (ofDevice[operation.seq - 1] ??= []).push(number);
    this.#byDevice.set(operation.device, ofDevice);
    if (operation.introduces) {
      const { deviceId } = operation.introduces;
      const places = this.#introductions.get(deviceId) ?? [];
      places.push(number);
      this.#introductions.set(deviceId, places);
    }
    return undefined;
  }

  #placeReleased(operation: Operation): readonly Operation[] {
    const placed: Operation[] = [];
    const arrived = [operation.id];
    for (let id = arrived.pop(); id !== undefined; id = arrived.pop()) {
      for (const ready of this.#pending.release(id)) {
        if (this.#place(ready)) {
          this.#pending.discard(ready.id);
        } else {
          placed.push(ready);
          arrived.push(ready.id);
        }
      }
    }
    return placed;
  }

  #refusalOf(operation: Operation, parents: readonly number[]): Refusal | undefined {
    if (this.size >= MAX_OPERATIONS) return 'full';
    const highest = Math.max(0, ...parents.map((number) => this.at(number).lamport));
    if (operation.lamport !== highest + 1) return 'wrong-lamport';
    if (!this.#continuesOwn(operation)) return 'broken-sequence';
    return this.#isBound(operation, parents) ? undefined : 'unknown-device';
  }

  #continuesOwn({ own, account, device, seq }: Operation): boolean {
    if (own === undefined) return seq === 1;
    const before = this.get(own);
    return before?.account === account && before.device === device && before.seq === seq - 1;
  }

  #isBound({ introduces, account, device }: Operation, parents: readonly number[]): boolean {
    if (introduces?.device.account === account && introduces.deviceId === device) return true;
    const isKnown = (number: number) => parents.some((parent) => number === parent || this.precedes(number, parent));
    const isIntroduction = (number: number) => this.at(number).introduces?.device.account === account && isKnown(number);
    return this.#introductions.get(device)?.some(isIntroduction) ?? false;
  }
}

function parentIds({ prev, own, ownerPrev }: Operation): readonly OperationId[] {
  if ((own === undefined || prev.includes(own)) && (ownerPrev === undefined || prev.includes(ownerPrev))) return prev;
  return [...new Set([...prev, ...(own ? [own] : []), ...(ownerPrev ? [ownerPrev] : [])])];
}

function byId(a: Operation | undefined, b: Operation | undefined): number {
  return a && b ? compareBytes(a.idBytes, b.idBytes) : 0;
}
