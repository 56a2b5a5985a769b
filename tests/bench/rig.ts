/**
 * The peer of the benchmarks, inside the page: a raw connection, a plain database, clocks and watchers, beside the app
 * and without it. Bundled and injected by bench-people.ts as the global `rig`; the app knows nothing of it.
 */
import { Dexie, type Table } from 'dexie';
import { SIGNALING_PATH, type ServerHeader } from '../../src/protocol/signaling.ts';
import { Arrivals, bareWay, give, type Arrival, type Way } from './bulk-way.ts';
import { counted } from './counted-connections.ts';

type RawSignal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit };

interface Row {
  readonly id: string;
  readonly sealed: Uint8Array;
}

/** What the app's own sealed rows weigh, about. */
const MESSAGE_ROW_BYTES = 320;
const OUTBOX_ROW_BYTES = 480;
const PEER_ROW_BYTES = 1400;
const CONVERSATION_ROW_BYTES = 400;
const FRAME_BYTES = 420;

const CLOCK_TRIALS = 200;
/** As somebody types; without a break the questions were a load themselves. */
const TRIP_EVERY_MS = 50;

/** What takes longer is not slow, but wrong. */
const MOMENT_LIMIT_MS = 30_000;
/** A file of a hundred megabytes on a slow machine. */
const FETCH_LIMIT_MS = 300_000;

/** Milliseconds since 1970, as finely as the browser tells. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve(now())));
}

// ————— a raw connection, its signals carried by the same server as ours —————

let signaling: WebSocket | undefined;
let room = '';
let connection: RTCPeerConnection | undefined;
let channel: RTCDataChannel | undefined;
let onFrame: (data: ArrayBuffer) => void = () => undefined;
let bulkWay: Way | undefined;
const bulkArrivals = new Arrivals();

/** Joins a topic of the signaling server; from then on offers of the other page are answered. */
async function join(topic: string, member: string): Promise<void> {
  const address = new URL(SIGNALING_PATH, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  signaling = socket;
  room = topic;
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('No signaling.'));
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const end = data.indexOf('\n');
      const header = JSON.parse(end < 0 ? data : data.slice(0, end)) as ServerHeader;
      if (header.t === 'hello') socket.send(JSON.stringify({ t: 'sub', topics: [[topic, member]] }));
      if (header.t === 'here') resolve();
      if (header.t === 'err') reject(new Error(`The server said: ${header.e}`));
      if (header.t === 'msg') void receive(JSON.parse(data.slice(end + 1)) as RawSignal);
    };
  });
}

function tell(signal: RawSignal): void {
  signaling?.send(`${JSON.stringify({ t: 'pub', topic: room })}\n${JSON.stringify(signal)}`);
}

async function receive(signal: RawSignal): Promise<void> {
  if ('candidate' in signal) {
    await connection?.addIceCandidate(signal.candidate);
  } else if (signal.description.type === 'offer') {
    const answering = prepare();
    await answering.setRemoteDescription(signal.description);
    await answering.setLocalDescription();
    describe(answering);
  } else {
    await connection?.setRemoteDescription(signal.description);
  }
}

function describe({ localDescription }: RTCPeerConnection): void {
  if (localDescription) tell({ description: localDescription.toJSON() });
}

function prepare(): RTCPeerConnection {
  hangUp();
  const fresh = new RTCPeerConnection();
  connection = fresh;
  fresh.onicecandidate = ({ candidate }) => {
    if (candidate) tell({ candidate: candidate.toJSON() });
  };
  channel = fresh.createDataChannel('raw', { negotiated: true, id: 0 });
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => onFrame(data);
  const bulk = fresh.createDataChannel('raw-bulk', { negotiated: true, id: 1 });
  bulkWay = bareWay(bulk);
  bulk.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => bulkArrivals.came(data.byteLength);
  return fresh;
}

/** Connects to the other page on the topic; gives the milliseconds from the first call to the open channel. */
async function dial(): Promise<number> {
  const started = performance.now();
  const dialing = prepare();
  const opened = new Promise<void>((resolve) => channel?.addEventListener('open', () => resolve()));
  await dialing.setLocalDescription();
  describe(dialing);
  await opened;
  return performance.now() - started;
}

function hangUp(): void {
  connection?.close();
  connection = undefined;
}

function sendFrame(frame: Uint8Array<ArrayBuffer>): void {
  if (channel?.readyState !== 'open') throw new Error('The raw channel is not open.');
  channel.send(frame);
}

// ————— two clocks —————

/** Answers each clock question with this page's time. */
function answerClock(): void {
  onFrame = () => sendFrame(new Uint8Array(new Float64Array([now()]).buffer));
}

