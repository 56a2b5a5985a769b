/** Gives what is asked for: to each taker in turn, of each of their files in turn, a chunk each (PROTOCOL.md X20, X22). */
import { chunksOf } from '../crypto/file-chunks.ts';
import { EMPTY } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Serial } from '../lib/serial.ts';
import { writeBulkChunk } from '../protocol/bulk.ts';
import { CHUNK_BYTES } from '../protocol/file-manifest.ts';
import { MAX_HASHES, MAX_RUNS, type ChunkRun, type FileWordBody } from '../protocol/file-word.ts';
import { bytesOf, type AccountId, type FileId } from '../protocol/ids.ts';
import type { FileChannel } from '../session/file-channel.ts';
import type { FileCard } from './catalog.ts';
import { ChunkSet, runsOf } from './chunk-set.ts';
import type { FileTaker } from './file-state.ts';
import { bytesOfRuns, type Holdings } from './holdings.ts';
import type { FileShelf } from './ports.ts';
import { Taker, type Offer } from './taker.ts';

/** Chunks read before there is room for them: when room comes, the disk is not waited for. */
const READ_AHEAD = 8;
/** Chunks of one taker that are being read or wait for room: 2 MiB. */
const MAX_AHEAD = 32;
/** Of all takers: 8 MiB. */
const MAX_READING = 128;
/** Parts of outlines that one taker may have us read at a time. */
const MAX_OUTLINE_PARTS = 16;
/** Files whose takers are remembered for the screen: those who are done, and those who went before they were. */
const MAX_REMEMBERED = 1_000;

export interface GivingHouse {
  readonly clock: Clock;
  readonly shelf: FileShelf;
  readonly holdings: Holdings;
  readonly channel: Pick<FileChannel, 'send' | 'room'>;
  card(file: FileId): FileCard | undefined;
  tell(account: AccountId, file: FileId, word: FileWordBody): boolean;
  /** What somebody has, or is being given, of it has changed. */
  changed(file: FileId): void;
  /** Something that should be on the shelf is not. */
  damaged(card: FileCard): void;
  /** Nobody takes it any more. */
  idle(file: FileId): void;
  troubled(reason: unknown): void;
}

interface Outlines {
  readonly serial: Serial;
  waiting: number;
}

export class Giving {
  readonly #house: GivingHouse;
  readonly #takers = new Map<AccountId, Taker>();
  /** Whose turn it is, next first. */
  readonly #turns: Taker[] = [];
  readonly #outlines = new Map<AccountId, Outlines>();
  /** Bytes that are with those who are not given it now. */
  readonly #remembered = new Map<FileId, Map<AccountId, number>>();
  #reading = 0;

  constructor(house: GivingHouse) {
    this.#house = house;
  }

  // ————— who takes —————

  linked(account: AccountId): void {
    this.lost(account);
    const taker = new Taker(account, this.#house.clock);
    this.#takers.set(account, taker);
    this.#turns.push(taker);
    this.#outlines.set(account, { serial: new Serial(), waiting: 0 });
  }

  lost(account: AccountId): void {
    const taker = this.#takers.get(account);
    if (!taker) return;
    this.#takers.delete(account);
    this.#turns.splice(this.#turns.indexOf(taker), 1);
    this.#outlines.delete(account);
    for (const { card, isTaken, there } of taker.offers.values()) {
      if (isTaken && there < card.size) this.#remember(card.file, account, there);
      this.#house.changed(card.file);
      this.#house.idle(card.file);
    }
  }

  #remember(file: FileId, account: AccountId, there: number): void {
    const takers = this.#remembered.get(file) ?? new Map<AccountId, number>();
    this.#remembered.delete(file);
    this.#remembered.set(file, takers.set(account, there));
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }

