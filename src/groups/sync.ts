/**
 * Members bring each other up to date (PROTOCOL.md G60–G66): each says what it has, asks one member at a time for what it lacks,
 * and hands on what is new. Knows who is linked and who may be told; what arrives, it gives to the group, which judges.
 */
import type { Clock } from '../lib/clock.ts';
import { fromBase64url, toBase64url, type Bytes } from '../lib/bytes.ts';
import { encode } from '../protocol/codec.ts';
import {
  groupFrame,
  MAX_TOLD_HEADS,
  MAX_VECTOR_DEVICES,
  MAX_WANTED,
  type Give,
  type GroupFrame,
  type GroupWord,
  type Vector,
  type Want,
} from '../protocol/group-frame.ts';
import type { LogRange } from '../protocol/group-message.ts';
import { bytesOf, operationIdOf, type AccountId, type GroupId, type OperationId } from '../protocol/ids.ts';
import type { GroupChannel } from '../session/fellow.ts';
import { TokenBucket } from '../session/token-bucket.ts';
import type { CarriedMark } from './mark.ts';
import { forkedAt, missingFrom, shortDevice } from './message-log.ts';
import type { CarriedMessage } from './message.ts';
import type { Operation } from '../membership/operation.ts';
import { hashOfBox } from './epoch-boxes.ts';
import { PeerView } from './peer-view.ts';
import { NOTHING, Serving, takeWhileRoom, type Gift, type Shelves } from './serving.ts';

/**
 * Bytes that may wait on a link before an answer pauses. More than the link's low-water mark (256 KiB): `drained` is told when what
 * waits falls below that, so an answer that paused with less waiting would not be waked.
 */
const MAX_WAITING_BYTES = 524_288;
/** Bytes that may wait before news is left for later: the member is told what there is when the link has drained. */
const MAX_NEWS_WAITING_BYTES = 1_048_576;
/** Whoever was asked and says nothing for so long is not waited for. */
const ANSWER_MS = 20_000;
/** Operations of one device that are handed on unasked in a minute; who writes more is heard by those who ask (attack 25). */
const MAX_FORWARDED = 60;
const MINUTE_MS = 60_000;
const NEWS_BYTES = 48_000;
/** Boxes of a small group, 20 KB: sooner sent than asked for. */
const MAX_BOXES_UNASKED = 16;
/** All boxes of the epochs that are kept, and then some. */
const MAX_AWAITED_BOXES = 8_192;
/** Vectors and questions of one member: each may take an answer of megabytes. */
const QUESTIONS = { capacity: 120, perSecond: 2 };
/**
 * Where all are linked to all, everybody tells the others themselves. What came from somebody else is handed on so much later, to those
 * who have not said by then that they have it; in groups of that size marks come sooner.
 */
const HAND_ON_MS = 3_000;
/** In one question: a second or two of a good link. */
const MAX_ASKED_MESSAGES = 2_048;

/**
 * How somebody stands to the group as I know it. `host`: I am no member yet, and they are to bring me in touch. `parting`: they are a
 * member and I have left, which they may not know: they get operations, and are asked nothing.
 */
export type PeerStanding = 'member' | 'host' | 'parting' | 'former' | 'stranger';

export interface SyncOptions {
  readonly group: GroupId;
  readonly me: AccountId;
  readonly shelves: Shelves;
  readonly channel: GroupChannel;
  readonly clock: Clock;
  readonly standingOf: (account: AccountId) => PeerStanding;
  /** What a former member may still learn: all that their removal followed from, and it. */
  readonly farewell: (account: AccountId) => readonly Operation[];
  /** Operations that messages here were written upon and that have not come. */
  readonly missingOperations: () => readonly OperationId[];
  /** Hashes of boxes that are looked for. */
  readonly missingBoxes: () => readonly Bytes[];
  /** Somebody knows that I have left. */
  readonly parted: () => void;
  /** Their operations may be on their way in the shared document. */
  readonly isFilling: (account: AccountId) => boolean;
  /** Whether each member links to every other who is online. */
  readonly isMesh: () => boolean;
  /** False while it is not known from where on messages are for me. */
  readonly wantsMessages: () => boolean;
}