/** How far the other page's clock is ahead of this one's, ms, taken from the quickest of many round trips (RFC 5905 §8). */
async function compareClocks(): Promise<{ ahead: number; roundTrips: number[] }> {
  const trials: { ahead: number; roundTrip: number }[] = [];
  for (let trial = 0; trial < CLOCK_TRIALS; trial++) {
    const asked = now();
    const there = await new Promise<number>((resolve) => {
      onFrame = (data) => resolve(new Float64Array(data)[0] ?? Number.NaN);
      sendFrame(new Uint8Array(1));
    });
    const answered = now();
    trials.push({ ahead: there - (asked + answered) / 2, roundTrip: answered - asked });
  }
  trials.sort((a, b) => a.roundTrip - b.roundTrip);
  return { ahead: trials[0]?.ahead ?? Number.NaN, roundTrips: trials.map(({ roundTrip }) => roundTrip) };
}

// ————— bulk on a raw channel —————

/** Hands so many bytes to the raw channel for bulk, as it has room. */
async function giveBulk(bytes: number): Promise<void> {
  if (bulkWay === undefined) throw new Error('Call dial first.');
  await give(bulkWay, bytes);
}

/** When so many bytes have come on it. */
function takeBulk(bytes: number): Promise<Arrival> {
  return bulkArrivals.expect(bytes);
}

/** Sends back what comes on the channel for talk. */
function echo(): void {
  onFrame = () => sendFrame(new Uint8Array(FRAME_BYTES));
}

/** Round trips of a message's frame on the channel for talk while so many bytes go the same way beside it; the other page echoes. */
async function roundTripsUnderBulk(bytes: number): Promise<number[]> {
  let isOver = false;
  const given = giveBulk(bytes).then(() => (isOver = true));
  const trips: number[] = [];
  // Told by the callback above.
  const goesOn = (): boolean => !isOver;
  while (goesOn()) {
    const asked = performance.now();
    const answered = new Promise<void>((resolve) => (onFrame = () => resolve()));
    sendFrame(new Uint8Array(FRAME_BYTES));
    await answered;
    if (goesOn()) trips.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, TRIP_EVERY_MS));
  }
  await given;
  return trips;
}

// ————— the floor of a message: database, channel, database, frame, and nothing else —————

class PlainDatabase extends Dexie {
  declare messages: Table<Row, string>;
  declare conversations: Table<Row, string>;
  declare peers: Table<Row, string>;
  declare outbox: Table<Row, string>;

  constructor() {
    super('bench-floor');
    this.version(1).stores({ messages: 'id', conversations: 'id', peers: 'id', outbox: 'id' });
  }
}

let database: PlainDatabase | undefined;
function row(id: string, size: number): Row {
  return { id, sealed: crypto.getRandomValues(new Uint8Array(size)) };
}

async function openDatabase(): Promise<void> {
  database = new PlainDatabase();
  await database.open();
}

function plain(): PlainDatabase {
  if (database === undefined) throw new Error('Call openDatabase first.');
  return database;
}

/** The sender's half: one write transaction over the tables the app writes, then the frame leaves. Gives when it began. */
async function sendPlainly(id: string): Promise<number> {
  const { messages, conversations, peers, outbox } = plain();
  const began = now();
  await plain().transaction('rw', messages, conversations, peers, outbox, async () => {
    await messages.put(row(id, MESSAGE_ROW_BYTES));
    await conversations.put(row('talk', CONVERSATION_ROW_BYTES));
    await peers.put(row('peer', PEER_ROW_BYTES));
    await outbox.put(row(id, OUTBOX_ROW_BYTES));
  });
  sendFrame(new Uint8Array(FRAME_BYTES));
  return began;
}

/** The receiver's half: for each frame one write transaction, then the next animation frame. */
function receivePlainly(): void {
  let count = 0;
  onFrame = () => {
    const { messages, conversations, peers } = plain();
    void plain()
      .transaction('rw', peers, messages, conversations, async () => {
        await peers.put(row('peer', PEER_ROW_BYTES));
        await messages.put(row(String(count++), MESSAGE_ROW_BYTES));
        await conversations.put(row('talk', CONVERSATION_ROW_BYTES));
      })
      .then(nextFrame)
      .then((at) => plainMoment.happened(at));
  };
}

/** Resolves once the page has drawn what there was to draw. */
async function drawn(): Promise<void> {
  await nextFrame();
  await nextFrame();
}

/** Resolves once the page has drawn what there was to draw and has nothing to do: nobody presses Enter while their words are still appearing. */
async function settled(): Promise<void> {
  await drawn();
  await new Promise((resolve) => requestIdleCallback(resolve));
}

// ————— moments that are waited for: first `expect…`, then what makes it happen, then ask when it was —————

class Moment {
  readonly #what: string;
  readonly #limit: number;
  happened: (at: number) => void = () => undefined;
  #at: Promise<number>;

  /** `what`: a sentence that says what should have happened, for when it does not within `limit` ms of being expected. */
  constructor(what: string, limit = MOMENT_LIMIT_MS) {
    this.#what = what;
    this.#limit = limit;
    this.#at = Promise.reject(new Error(`Nobody expected this: ${what}`));
    // Asked for before it was expected, it says so; until then it is nobody's failure.
    this.#at.catch(() => undefined);
  }

