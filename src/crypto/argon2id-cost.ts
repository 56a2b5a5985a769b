/** How much work a password hash may be. Apart from argon2id.ts, so that asking does not load libsodium's large build. */

/** Memory in KiB. */
export interface Argon2idCost {
  readonly memory: number;
  readonly passes: number;
}

const MEBIBYTE = 1024;
/** 64 MiB and three passes take a tenth of a second and make guessing a password of zxcvbn score 3 cost real money. */
export const ARGON2ID_FLOOR: Argon2idCost = { memory: 64 * MEBIBYTE, passes: 3 };
/** A vault that asks for more was not made by us: it would hang or crash the browser. */
export const ARGON2ID_CEILING: Argon2idCost = { memory: 512 * MEBIBYTE, passes: 10 };

/** To be asked before a stored cost is used: what lies on a disk may have been changed there. */
export function isAcceptableCost({ memory, passes }: Argon2idCost): boolean {
  return (
    isWithin(memory, ARGON2ID_FLOOR.memory, ARGON2ID_CEILING.memory) && isWithin(passes, ARGON2ID_FLOOR.passes, ARGON2ID_CEILING.passes)
  );
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
