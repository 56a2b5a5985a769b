/**
 * Carries Yjs documents between members by stock y-webrtc, over links that are proven already (design: README.md). One link
 * carries any number of documents; y-webrtc would open a connection for each.
 */
import type { Awareness } from 'y-protocols/awareness';
import type { Doc } from 'yjs';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import type { CarriedDocument, DocumentCarriage, DocumentOptions } from '../groups/ports.ts';
import { carriageBody } from '../protocol/carriage.ts';
import { decode, encode } from '../protocol/codec.ts';
import type { AccountId } from '../protocol/ids.ts';
import { CarriageEnd } from './carriage-end.ts';
import { YRoom } from './y-room.ts';

/** How long everybody else waits for the first who was asked for the whole document. */
const FIRST_ANSWER_MS = 5_000;

export function createDocumentCarriage({ clock }: { readonly clock: Clock }): DocumentCarriage {
  return { open: (options) => new YDocument(clock, options) };
}

class YDocument implements CarriedDocument {
  readonly #clock: Clock;
  readonly #options: DocumentOptions;
  readonly #doc: Doc;
  readonly #awareness: Awareness | undefined;
  readonly #room: YRoom;
  readonly #ends = new Map<AccountId, CarriageEnd>();
  readonly #synced = new Cell<ReadonlySet<AccountId>>(new Set());
  readonly #first: FirstAnswer;

  constructor(clock: Clock, options: DocumentOptions) {
    this.#clock = clock;
    this.#options = options;
    // The port names both `object`, so that rooms without Yjs can see it.
    this.#doc = options.doc as Doc;
    this.#awareness = options.awareness as Awareness | undefined;
    this.#room = new YRoom(this.#doc, this.#awareness);
    this.#first = new FirstAnswer(this.#clock);
  }

  get syncedWith(): Observable<ReadonlySet<AccountId>> {
    return this.#synced;
  }

  connect(member: AccountId, { initiates }: { readonly initiates: boolean }): void {
    this.disconnect(member);
    const { admit, admitState, send, waiting, refused } = this.#options;
    const end: CarriageEnd = new CarriageEnd({
      initiates,
      doc: this.#doc,
      room: this.#room,
      awareness: this.#awareness,
      admit,
      admitState: (state) => admitState?.(state) ?? true,
      send: (body) => send(member, encode(carriageBody, body)),
      waiting: () => waiting(member),
      mayAsk: () => this.#first.mayAsk(end),
      synced: (synced) => this.#noteSynced(member, end, synced),
      refused: () => refused(member),
    });
    this.#ends.set(member, end);
    end.start();
  }

  received(from: AccountId, body: Bytes): void {
    const end = this.#ends.get(from);
    if (!end) return;
    const decoded = decode(carriageBody, body);
    if (decoded.ok) end.received(decoded.value);
    else end.refuse();
  }

  drained(member: AccountId): void {
    this.#ends.get(member)?.drained();
  }

  disconnect(member: AccountId): void {
    const end = this.#ends.get(member);
    this.#ends.delete(member);
    end?.end();
  }

  close(): void {
    for (const member of [...this.#ends.keys()]) this.disconnect(member);
    this.#first.cancel();
    this.#room.close();
  }

  #noteSynced(member: AccountId, end: CarriageEnd, synced: boolean): void {
    this.#first.settle(end);
    if (this.#synced.value.has(member) === synced) return;
    const others = [...this.#synced.value].filter((other) => other !== member);
    this.#synced.set(new Set(synced ? [...others, member] : others));
  }
}

/**
 * Whoever comes to a document asks one member for all of it, and the others only then, when little is left to ask for:
 * y-webrtc asks all of them at once, and gets it as often.
 */
class FirstAnswer {
  readonly #clock: Clock;
  #asked: CarriageEnd | undefined;
  #over = false;
  #waiting = new Set<CarriageEnd>();
  #cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mayAsk(end: CarriageEnd): boolean {
    if (this.#over || this.#asked === end) return true;
    if (this.#asked) {
      this.#waiting.add(end);
      return false;
    }
    this.#asked = end;
    this.#cancel = this.#clock.after(FIRST_ANSWER_MS, () => this.#release());
    return true;
  }

  /** It has answered, or will not. */
  settle(end: CarriageEnd): void {
    this.#waiting.delete(end);
    if (this.#asked === end) this.#release();
  }

  cancel(): void {
    this.#cancel();
    this.#waiting.clear();
  }

  #release(): void {
    this.#cancel();
    this.#over = true;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const end of waiting) end.ask();
  }
}