/** What is new here and was saved. */
export interface News {
  readonly operations: readonly Operation[];
  readonly boxes: readonly Bytes[];
  readonly messages: readonly CarriedMessage[];
  readonly marks: readonly CarriedMark[];
}

interface Peer {
  readonly view: PeerView;
  /** Boxes they were asked for since they last said what they have. */
  readonly askedBoxes: Set<string>;
  /** The last question, to which the answer did not bring everything: asked again only once something has changed. */
  exhausted: string | undefined;
  serving: Serving | undefined;
  /** A piece is being put together. */
  busy: boolean;
  /** News was held back. */
  behind: boolean;
  /** Boxes they asked for that were not here: given when they come. */
  readonly awaitedBoxes: Set<string>;
  readonly questions: TokenBucket;
}

export class Sync {
  readonly #options: SyncOptions;
  readonly #peers = new Map<AccountId, Peer>();
  /** What is to be handed on later, by what stops it. */
  readonly #later = new Set<() => void>();
  readonly #forwarded = new Map<string, { since: number; count: number }>();
  #asking: { readonly peer: AccountId; readonly cancel: () => void } | undefined;
  #closed = false;

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** Members linked now. */
  get linked(): ReadonlySet<AccountId> {
    return new Set(this.#peers.keys());
  }

  close(): void {
    this.#closed = true;
    this.#asking?.cancel();
    for (const cancel of this.#later) cancel();
    this.#peers.clear();
  }

  // ————— links —————

  /** A link to them is proven, or they have become a member while there is one. */
  meet(account: AccountId): void {
    if (this.#closed || this.#peers.has(account) || !this.#isPeer(account)) return;
    this.#peers.set(account, this.#newPeer());
    this.#tellVector(account, { ask: true });
  }

  lost(account: AccountId): void {
    this.#peers.delete(account);
    if (this.#asking?.peer === account) this.#asked();
    this.#ask();
  }

  drained(account: AccountId): void {
    const peer = this.#peers.get(account);
    if (!peer) return;
    if (peer.serving) void this.#serve(account, peer);
    else if (peer.behind) this.#tellVector(account, { ask: false });
  }

  /** Members have come and gone: whoever is none any more is told nothing from here on. */
  review(linked: Iterable<AccountId>): void {
    for (const account of [...this.#peers.keys()]) if (!this.#isPeer(account)) this.lost(account);
    for (const account of linked) this.meet(account);
  }

  // ————— what they say —————

  vectorFrom(account: AccountId, vector: Vector): void {
    const standing = this.#options.standingOf(account);
    if (standing === 'former') {
      this.#sayFarewell(account);
      return;
    }
    if (standing === 'stranger') {
      this.#askStranger(account, vector);
      return;
    }
    const peer = this.#peers.get(account) ?? this.#newPeer();
    const isNew = !this.#peers.has(account);
    this.#peers.set(account, peer);
    if (!this.#mayAsk(account, peer)) return;
    peer.view.learn(vector);
    peer.exhausted = undefined;
    peer.askedBoxes.clear();
    if (vector.ask || isNew) this.#tellVector(account, { ask: false });
    if (standing === 'parting' && this.#hasAllOperations(peer)) {
      this.#options.parted();
      return;
    }
    if (standing === 'member') this.#give(account, peer, { ...NOTHING, marks: this.#marksFor(peer) });
    this.#ask();
  }

  wantFrom(account: AccountId, want: Want): void {
    const peer = this.#peers.get(account);
    if (!peer || !this.#mayTell(account)) return;
    if (!this.#mayAsk(account, peer)) return;
    if (peer.awaitedBoxes.size > MAX_AWAITED_BOXES) peer.awaitedBoxes.clear();
    for (const hash of want.boxes) if (!this.#options.shelves.epochs.box(hash)) peer.awaitedBoxes.add(toBase64url(hash));
    peer.serving = Serving.of(this.#isParting(account) ? { ...want, logs: [], boxes: [] } : want, this.#options.shelves);
    void this.#serve(account, peer);
  }

  /** What they gave is judged and saved. `news`: what was new in it. `seen`: all of it that was well-formed. */
  taken(account: AccountId, { last }: Pick<Give, 'last'>, seen: News): void {
    const peer = this.#peers.get(account);
    if (peer) {
      note(peer.view, seen);
      for (const mark of seen.marks) if (mark.account === account) peer.view.holds(mark);
    }
    if (peer && this.#isParting(account) && this.#hasAllOperations(peer)) this.#options.parted();
    if (last && this.#asking?.peer === account) this.#asked();
    this.#ask();
  }

  // ————— what is new —————

  /** What has come here is given to all linked members who are not known to have it. */
  spread(news: News): void {
    const { me, isMesh } = this.#options;
    if (!isMesh()) {
      this.#tell(news);
      return;
    }
    const isMine = ({ account }: CarriedMessage | CarriedMark) => account === me;
    const isOthers = (said: CarriedMessage | CarriedMark) => !isMine(said);
    const [messages, marks] = [news.messages.filter(isOthers), news.marks.filter(isOthers)];
    if (messages.length + marks.length > 0) this.#tellLater(messages, marks);
    this.#tell({ ...news, messages: news.messages.filter(isMine), marks: news.marks.filter(isMine) });
  }

  #tellLater(messages: readonly CarriedMessage[], marks: readonly CarriedMark[]): void {
    const { clock, shelves } = this.#options;
    const cancel = clock.after(HAND_ON_MS, () => {
      this.#later.delete(cancel);
      const newest = marks.filter((mark) => shelves.marks.of(mark.device) === mark);
      this.#tell({ operations: [], boxes: [], messages, marks: newest });
    });
    this.#later.add(cancel);
  }

  #tell(news: News): void {
    const operations = news.operations.filter((operation) => this.#mayForward(operation));
    for (const [account, peer] of this.#peers) {
      if (!this.#mayTell(account)) continue;
      const { view } = peer;
      if (this.#options.channel.waiting(account) > MAX_NEWS_WAITING_BYTES) {
        peer.behind = true;
        continue;
      }
      const isParting = this.#isParting(account);
      const fresh: News = {
        operations: operations.filter((operation) => !view.hasOperation(operation)),
        boxes: isParting ? [] : boxesFor(peer, news.boxes),
        messages: isParting ? [] : news.messages.filter((message) => !view.hasMessage(message)),
        marks: isParting ? [] : news.marks.filter((mark) => !view.hasMark(mark)),
      };
      note(view, fresh);
      this.#give(account, peer, {
        operations: fresh.operations.map(({ envelope }) => envelope),
        boxes: fresh.boxes,
        messages: fresh.messages.map(({ envelope }) => envelope),
        marks: fresh.marks.map(({ envelope }) => envelope),
      });
      // Their answer shows that they have heard of it.
      if (isParting && fresh.operations.length > 0) this.#tellVector(account, { ask: true });
    }
    this.#ask();
  }

  /** Something may be wanted now that was not before. */
  lookAgain(): void {
    for (const peer of this.#peers.values()) peer.exhausted = undefined;
    this.#ask();
  }

  /** Tells all linked members. */
  tellAll(word: GroupWord): void {
    for (const account of this.#peers.keys()) if (this.#mayTell(account)) this.send(account, word);
  }

  send(account: AccountId, word: GroupWord): boolean {
    return this.#options.channel.send(account, encode(groupFrame, this.#frame(word)));
  }

  #frame(word: GroupWord): GroupFrame {
    return { group: bytesOf(this.#options.group), word };
  }

  // ————— asking —————

  /** Asks the next member who has what is not here; one at a time, so nothing comes twice. */
  #ask(): void {
    if (this.#asking || this.#closed) return;
    for (const [account, peer] of this.#peers) {
      if (!peer.view.isKnown || this.#isParting(account)) continue;
      const want = this.#wantOf(account, peer);
      const question = want && toBase64url(encode(groupFrame, this.#frame(want)));
      if (!want || question === peer.exhausted) continue;
      for (const hash of want.boxes) peer.askedBoxes.add(toBase64url(hash));
      peer.exhausted = question;
      if (!this.send(account, want)) continue;
      const cancel = this.#options.clock.after(ANSWER_MS, () => {
        this.#asking = undefined;
        this.#ask();
      });
      this.#asking = { peer: account, cancel };
      return;
    }
  }

  #asked(): void {
    this.#asking?.cancel();
    this.#asking = undefined;
  }

  #wantOf(account: AccountId, { view, askedBoxes }: Peer): Want | undefined {
    const { shelves, missingBoxes, missingOperations, wantsMessages, isFilling } = this.#options;
    if (isFilling(account)) return undefined;
    const { history } = shelves.ledger;
    const mine = shortCounts(history.vector());
    const operations = [...view.operations].flatMap(([name, count]) => {
      const have = mine.get(name)?.count ?? 0;
      const device = fromBase64url(name);
      return device && count > have ? [{ device, count: have }] : [];
    });
    // Beyond what the numbers say lie branches of devices that signed two things as one.
    const branches = operations.length > 0 ? [] : view.heads.filter((id) => !history.has(id));
    const ids = [...new Set([...history.missing(), ...missingOperations(), ...branches])];
    const logs = wantsMessages() ? this.#wantedMessages(view) : [];
    const boxes = missingBoxes().filter((hash) => !askedBoxes.has(toBase64url(hash)));
    if (operations.length + ids.length + logs.length + boxes.length === 0) return undefined;
    return {
      type: 'want',
      operations: operations.slice(0, MAX_VECTOR_DEVICES),
      ids: ids.slice(0, MAX_WANTED).map(bytesOf),
      logs: logs.slice(0, MAX_WANTED),
      boxes: boxes.slice(0, MAX_WANTED),
    };
  }

  #wantedMessages(view: PeerView): readonly LogRange[] {
    const { logs } = this.#options.shelves;
    const known = logs.withBeginningsOf(view.logs.map(({ device }) => device));
    return [...missingFrom(known, view.logs, MAX_ASKED_MESSAGES), ...forkedAt(logs.logs, view.logs)];
  }

  #askStranger(account: AccountId, { heads }: Vector): void {
    const { history } = this.#options.shelves.ledger;
    if (history.size === 0) return;
    const unknown = heads.filter((id) => !history.has(operationIdOf(id)));
    if (unknown.length > 0) this.send(account, { type: 'want', operations: [], ids: unknown, logs: [], boxes: [] });
  }

  // ————— giving —————

  async #serve(account: AccountId, peer: Peer): Promise<void> {
    if (peer.busy) return;
    peer.busy = true;
    try {
      while (peer.serving && this.#peers.get(account) === peer && this.#options.channel.waiting(account) < MAX_WAITING_BYTES) {
        const { serving } = peer;
        const piece = await serving.next();
        // While it was put together they may have been removed, or have asked for something else.
        if (!this.#mayTell(account)) return;
        if (peer.serving !== serving) continue;
        if (piece.last) peer.serving = undefined;
        if (!this.send(account, { type: 'give', ...piece })) return;
      }
    } finally {
      peer.busy = false;
    }
    if (!peer.serving && peer.behind && this.#peers.get(account) === peer) this.#tellVector(account, { ask: false });
  }

  #give(account: AccountId, peer: Peer, gift: Gift): void {
    const left = { operations: [...gift.operations], boxes: [...gift.boxes], messages: [...gift.messages], marks: [...gift.marks] };
    const identity = (bytes: Bytes) => bytes;
    while (left.operations.length + left.boxes.length + left.messages.length + left.marks.length > 0) {
      const room = { left: NEWS_BYTES };
      const operations = takeWhileRoom(left.operations, room, identity);
      const boxes = takeWhileRoom(left.boxes, room, identity);
      const messages = takeWhileRoom(left.messages, room, identity);
      const marks = takeWhileRoom(left.marks, room, identity);
      if (!this.send(account, { type: 'give', last: false, operations, boxes, messages, marks })) peer.behind = true;
    }
  }

  #sayFarewell(account: AccountId): void {
    const operations = [...this.#options.farewell(account)];
    while (operations.length > 0) {
      const piece = takeWhileRoom(operations, { left: NEWS_BYTES }, ({ envelope }) => envelope);
      this.send(account, { type: 'give', last: operations.length === 0, ...NOTHING, operations: piece.map(({ envelope }) => envelope) });
    }
  }

  #marksFor(peer: Peer): readonly Bytes[] {
    const fresh = this.#options.shelves.marks.all.filter((mark) => !peer.view.hasMark(mark));
    for (const mark of fresh) peer.view.sawMark(mark);
    return fresh.map(({ envelope }) => envelope);
  }

  #tellVector(account: AccountId, { ask }: { readonly ask: boolean }): void {
    const { shelves } = this.#options;
    const { history } = shelves.ledger;
    const peer = this.#peers.get(account);
    if (peer) peer.behind = false;
    this.send(account, {
      type: 'vector',
      ask,
      heads: history.heads.slice(0, MAX_TOLD_HEADS).map(({ idBytes }) => idBytes),
      operations: [...shortCounts(history.vector()).values()].slice(0, MAX_VECTOR_DEVICES),
      logs: shelves.logs.vector().slice(0, MAX_VECTOR_DEVICES),
      marks: shelves.marks.all.map(({ device, counter }) => ({ device: shortDevice(device), count: counter })).slice(0, MAX_VECTOR_DEVICES),
    });
  }

  // ————— who —————

  #newPeer(): Peer {
    return {
      view: new PeerView(),
      askedBoxes: new Set(),
      exhausted: undefined,
      serving: undefined,
      busy: false,
      behind: false,
      awaitedBoxes: new Set(),
      questions: new TokenBucket(QUESTIONS, this.#options.clock.now()),
    };
  }

  /** Whoever asks without end is hung up on. */
  #mayAsk(account: AccountId, { questions }: Peer): boolean {
    const may = questions.take(this.#options.clock.now());
    if (!may) this.#options.channel.close(account);
    return may;
  }

  #isPeer(account: AccountId): boolean {
    const standing = this.#options.standingOf(account);
    return standing === 'member' || standing === 'host' || standing === 'parting';
  }

  /** Content goes to members alone. A host is asked, and given nothing. */
  #mayTell(account: AccountId): boolean {
    const standing = this.#options.standingOf(account);
    return standing === 'member' || standing === 'parting';
  }

  #isParting(account: AccountId): boolean {
    return this.#options.standingOf(account) === 'parting';
  }

  #hasAllOperations({ view }: Peer): boolean {
    return this.#options.shelves.ledger.history.heads.every((head) => view.hasOperation(head));
  }

  #mayForward({ device }: Operation): boolean {
    const now = this.#options.clock.now();
    const known = this.#forwarded.get(device);
    const window = known && now - known.since < MINUTE_MS ? known : { since: now, count: 0 };
    window.count += 1;
    this.#forwarded.set(device, window);
    return window.count <= MAX_FORWARDED;
  }
}

/** Few are given unasked; of many, each goes once to whoever asked for it and waits. */
function boxesFor({ awaitedBoxes }: Peer, boxes: readonly Bytes[]): readonly Bytes[] {
  if (boxes.length <= MAX_BOXES_UNASKED) return boxes;
  return boxes.filter((box) => awaitedBoxes.delete(toBase64url(hashOfBox(box))));
}

function note(view: PeerView, { operations, messages, marks }: News): void {
  for (const operation of operations) view.sawOperation(operation);
  for (const message of messages) view.sawMessage({ device: message.device, seq: message.seq, id: bytesOf(message.id) });
  for (const mark of marks) view.sawMark(mark);
}

/** By the first 8 bytes of the device's key, base64url. */
function shortCounts(vector: ReadonlyMap<string, number>) {
  return new Map([...vector].map(([device, count]) => [toBase64url(shortDevice(device)), { device: shortDevice(device), count }]));
}
