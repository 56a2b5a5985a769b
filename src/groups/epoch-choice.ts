/** Which epoch the next message is sealed in, and when another is begun first (PROTOCOL.md G45, G46). */
import { compareBytes, equalBytes, type Bytes } from '../lib/bytes.ts';
import { bytesOf, type OperationId } from '../protocol/ids.ts';
import { recipientsHash } from './epoch.ts';

const DAY_MS = 86_400_000;
/** How much of what was said one stolen secret opens at most. */
const EPOCH_LIFETIME_MS = 7 * DAY_MS;
const EPOCH_LIFETIME_MESSAGES = 1_000;

/** A valid epoch, as this device knows it. */
export interface KnownEpoch {
  readonly id: OperationId;
  readonly n: number;
  /** What its act says of its recipients: 32 bytes. */
  readonly recipients: Bytes;
  /** Since when this device knows it, or its author's clock if that is earlier: milliseconds since 1970. */
  readonly since: number;
  /** How many messages sealed in it are known, whoever wrote them. */
  readonly messages: number;
  /** `awaited`: the box is not here yet. `unusable`: it does not open, or was waited for long enough. */
  readonly secret: 'held' | 'awaited' | 'unusable';
}

export type EpochChoice =
  | { readonly kind: 'use'; readonly epoch: OperationId }
  /** Its box is still to come: others have begun it. Whoever has waited long enough says `unusable` and chooses again. */
  | { readonly kind: 'await'; readonly epoch: OperationId }
  /** Begin an epoch with this number first. */
  | { readonly kind: 'begin'; readonly n: number; readonly because: 'members' | 'age' | 'messages' | 'no-secret' };

/** `devices`: of the members as resolved now, revoked ones left out. `now`: milliseconds since 1970. */
export function chooseEpoch(epochs: readonly KnownEpoch[], devices: Iterable<string>, now: number): EpochChoice {
  const begin = (because: Extract<EpochChoice, { kind: 'begin' }>['because']): EpochChoice => ({
    kind: 'begin',
    n: nextNumber(epochs),
    because,
  });
  const recipients = recipientsHash(devices);
  const forThese = epochs.filter((epoch) => equalBytes(epoch.recipients, recipients));
  if (forThese.length === 0) return begin('members');
  const epoch = forThese.filter(({ secret }) => secret !== 'unusable').reduce<KnownEpoch | undefined>(newer, undefined);
  if (!epoch) return begin('no-secret');
  if (now - epoch.since >= EPOCH_LIFETIME_MS) return begin('age');
  if (epoch.messages >= EPOCH_LIFETIME_MESSAGES) return begin('messages');
  return { kind: epoch.secret === 'held' ? 'use' : 'await', epoch: epoch.id };
}

/** The number of an epoch begun by somebody whose operation follows from these: one more than the highest. */
export function nextNumber(epochs: readonly Pick<KnownEpoch, 'n'>[]): number {
  return epochs.reduce((highest, { n }) => Math.max(highest, n), 0) + 1;
}

/** The higher number; of two begun at once, the lower id: all who know both choose the same. */
function newer(best: KnownEpoch | undefined, other: KnownEpoch): KnownEpoch {
  if (!best || other.n > best.n) return other;
  if (other.n < best.n) return best;
  return compareBytes(bytesOf(other.id), bytesOf(best.id)) < 0 ? other : best;
}
