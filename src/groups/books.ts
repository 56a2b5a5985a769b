/**
 * All that this device holds of one group, in memory as it is in the store. A step changes it and is then saved in one
 * transaction; when the store refuses, everything is read again, so the two never differ.
 */
import type { AccountId } from '../protocol/ids.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import type { GroupContext } from './group-context.ts';
import { decodeRecord, encodeRecord, type GroupRecord } from './group-record.ts';
import type { GroupState, Member } from '../membership/group-state.ts';
import { Ledger } from './ledger.ts';
import { LogKeeper } from './log-keeper.ts';
import { MarkKeeper } from './mark-keeper.ts';
import type { Step } from './step.ts';
import { Talk } from './talk.ts';

/** Puts contents into the durable outbox of an account, with writes, in one transaction. */
export type Post = (to: AccountId, contents: readonly Content[], writes: readonly Write[]) => Promise<void>;

interface Volumes {
  readonly ledger: Ledger;
  readonly epochs: EpochKeeper;
  readonly logs: LogKeeper;
  readonly marks: MarkKeeper;
  readonly talk: Talk;
}

export class Books {
  readonly context: GroupContext;
  readonly #post: Post;
  #record: GroupRecord;
  #volumes: Volumes;

  private constructor(context: GroupContext, post: Post, record: GroupRecord, volumes: Volumes) {
    this.context = context;
    this.#post = post;
    this.#record = record;
    this.#volumes = volumes;
  }

  static async open(context: GroupContext, post: Post, record: GroupRecord): Promise<Books> {
    return new Books(context, post, record, await readVolumes(context, record));
  }

  get record(): GroupRecord {
    return this.#record;
  }

  get ledger(): Ledger {
    return this.#volumes.ledger;
  }

  get epochs(): EpochKeeper {
    return this.#volumes.epochs;
  }

  get logs(): LogKeeper {
    return this.#volumes.logs;
  }

  get marks(): MarkKeeper {
    return this.#volumes.marks;
  }

  get talk(): Talk {
    return this.#volumes.talk;
  }

  /** What the operations come to; undefined before they have come. */
  get state(): GroupState | undefined {
    return this.ledger.state;
  }

  /** Myself as a member; undefined: I am none. */
  get membership(): Member | undefined {
    return this.state?.members.get(this.context.me.account);
  }

  change(step: Step, fields: Partial<GroupRecord>): void {
    this.#record = { ...this.#record, ...fields };
    step.touchesRecord = true;
  }

  /** The next Lamport time of the talk: after all that is shown, and all that was written and is not shown by itself (acts of calls). */
  async nextLamport(): Promise<number> {
    const { timeline, conversation } = this.context;
    const shown = await timeline.lamport(conversation);
    return (
      [...this.logs.logs.values()].reduce((latest, { tip }) => Math.max(latest, tip?.lamport ?? 0), Math.max(shown, this.#record.lamport)) +
      1
    );
  }

  /** Saves a step. Rejects when the store refuses; then nothing has happened. */
  async commit(step: Step): Promise<void> {
    const { store, group } = this.context;
    const writes = [...step.writes, ...(step.touchesRecord ? [store.putGroup(group, encodeRecord(this.#record))] : [])];
    try {
      if (step.mail) await this.#post(step.mail.to, step.mail.contents, writes);
      else if (writes.length > 0) await store.commit(writes);
    } catch (reason) {
      await this.reload();
      throw reason;
    }
    this.logs.saved();
  }

  /** Forgets what is in memory for what is in the store. */
  async reload(): Promise<void> {
    const { store, group } = this.context;
    const row = (await store.groups()).find((each) => each.group === group);
    this.#record = (row && decodeRecord(row.state)) ?? this.#record;
    this.#volumes = await readVolumes(this.context, this.#record);
  }
}

async function readVolumes(context: GroupContext, record: GroupRecord): Promise<Volumes> {
  const { store, group } = context;
  const ledger = new Ledger(group, record.pin);
  ledger.restore(await store.operations(group));
  const [epochs, logs, marks] = await Promise.all([
    EpochKeeper.load(context),
    LogKeeper.load(context, record.beginnings),
    MarkKeeper.load(context),
  ]);
  return { ledger, epochs, logs, marks, talk: await Talk.load(context, { ledger, epochs, logs }) };
}
