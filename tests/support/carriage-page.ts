/** The page of the carriage tests: shared documents over a real link, and stock y-webrtc beside them. Served by link-site.ts. */
import { WebrtcProvider } from 'y-webrtc';
import * as Y from 'yjs';
import type { CarriedDocument } from '../../src/groups/ports.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Link } from '../../src/session/ports.ts';
import { createLinkMaker } from '../../src/transport/peer-link.ts';
import { createDocumentCarriage } from '../../src/transport/y-carriage.ts';

const LIST = 'list';
const ENTRY_BYTES = 400;
const LOOK_MS = 2;

/** What carrying came to. */
export interface Carried {
  /** Documents that are complete at the other end. */
  readonly complete: number;
  readonly milliseconds: number;
}

export interface CarriagePage {
  /** Links two ends of this page and carries so many documents of so many entries of 400 bytes from one to the other. */
  carry(documents: number, entries: number): Promise<Carried>;
  /** Joins a room by stock y-webrtc through a server of its protocol, and writes a word. */
  joinStock(url: string, room: string, word: string): void;
  /** What the room's list is once it has so many words. */
  stockList(length: number): Promise<string[]>;
}

declare global {
  interface Window {
    carriagePage: CarriagePage;
  }
}

const clock: Clock = {
  now: () => Date.now(),
  after: (delay, action) => {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};

/** One side of the link, with a document for each first byte of a frame. */
class Side {
  readonly docs: Y.Doc[] = [];
  readonly carried: CarriedDocument[] = [];
  readonly link: Link;
  readonly #name: AccountId;
  readonly #other: AccountId;

  constructor(
    [name, other]: readonly [string, string],
    role: 'offerer' | 'answerer',
    signal: (side: Side) => Link['signal'],
    ready: () => void,
  ) {
    this.#name = name as AccountId;
    this.#other = other as AccountId;
    this.link = createLinkMaker({ clock }).make({
      role,
      iceServers: [],
      events: {
        signal: (mine) => queueMicrotask(() => signal(this)(mine)),
        opened: ready,
        received: (frame) => this.carried[frame[0] ?? 0]?.received(this.#other, frame.slice(1)),
        drained: () => {
          for (const carried of this.carried) carried.drained(this.#other);
        },
        bulk: () => undefined,
        bulkDrained: () => undefined,
        closed: () => undefined,
      },
    });
  }

  share(doc: Y.Doc): void {
    const index = this.docs.push(doc) - 1;
    this.carried.push(
      createDocumentCarriage({ clock }).open({
        doc,
        admit: () => 'take',
        send: (_, body) => {
          const frame = new Uint8Array(body.length + 1);
          frame[0] = index;
          frame.set(body, 1);
          this.link.send(frame);
          return true;
        },
        waiting: () => this.link.waiting,
        refused: () => undefined,
      }),
    );
  }

  connect(): void {
    for (const carried of this.carried) carried.connect(this.#other, { initiates: this.#name < this.#other });
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

async function carry(documents: number, entries: number): Promise<Carried> {
  let ready = 0;
  const sides: Side[] = [];
  const toOther =
    (side: Side): Link['signal'] =>
    (signal) =>
      sides.find((one) => one !== side)?.link.signal(signal);
  sides.push(new Side(['alice', 'bob'], 'offerer', toOther, () => ready++), new Side(['bob', 'alice'], 'answerer', toOther, () => ready++));
  for (let index = 0; index < documents; index++) {
    const doc = new Y.Doc();
    doc.transact(() => doc.getArray(LIST).push(Array.from({ length: entries }, () => new Uint8Array(ENTRY_BYTES).fill(index))));
    sides[0]?.share(doc);
    sides[1]?.share(new Y.Doc());
  }
  await until(() => ready === 2);
  const began = performance.now();
  for (const side of sides) side.connect();
  const complete = (): number => (sides[1]?.docs ?? []).filter((doc) => doc.getArray(LIST).length === entries).length;
  await until(() => complete() === documents);
  const came = { complete: complete(), milliseconds: performance.now() - began };
  for (const { carried, link } of sides) {
    for (const one of carried) one.close();
    link.close();
  }
  return came;
}

const stock = new Y.Doc();

window.carriagePage = {
  carry,
  joinStock: (url, room, word) => {
    stock.getArray(LIST).push([word]);
    new WebrtcProvider(room, stock, { signaling: [url] });
  },
  stockList: async (length) => {
    const list = stock.getArray<string>(LIST);
    await until(() => list.length >= length);
    return list.toArray();
  },
};