  expect(): void {
    this.#at = new Promise((resolve, reject) => {
      const overdue = setTimeout(() => reject(new Error(`Not within ${this.#limit} ms: ${this.#what}`)), this.#limit);
      this.happened = (at) => {
        clearTimeout(overdue);
        resolve(at);
      };
    });
    // As above.
    this.#at.catch(() => undefined);
  }

  when(): Promise<number> {
    return this.#at;
  }
}

const plainMoment = new Moment('The frame came over the raw channel, was saved, and a frame was drawn.');
const enterMoment = new Moment('The page was told of the Enter key.');
const drawnMoment = new Moment('The message was in the page, and a frame was drawn.');
const storedMoment = new Moment('The transaction that writes the message was complete.');
const fetchedMoment = new Moment('The file was fetched.', FETCH_LIMIT_MS);

function expectPlain(): void {
  plainMoment.expect();
}

/** When the plain message was stored and the frame after it began. */
function plainArrival(): Promise<number> {
  return plainMoment.when();
}

function expectEnter(): void {
  enterMoment.expect();
  const listen = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    removeEventListener('keydown', listen, { capture: true });
    enterMoment.happened(now());
  };
  addEventListener('keydown', listen, { capture: true });
}

/** When the page was told of the key. */
function enterPressed(): Promise<number> {
  return enterMoment.when();
}

/** A message with this text is to arrive, the next that does. */
function expectArrival(text: string): void {
  drawnMoment.expect();
  storedMoment.expect();
  const shows = (node: Node | null): boolean => node?.textContent?.includes(text) ?? false;
  const observer = new MutationObserver((changes) => {
    if (!changes.some(({ addedNodes, target, type }) => (type === 'characterData' && shows(target)) || [...addedNodes].some(shows))) return;
    observer.disconnect();
    void nextFrame().then((at) => drawnMoment.happened(at));
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}

/** When both had happened: the text was in the page and the frame after that began; the page was told that its row is saved. */
async function arrivedAt(): Promise<{ readonly drawn: number; readonly stored: number }> {
  return { drawn: await drawnMoment.when(), stored: await storedMoment.when() };
}

/**
 * Notices when the app has saved a message: the row that is added is the new message, for many transactions may write to that
 * table (what was read, how far one's own have come) and only an arriving message adds to it. Watched at the row and not where the
 * transaction begins: Dexie takes hold of `IDBDatabase.transaction` when it opens a database, and calls that ever after.
 */
function watchSaving(): void {
  const prototype: { add: Add } = IDBObjectStore.prototype;
  const { add } = prototype;
  prototype.add = function (...row) {
    // Capturing, so as to be told before the app is and goes on.
    if (this.name === 'messages') this.transaction.addEventListener('complete', () => storedMoment.happened(now()), { capture: true });
    return add.apply(this, row);
  };
}

type Add = (this: IDBObjectStore, ...row: Parameters<IDBObjectStore['add']>) => IDBRequest<IDBValidKey>;

/**
 * From the press on the button of this name until none of these is in the page any more: a file has the first while it waits to
 * be asked for, others while it comes, and none when it is here.
 */
function expectFetched(asking: string, acts: readonly string[]): void {
  fetchedMoment.expect();
  const buttons = acts.map((act) => `button[aria-label=${JSON.stringify(act)}]`).join(',');
  const listen = ({ target }: MouseEvent) => {
    if (!(target instanceof Element) || target.closest('button')?.getAttribute('aria-label') !== asking) return;
    removeEventListener('click', listen, { capture: true });
    const began = performance.now();
    const observer = new MutationObserver(() => {
      if (document.querySelector(buttons)) return;
      observer.disconnect();
      fetchedMoment.happened(performance.now() - began);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'] });
  };
  addEventListener('click', listen, { capture: true });
}

/** The milliseconds from one to the other. */
function fetched(): Promise<number> {
  return fetchedMoment.when();
}

/** How many connections the page has made, and how many of them opened. */
function connections(): { made: number; opened: number } {
  return { ...counted };
}

/** Performance marks of this name, in ms since 1970. */
function marks(name: string): number[] {
  return performance.getEntriesByName(name).map(({ startTime }) => performance.timeOrigin + startTime);
}

const rig = {
  join,
  dial,
  hangUp,
  answerClock,
  compareClocks,
  giveBulk,
  takeBulk,
  echo,
  roundTripsUnderBulk,
  openDatabase,
  sendPlainly,
  receivePlainly,
  drawn,
  settled,
  expectPlain,
  plainArrival,
  expectEnter,
  enterPressed,
  expectArrival,
  arrivedAt,
  expectFetched,
  fetched,
  connections,
  marks,
};

declare global {
  var rig: typeof import('./rig.ts').rig;
}
watchSaving();
globalThis.rig = rig;
export { rig };
