/** One step of a group: what it will store, all at once, and what is new and may leave once that is done. */
import type { Bytes } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { CarriedMark } from './mark.ts';
import type { CarriedMessage } from './message.ts';
import type { Operation } from '../membership/operation.ts';
import type { News } from './sync.ts';

/** Contents for one account, through the durable outbox, in the step's own transaction. */
export interface Mail {
  readonly to: AccountId;
  readonly contents: readonly Content[];
}

export class Step implements News {
  readonly writes: Write[] = [];
  readonly operations: Operation[] = [];
  readonly boxes: Bytes[] = [];
  readonly messages: CarriedMessage[] = [];
  readonly marks: CarriedMark[] = [];
  /** Epochs whose boxes for this device open nothing. */
  readonly badEpochs: OperationId[] = [];
  /** Whose devices were found to have said two things as one. */
  readonly forkers: AccountId[] = [];
  /** At most one: a transaction holds the outbox of one. */
  mail: Mail | undefined;
  /** The group's own row is to be written again. */
  touchesRecord = false;

  store(...writes: readonly Write[]): void {
    this.writes.push(...writes);
  }
}
