/** Envelopes that are easy to make and to tell from others, and people who keep them in a mailbag and a store. */
import { createHash } from 'node:crypto';
import { Mailbag, type Envelope } from '../../src/groups/mailbag.ts';
import { concat, equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { operationIdOf, type OperationId } from '../../src/protocol/ids.ts';
import { Carrier, type Wire } from './carrying.ts';
import { seededRandom } from './seeded-random.ts';

const ID_BYTES = 32;

function digest(bytes: Uint8Array): Bytes {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** Stands for a signed operation: its content, and in front of it what only that content has. */
export function envelopeOf(content: Uint8Array): Envelope {
  const id = digest(content);
  return { id: operationIdOf(id), envelope: concat(id, content) };
}

export function identify(envelope: Bytes): OperationId | undefined {
  const id = envelope.subarray(0, ID_BYTES);
  return equalBytes(id, digest(envelope.subarray(ID_BYTES))) ? operationIdOf(id) : undefined;
}

/** So many envelopes of 400 bytes. */
export function envelopes(count: number, seed = 1): Envelope[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => envelopeOf(random(400 - ID_BYTES)));
}

/** Somebody with a mailbag before a store, as groups has them: the store is the truth. */
export class Keeper {
  readonly store = new Map<OperationId, Bytes>();
  readonly mailbag: Mailbag;
  readonly carrier: Carrier;

  constructor(wire: Wire, name: string, known: (envelope: Bytes) => OperationId | undefined = identify) {
    this.mailbag = new Mailbag({
      identify: known,
      onEnvelopes: (fresh) => {
        for (const { id, envelope } of fresh) this.store.set(id, envelope);
      },
    });
    this.carrier = new Carrier(wire, name, { doc: this.mailbag.doc, admit: this.mailbag.admit });
  }

  /** Says something of its own. */
  say(...said: readonly Envelope[]): void {
    for (const { id, envelope } of said) this.store.set(id, envelope);
    this.mailbag.add(said);
  }

  /** Everything it has, in an order that does not depend on when it came. */
  get ids(): string[] {
    return [...this.store.keys()].sort();
  }

  close(): void {
    this.carrier.close();
    this.mailbag.close();
  }
}

/** The ids of these envelopes, in the same order as `Keeper.ids`. */
export function idsOf(...lists: readonly (readonly Envelope[])[]): string[] {
  return lists
    .flat()
    .map(({ id }) => id as string)
    .sort();
}
