/** Operations that came before what they follow from. */
import type { OperationId } from '../protocol/ids.ts';
import type { Operation } from './operation.ts';

/** What one peer may make us keep that we cannot place yet: beyond it, their oldest go. */
const MAX_PENDING_PER_PEER = 1_000;
const MAX_PENDING_BYTES_PER_PEER = 4 * 1024 * 1024;

interface Pending {
  readonly operation: Operation;
  readonly from: string;
  /** How many of its parents are not there. */
  missing: number;
}

/** Kept in memory alone: what is still missing after a restart is asked for again. */
export class PendingOperations {
  readonly #byId = new Map<OperationId, Pending>();
  /** By what they wait for. */
  readonly #waiting = new Map<OperationId, Set<OperationId>>();
  /** Ids in the order they came, by who sent them. */
  readonly #byPeer = new Map<string, { readonly ids: Set<OperationId>; bytes: number }>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: OperationId): boolean {
    return this.#byId.has(id);
  }

  /** What is waited for and is not waiting itself. */
  missing(): readonly OperationId[] {
    return [...this.#waiting.keys()].filter((id) => !this.#byId.has(id));
  }

  add(operation: Operation, missing: readonly OperationId[], from: string): void {
    this.#byId.set(operation.id, { operation, from, missing: missing.length });
    for (const parent of missing) {
      const waiting = this.#waiting.get(parent) ?? new Set();
      waiting.add(operation.id);
      this.#waiting.set(parent, waiting);
    }
    const peer = this.#byPeer.get(from) ?? { ids: new Set(), bytes: 0 };
    peer.ids.add(operation.id);
    peer.bytes += operation.envelope.length;
    this.#byPeer.set(from, peer);
    this.#trim(peer);
  }

  /** `id` is there now: those that waited for it and for nothing else any more. */
  release(id: OperationId): readonly Operation[] {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const ready: Operation[] = [];
    for (const waitingId of waiting ?? []) {
      const pending = this.#byId.get(waitingId);
      if (!pending) continue;
      pending.missing--;
      if (pending.missing > 0) continue;
      this.#forget(pending);
      ready.push(pending.operation);
    }
    return ready;
  }

  /** `id` will never be there: neither will anything that follows from it. */
  discard(id: OperationId): void {
    const doomed = [id];
    for (let next = doomed.pop(); next !== undefined; next = doomed.pop()) {
      for (const waitingId of this.#waiting.get(next) ?? []) {
        const pending = this.#byId.get(waitingId);
        if (pending) this.#drop(pending);
        doomed.push(waitingId);
      }
    }
  }

  #trim(peer: { readonly ids: Set<OperationId>; bytes: number }): void {
    for (const id of peer.ids) {
      if (peer.ids.size <= MAX_PENDING_PER_PEER && peer.bytes <= MAX_PENDING_BYTES_PER_PEER) return;
      const pending = this.#byId.get(id);
      if (pending) this.#drop(pending);
    }
  }

  #drop(pending: Pending): void {
    this.#forget(pending);
    const { id, prev, own, ownerPrev } = pending.operation;
    for (const parent of [...prev, own, ownerPrev]) {
      const waiting = parent && this.#waiting.get(parent);
      if (!waiting) continue;
      waiting.delete(id);
      if (waiting.size === 0) this.#waiting.delete(parent);
    }
  }

  #forget({ operation, from }: Pending): void {
    this.#byId.delete(operation.id);
    const peer = this.#byPeer.get(from);
    if (!peer) return;
    peer.ids.delete(operation.id);
    peer.bytes -= operation.envelope.length;
    if (peer.ids.size === 0) this.#byPeer.delete(from);
  }
}
