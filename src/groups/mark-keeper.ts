/** Who has what of a group, as every device says of itself; and what this one says. */
import { toBase64url } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { GroupContext } from './group-context.ts';
import type { GroupState } from '../membership/group-state.ts';
import { isNewerMark, readMark, signMark, type CarriedMark, type MarkedLog } from './mark.ts';
import { shortDevice, type DeviceLogs } from './message-log.ts';

const MARKS = 'marks';

/** How far my messages have come: numbers of this device's log. */
export interface OwnProgress {
  /** Somebody else has them up to here. */
  readonly sent: number;
  /** All other members have. */
  readonly delivered: number;
}

export class MarkKeeper {
  readonly #context: GroupContext;
  /** By device: signing key in base64url. */
  readonly #marks = new Map<string, CarriedMark>();

  private constructor(context: GroupContext) {
    this.#context = context;
  }

  static async load(context: GroupContext): Promise<MarkKeeper> {
    const keeper = new MarkKeeper(context);
    for (const { body } of await context.store.parcels(context.group, MARKS)) {
      const mark = readMark(body);
      if (mark.ok) keeper.#marks.set(mark.value.device, mark.value);
    }
    return keeper;
  }

  get all(): readonly CarriedMark[] {
    return [...this.#marks.values()];
  }

  of(device: string): CarriedMark | undefined {
    return this.#marks.get(device);
  }

  /** Keeps somebody's mark if it is newer; undefined: it is not, or its device is none of theirs. */
  take(mark: CarriedMark, state: GroupState): Write | undefined {
    const isTheirs = state.devices.some(({ device, account }) => device === mark.device && account === mark.account);
    if (!isTheirs || mark.group !== this.#context.group || !isNewerMark(mark, this.#marks.get(mark.device))) return undefined;
    return this.#keep(mark);
  }

  /** What this device has and has read by now; undefined: it has said so already. */
  renew(logs: DeviceLogs, read: ReadonlyMap<string, number>, announcement: OperationId | undefined): Write | undefined {
    const { group, me, device } = this.#context;
    const before = this.#marks.get(device);
    const marked = new Map<string, MarkedLog>();
    for (const [name, { from, upTo }] of logs) {
      if (upTo > from) marked.set(name, { from, have: upTo, read: Math.min(upTo, Math.max(from, read.get(name) ?? 0)) });
    }
    if (before && before.announcement === announcement && sameLogs(before.logs, marked)) return undefined;
    if (!before && marked.size === 0 && announcement === undefined) return undefined;
    const mark = { group, account: me.account, counter: (before?.counter ?? 0) + 1, logs: marked, announcement };
    return this.#keep(signMark(mark, me.signing));
  }

  /** `devices`: how the members' devices are called, to tell whose mark counts for whom. */
  progress(members: ReadonlyMap<AccountId, unknown>): OwnProgress {
    const { me, device } = this.#context;
    const mine = toBase64url(shortDevice(device));
    const held = new Map<AccountId, number>();
    let sent = 0;
    for (const { account, logs } of this.#marks.values()) {
      const log = logs.get(mine);
      if (!log || account === me.account || !members.has(account)) continue;
      held.set(account, Math.max(log.have, held.get(account) ?? 0));
      if (log.have > log.from) sent = Math.max(sent, log.have);
    }
    const others = [...members.keys()].filter((account) => account !== me.account);
    const delivered = others.length === 0 ? 0 : Math.min(...others.map((account) => held.get(account) ?? 0));
    return { sent, delivered };
  }

  #keep(mark: CarriedMark): Write {
    this.#marks.set(mark.device, mark);
    return this.#context.store.putParcel(this.#context.group, MARKS, mark.device, mark.envelope);
  }
}

function sameLogs(said: ReadonlyMap<string, MarkedLog>, now: ReadonlyMap<string, MarkedLog>): boolean {
  if (said.size !== now.size) return false;
  return [...now].every(([device, { from, have, read }]) => {
    const before = said.get(toBase64url(shortDevice(device)));
    return before?.from === from && before.have === have && before.read === read;
  });
}
