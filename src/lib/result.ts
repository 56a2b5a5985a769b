/** The outcome of an operation that may fail in an expected way. Bugs throw; expected failures are values. */
export type Result<Value, Failure> = Success<Value> | Failed<Failure>;

interface Success<Value> {
  readonly ok: true;
  readonly value: Value;
}

interface Failed<Failure> {
  readonly ok: false;
  readonly failure: Failure;
}

export function succeed<Value>(value: Value): Success<Value> {
  return { ok: true, value };
}

export function fail<const Failure>(failure: Failure): Failed<Failure> {
  return { ok: false, failure };
}
