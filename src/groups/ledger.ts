/** The operations of one group as this device holds them: what they come to now, and came to where an epoch or a message stands. */
import type { EpochAct } from '../protocol/group-message.ts';
import { operationIdOf, type GroupId, type OperationId } from '../protocol/ids.ts';
import { flawOfEpoch, isWellNumbered } from './epoch.ts';
import type { GroupState } from '../membership/group-state.ts';
import { History, type Added } from '../membership/history.ts';
import { isAct, restoreOperation, type Operation, type OperationOf } from '../membership/operation.ts';
import type { StoredEnvelope } from './ports.ts';
import { resolve } from '../membership/resolver.ts';

/** An epoch that was good where it stands (G43). */
export interface GoodEpoch {
  readonly id: OperationId;
  readonly operation: OperationOf<'epoch'>;
  readonly act: EpochAct;
  /** Whom it is for, by signing key. */
  readonly devices: ReadonlySet<string>;
}

export class Ledger {
  readonly history: History;
  #pin: OperationId | undefined;
  #state: GroupState | undefined;
  readonly #epochs = new Map<OperationId, GoodEpoch | 'bad'>();
  readonly #numbered = new Map<OperationId, boolean>();

  constructor(group: GroupId, pin: OperationId | undefined) {
    this.history = new History(group);
    this.#pin = pin;
  }

  /** Takes up what was stored, which was verified before. */
  restore(stored: readonly StoredEnvelope[]): void {
    for (const { envelope } of stored) {
      const operation = restoreOperation(envelope);
      if (operation.ok) this.history.add(operation.value, '');
    }
    this.resolve();
  }

  /** What all operations come to; undefined before the first of them, and while what is pinned has not come. */
  get state(): GroupState | undefined {
    return this.#state?.awaitsPin ? undefined : this.#state;
  }

  /** `resolve` follows once all that came together is added. */
  add(operation: Operation, from: string): Added {
    return this.history.add(operation, from);
  }

  resolve(): GroupState | undefined {
    this.#state = resolve(this.history, { tip: this.#pin });
    return this.state;
  }

  /** The person has been shown the owner's chain up to here. */
  pin(tip: OperationId): void {
    this.#pin = tip;
  }

  /** An epoch, if it is here and good. What turns out later of others does not change it. */
  epoch(id: OperationId): GoodEpoch | undefined {
    const known = this.#epochs.get(id);
    if (known) return known === 'bad' ? undefined : known;
    const operation = this.history.get(id);
    if (!operation || !isAct(operation, 'epoch')) return undefined;
    const good = this.#examine(operation);
    this.#epochs.set(id, good ?? 'bad');
    return good;
  }

  #examine(operation: OperationOf<'epoch'>): GoodEpoch | undefined {
    const { act, device } = operation;
    const devices = this.#devicesAt(operation);
    if (!devices || flawOfEpoch({ act, author: device }, devices, this.#highestNumberBefore(operation))) return undefined;
    return { id: operation.id, operation, act, devices };
  }

  #devicesAt({ act }: OperationOf<'epoch'>): ReadonlySet<string> | undefined {
    const there = this.history.upTo(act.base.map(operationIdOf));
    const state = there && resolve(there, { tip: undefined });
    return state && new Set(state.devices.map(({ device }) => device));
  }

  /** The number of an epoch that follows from all that is here. */
  get nextEpochNumber(): number {
    const numbered = this.history.operations.flatMap((operation) =>
      isAct(operation, 'epoch') && this.#isNumbered(operation) ? [operation.act.n] : [],
    );
    return numbered.reduce((highest, n) => Math.max(highest, n), 0) + 1;
  }

  /** Of well numbered epochs in its past. Memory of those before is filled in order, so this never goes deep. */
  #highestNumberBefore(operation: Operation): number {
    const { history } = this;
    const place = history.numberOf(operation.id) ?? 0;
    let highest = 0;
    for (const [number, other] of history.operations.entries()) {
      if (number >= place) break;
      if (isAct(other, 'epoch') && history.precedes(number, place) && this.#isNumbered(other)) highest = Math.max(highest, other.act.n);
    }
    return highest;
  }

  #isNumbered(operation: OperationOf<'epoch'>): boolean {
    const known = this.#numbered.get(operation.id);
    if (known !== undefined) return known;
    const numbered = isWellNumbered(operation.act, this.#highestNumberBefore(operation));
    this.#numbered.set(operation.id, numbered);
    return numbered;
  }
}
