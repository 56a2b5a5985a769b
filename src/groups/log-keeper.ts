/** The logs of a group on this device: what was written, by whose device, in the order each device wrote it. */
import { concat, toBase64url } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { LogRange, LogPosition } from '../protocol/group-message.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { GroupContext } from './group-context.ts';
import type { LogEntry } from './ports.ts';
import { restoreMessage, type CarriedMessage } from './message.ts';
import { judgeMessage, type Accepted, type GroupAuthority, type MessageRefusal } from './message-judge.ts';
import { emptyLog, isInStore, MAX_AHEAD, place, restoreLog, shortDevice, vectorOf, type DeviceLog } from './message-log.ts';

const NO_KEY_REST = new Uint8Array(24);

export class LogKeeper {
  readonly #context: GroupContext;
  readonly #logs = new Map<string, DeviceLog>();
  /** Signing keys by their first 8 bytes, both in base64url. Two alike would be one person's doing and only to their own harm: the first stays. */
  readonly #byShort = new Map<string, string>();
  readonly #authors = new Map<string, AccountId>();
  /** Ids of messages accepted in the step under way, which the store does not have yet; by device and number. */
  readonly #unsaved = new Map<string, OperationId>();
  /** By the first 8 bytes of the device: before that number nothing is asked for. */
  #beginnings: ReadonlyMap<string, number>;

  private constructor(context: GroupContext, beginnings: ReadonlyMap<string, number>) {
    this.#context = context;
    this.#beginnings = beginnings;
  }

  static async load(context: GroupContext, beginnings: ReadonlyMap<string, number>): Promise<LogKeeper> {
    const keeper = new LogKeeper(context, beginnings);
    const { store, group } = context;
    for (const [device, upTo] of await store.logVector(group, (device) => keeper.#beginningOf(device))) {
      const held = messagesOf(await store.log(group, device, Math.max(1, upTo), MAX_AHEAD));
      keeper.#set(device, restoreLog(keeper.#beginningOf(device), upTo, held));
      if (held[0]) keeper.#authors.set(device, held[0].account);
    }
    return keeper;
  }

  get logs(): ReadonlyMap<string, DeviceLog> {
    return this.#logs;
  }

  of(device: string): DeviceLog {
    return this.#logs.get(device) ?? emptyLog(this.#beginningOf(device));
  }

  /** The device whose key begins like this, if anything of it is held. */
  deviceNamed(short: Uint8Array): string | undefined {
    return this.#byShort.get(toBase64url(short));
  }

  /** All logs, and for devices nothing is held of where theirs begin: what missing messages are counted from. */
  withBeginningsOf(shorts: readonly Uint8Array[]): ReadonlyMap<string, DeviceLog> {
    const logs = new Map<string, DeviceLog>(this.#logs);
    for (const short of shorts) {
      const after = this.#beginnings.get(toBase64url(short));
      // No key is known yet, and none is asked for: anything that begins like this stands for it.
      if (after !== undefined && !this.deviceNamed(short)) logs.set(toBase64url(concat(short, NO_KEY_REST)), emptyLog(after));
    }
    return logs;
  }

  /** Devices of an account that have written something held here. */
  devicesOf(account: AccountId): readonly string[] {
    return [...this.#authors].flatMap(([device, author]) => (author === account ? [device] : []));
  }

  vector(): readonly LogPosition[] {
    return vectorOf(this.#logs);
  }

  /** Where the logs begin for this member, as a grant says. What is held already stays. */
  beginAt(beginnings: ReadonlyMap<string, number>): void {
    this.#beginnings = beginnings;
    for (const [device, log] of this.#logs) {
      const from = this.#beginningOf(device);
      if (log.tip || from <= log.from) continue;
      // Nothing is held in order yet: what is ahead may follow from the new beginning at once.
      let moved = emptyLog(from);
      for (const [seq, link] of [...log.ahead].sort(([a], [b]) => a - b)) {
        const placed = place(moved, { seq, ...link });
        if (placed.kind === 'added') moved = placed.log;
      }
      this.#set(device, moved);
    }
  }

  /** Where logs begin, for those to come: devices not heard of yet, named by the first 8 bytes. */
  get beginnings(): ReadonlyMap<string, number> {
    return this.#beginnings;
  }

  /** Judges a message by the log and what the operations say; an accepted one has its place in the log from here on. */
  async accept(message: CarriedMessage, authority: GroupAuthority, lamport: number): Promise<Result<Accepted, MessageRefusal>> {
    const log = this.of(message.device);
    const inStore = isInStore(log, message.seq) ? await this.#idOf(message.device, message.seq) : undefined;
    if (inStore === message.id) return fail({ kind: 'held' });
    const judgement = { group: this.#context.group, authority, log, lamport, now: this.#context.clock.now() };
    const judged = judgeMessage(message, inStore === undefined ? judgement : { ...judgement, stored: inStore });
    if (!judged.ok) return judged;
    this.#unsaved.set(`${message.device} ${message.seq}`, message.id);
    this.#set(message.device, judged.value.log);
    this.#authors.set(message.device, message.account);
    return succeed(judged.value);
  }

  /** The step under way is saved. */
  saved(): void {
    this.#unsaved.clear();
  }

  /** A message of this very device takes its place. */
  append(message: CarriedMessage): void {
    const placed = place(this.of(message.device), message);
    if (placed.kind !== 'added') throw new Error('Broken invariant: a device’s next message follows its last');
    this.#set(message.device, placed.log);
    this.#authors.set(message.device, message.account);
  }

  /** Messages of a device from a number on, in order. */
  async read(device: string, from: number, limit: number): Promise<readonly CarriedMessage[]> {
    const { store, group } = this.#context;
    return messagesOf(await store.log(group, device, from, limit));
  }

  /** The same as they were carried, of a range somebody asked for: at most `limit` of them, and nothing of devices not known. */
  async entries({ device, from, to }: LogRange, limit: number): Promise<readonly LogEntry[]> {
    const name = this.deviceNamed(device);
    if (name === undefined || to < from) return [];
    const { store, group } = this.#context;
    const found = await store.log(group, name, Math.max(1, from), Math.min(limit, to - from + 1));
    return found.filter(({ seq }) => seq <= to);
  }

  async #idOf(device: string, seq: number): Promise<OperationId | undefined> {
    return this.#unsaved.get(`${device} ${seq}`) ?? (await this.read(device, seq, 1))[0]?.id;
  }

  #beginningOf(device: string): number {
    return this.#beginnings.get(toBase64url(shortDevice(device))) ?? 0;
  }

  #set(device: string, log: DeviceLog): void {
    this.#logs.set(device, log);
    const short = toBase64url(shortDevice(device));
    if (!this.#byShort.has(short)) this.#byShort.set(short, device);
  }
}

function messagesOf(entries: readonly LogEntry[]): readonly CarriedMessage[] {
  return entries.flatMap(({ envelope }) => restoreMessage(envelope) ?? []);
}
