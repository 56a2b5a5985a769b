/** The store's one expected failure, whatever name a browser gives it. */

/** `storage-full`: no room on the disk or in the site's share of it. `storage-refused`: switched off, shut, or failing. */
export type StorageTrouble = 'storage-full' | 'storage-refused';

export class StoreRefused extends Error {
  readonly kind: StorageTrouble;

  constructor(kind: StorageTrouble, cause?: unknown) {
    super(kind, { cause });
    this.name = 'StoreRefused';
    this.kind = kind;
  }
}

const FULL = 'QuotaExceededError';
/** What browsers and Dexie say when it is not our mistake. `UnknownError`: the disk itself. */
const REFUSALS = new Set([
  'MissingAPIError',
  'OpenFailedError',
  'DatabaseClosedError',
  'InvalidStateError',
  'SecurityError',
  'UnknownError',
  'VersionError',
  'AbortError',
  'TimeoutError',
]);

/** Turns what the database rejects with into `StoreRefused`; our own mistakes stay what they are. */
export async function refusing<Value>(work: PromiseLike<Value>): Promise<Value> {
  try {
    return await work;
  } catch (reason) {
    throw asRefusal(reason);
  }
}

export function asRefusal(reason: unknown): unknown {
  if (reason instanceof StoreRefused) return reason;
  const names = namesOf(reason);
  if (names.includes(FULL)) return new StoreRefused('storage-full', reason);
  return names.some((name) => REFUSALS.has(name)) ? new StoreRefused('storage-refused', reason) : reason;
}

/** The names of an error and of all it stands for: Dexie wraps, and bundles those of a bulk operation. */
function namesOf(reason: unknown): readonly string[] {
  if (typeof reason !== 'object' || reason === null) return [];
  const { name, inner, failures } = reason as { name?: unknown; inner?: unknown; failures?: unknown };
  return [
    ...(typeof name === 'string' ? [name] : []),
    ...(inner === reason ? [] : namesOf(inner)),
    ...(Array.isArray(failures) ? failures.flatMap(namesOf) : []),
  ];
}
