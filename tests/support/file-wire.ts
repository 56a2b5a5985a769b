/** Links between people in memory, as files see them: words in order, chunks with little room, both by turns of the event loop. */
import type { FileLinks } from '../../src/files/links.ts';
import { Emitter } from '../../src/lib/emitter.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { FileChannel } from '../../src/session/file-channel.ts';
import type { ManualClock } from './manual-clock.ts';

type Events = {
  'link-secured': { readonly account: AccountId };
  'link-lost': AccountId;
  'bulk-drained': AccountId;
  'file-word': { readonly from: AccountId; readonly body: Bytes };
  'file-chunk': { readonly from: AccountId; readonly body: Bytes };
};

interface Parcel {
  readonly kind: 'file-word' | 'file-chunk';
  readonly from: AccountId;
  readonly to: AccountId;
  readonly body: Bytes;
}

/** What becomes of a parcel on its way: as many as one likes, in any order. */
type Tampering = (parcel: Parcel) => readonly Parcel[];

/** Chunks on their way in one direction. */
const ROOM = 8;

export class FileWire {
  readonly #ends = new Map<AccountId, End>();
  readonly #links = new Set<string>();
  readonly #moving = new Map<string, number>();
  /** Everything that was sent, words and chunks. */
  readonly sent: Parcel[] = [];
  tamper: Tampering = (parcel) => [parcel];
  /** How many chunks one end may put into a link at a time. */
  roomOf: (from: AccountId) => number = () => ROOM;
  /** Milliseconds a chunk takes. */
  delay = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  end(account: AccountId): End {
    const end = new End(account, this);
    this.#ends.set(account, end);
    return end;
  }

  link(a: AccountId, b: AccountId): void {
    this.#links.add(nameOf(a, b));
    this.#ends.get(a)?.events.emit('link-secured', { account: b });
    this.#ends.get(b)?.events.emit('link-secured', { account: a });
  }

  cut(a: AccountId, b: AccountId): void {
    if (!this.#links.delete(nameOf(a, b))) return;
    this.#ends.get(a)?.events.emit('link-lost', b);
    this.#ends.get(b)?.events.emit('link-lost', a);
  }

  isLinked(a: AccountId, b: AccountId): boolean {
    return this.#links.has(nameOf(a, b));
  }

  room(from: AccountId, to: AccountId): number {
    return this.isLinked(from, to) ? this.roomOf(from) - (this.#moving.get(`${from} ${to}`) ?? 0) : 0;
  }

  send(parcel: Parcel): boolean {
    const { kind, from, to } = parcel;
    if (!this.isLinked(from, to) || (kind === 'file-chunk' && this.room(from, to) <= 0)) return false;
    this.sent.push(parcel);
    if (kind === 'file-chunk') this.#move(from, to, 1);
    const arrive = (): void => {
      if (kind === 'file-chunk') this.#move(from, to, -1);
      for (const each of this.tamper(parcel)) this.deliver(each);
      if (kind === 'file-chunk') this.#ends.get(from)?.events.emit('bulk-drained', to);
    };
    if (kind === 'file-chunk' && this.delay > 0) this.#clock.after(this.delay, arrive);
    else setImmediate(arrive);
    return true;
  }

  deliver({ kind, from, to, body }: Parcel): void {
    if (this.isLinked(from, to)) this.#ends.get(to)?.events.emit(kind, { from, body });
  }

  #move(from: AccountId, to: AccountId, by: number): void {
    const way = `${from} ${to}`;
    this.#moving.set(way, (this.#moving.get(way) ?? 0) + by);
  }
}

class End implements FileChannel, FileLinks {
  readonly events = new Emitter<Events>();
  readonly wanted = new Set<AccountId>();
  readonly closed: AccountId[] = [];
  readonly #me: AccountId;
  readonly #wire: FileWire;

  constructor(me: AccountId, wire: FileWire) {
    this.#me = me;
    this.#wire = wire;
  }

  on: FileLinks['on'] = (name: keyof Events, listener: (payload: never) => void) =>
    this.events.on(name, listener as (payload: Events[keyof Events]) => void);

  wantLink(account: AccountId, _reason: string, wanted: boolean): void {
    if (wanted) this.wanted.add(account);
    else this.wanted.delete(account);
  }

  tell(to: AccountId, body: Bytes): boolean {
    return this.#wire.send({ kind: 'file-word', from: this.#me, to, body });
  }

  send(to: AccountId, body: Bytes): boolean {
    return this.#wire.send({ kind: 'file-chunk', from: this.#me, to, body });
  }

  room(to: AccountId): number {
    return this.#wire.room(this.#me, to);
  }

  close(to: AccountId): void {
    this.closed.push(to);
    this.#wire.cut(this.#me, to);
  }
}

function nameOf(a: AccountId, b: AccountId): string {
  return [a, b].sort().join(' ');
}