  gives(file: FileId): boolean {
    return [...this.#takers.values()].some(({ offers }) => offers.has(file));
  }

  takersOf(file: FileId): readonly FileTaker[] {
    const takers = new Map<AccountId, FileTaker>();
    for (const [account, there] of this.#remembered.get(file) ?? []) takers.set(account, { account, there, speed: undefined });
    for (const { account, offers } of this.#takers.values()) {
      const offer = offers.get(file);
      if (!offer?.isTaken) continue;
      const left = offer.card.size - offer.there;
      takers.set(account, { account, there: offer.there, speed: offer.meter.flows && left > 0 ? offer.meter.speed(left) : undefined });
    }
    return [...takers.values()];
  }

  /** Files that are flowing out now. */
  get flowing(): ReadonlySet<FileId> {
    const offers = [...this.#takers.values()].flatMap((taker) => [...taker.offers.values()]);
    return new Set(offers.filter(({ meter, there, card }) => meter.flows && there < card.size).map(({ card }) => card.file));
  }

  // ————— what they say —————

  /** What they have of it by now. */
  heardHave(from: AccountId, file: FileId, runs: readonly ChunkRun[]): void {
    const card = this.#house.card(file);
    const taker = this.#takers.get(from);
    if (!card || !taker) return;
    const there = bytesOfRuns(runs, card.size);
    const offer = taker.offers.get(file);
    if (offer) offer.there = there;
    const isDone = there === card.size && runs.length > 0;
    if (isDone) {
      if (offer?.isTaken === true || this.#remembered.get(file)?.has(from) === true) this.#remember(file, from, there);
      if (offer) this.#finish(taker, offer);
    }
    this.#house.changed(file);
  }

  #finish(taker: Taker, offer: Offer): void {
    taker.cease(offer);
    taker.offers.delete(offer.card.file);
    this.#house.idle(offer.card.file);
  }

  /** Opened before: what is here of it is known. */
  want(from: AccountId, card: FileCard, runs: readonly ChunkRun[]): void {
    const taker = this.#takers.get(from);
    const have = this.#house.holdings.known(card.file)?.have;
    if (!taker || !have) return;
    const offer = taker.offer(card);
    this.#remembered.get(card.file)?.delete(from);
    const here = runs.flatMap((run) => runsOf(have, [], run, have.chunks));
    taker.ask(offer, here);
    this.#tellLack(from, card, have, runs);
    this.#pump();
  }

  #tellLack(from: AccountId, { file }: FileCard, have: ChunkSet, runs: readonly ChunkRun[]): void {
    if (have.isFull) return;
    const missing = runs.flatMap((run) => runsOf(ChunkSet.full(have.chunks), [have], run, have.chunks));
    if (missing.length > 0) this.#house.tell(from, file, { type: 'lack', runs: missing.slice(0, MAX_RUNS) });
  }

  enough(from: AccountId, file: FileId): void {
    const taker = this.#takers.get(from);
    const offer = taker?.offers.get(file);
    if (taker && offer) taker.cease(offer);
    this.#house.changed(file);
  }

  /** Opened before. One part after another, and only so many waiting: they go where the talk goes. */
  wantOutline(from: AccountId, card: FileCard, first: number): void {
    const outlines = this.#outlines.get(from);
    if (!outlines || outlines.waiting >= MAX_OUTLINE_PARTS) return;
    outlines.waiting++;
    outlines.serial
      .run(async () => {
        const hashes = await this.#readOutline(card, first);
        outlines.waiting--;
        this.#house.tell(from, card.file, { type: 'outline', from: first, hashes });
      })
      .catch((reason: unknown) => this.#house.troubled(reason));
  }

  /** Empty when it is not here, or not proven. */
  async #readOutline(card: FileCard, first: number) {
    const chunks = chunksOf(card.size);
    const isWhole = this.#house.holdings.known(card.file)?.hashes === chunks;
    if (!isWhole || first >= chunks) return EMPTY;
    const hashes = await this.#house.shelf.readOutline(card.slot, first, Math.min(MAX_HASHES, chunks - first));
    if (!hashes) this.#house.damaged(card);
    return hashes ?? EMPTY;
  }

  /** It is given to nobody any more: paused, or gone. */
  withdraw(file: FileId): void {
    for (const taker of this.#takers.values()) {
      const offer = taker.offers.get(file);
      if (!offer) continue;
      taker.cease(offer);
      taker.offers.delete(file);
    }
    this.#forgetUnfinished(file);
  }

  #forgetUnfinished(file: FileId): void {
    const size = this.#house.card(file)?.size ?? 0;
    const takers = this.#remembered.get(file);
    for (const [account, there] of takers ?? []) if (there < size) takers?.delete(account);
  }

  // ————— what goes out —————

  drained(account: AccountId): void {
    const taker = this.#takers.get(account);
    if (taker) this.#flush(taker);
    this.#pump();
  }

  /** Has as many chunks read as there is room for, and a few more. */
  #pump(): void {
    for (let passed = 0; passed < this.#turns.length && this.#reading < MAX_READING;) {
      const taker = this.#turns.shift();
      if (!taker) return;
      this.#turns.push(taker);
      if (taker.isWaiting && this.#hasRoom(taker)) {
        this.#read(taker);
        passed = 0;
      } else {
        passed++;
      }
    }
  }

  #hasRoom({ account, reading, ready }: Taker): boolean {
    const ahead = reading + ready.length;
    return ahead < READ_AHEAD || ahead < Math.min(MAX_AHEAD, this.#house.channel.room(account));
  }

  #read(taker: Taker): void {
    const next = taker.next();
    if (!next) return;
    const { offer, index } = next;
    const { generation, card } = offer;
    taker.reading++;
    this.#reading++;
    this.#house.shelf
      .read(card.slot, index)
      .then((sealed) => {
        taker.reading--;
        this.#reading--;
        if (!sealed) this.#lack(taker, offer, index);
        else taker.ready.push({ offer, generation, bytes: writeBulkChunk(bytesOf(card.file), index, sealed) });
        this.#flush(taker);
        this.#pump();
      })
      .catch((reason: unknown) => this.#house.troubled(reason));
  }

  #lack({ account }: Taker, { card }: Offer, index: number): void {
    this.#house.tell(account, card.file, { type: 'lack', runs: [{ from: index, to: index + 1 }] });
    this.#house.damaged(card);
  }

  #flush(taker: Taker): void {
    if (this.#takers.get(taker.account) !== taker) return;
    let sent = 0;
    for (const { offer, generation, bytes } of taker.ready) {
      if (offer.generation === generation) {
        if (!this.#house.channel.send(taker.account, bytes)) break;
        offer.meter.add(CHUNK_BYTES);
        this.#house.changed(offer.card.file);
      }
      sent++;
    }
    taker.ready.splice(0, sent);
  }
}
