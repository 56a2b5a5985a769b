import { fail, type Result } from '../lib/result.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { StorageFailure } from '../ui/parley.ts';

/** A store that refuses is expected while a person is doing something: they are told on the spot. */
export async function orStorageFailure<Value, Failure>(
  step: () => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure | StorageFailure>> {
  try {
    return await step();
  } catch (reason) {
    if (reason instanceof StoreRefused) return fail({ kind: reason.kind });
    throw reason;
  }
}
