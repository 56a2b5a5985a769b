/** One file that is to be here: who gives it, what was asked of whom, what came. */
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { chunkLength, chunksOf } from '../crypto/file-chunks.ts';
import { CHUNK_HASH_BYTES } from '../protocol/file-manifest.ts';
import type { ChunkRun, FileWordBody } from '../protocol/file-word.ts';
import type { AccountId, FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import { ChunkSet, indicesOf, runsFrom, runsOf } from './chunk-set.ts';
import type { Obstacle } from './file-state.ts';
import { Giver, STALL_MS } from './giver.ts';
import type { Holding, Holdings } from './holdings.ts';
import { OutlineFetch } from './outline-fetch.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';
import { SpeedMeter } from './speed-meter.ts';
import type { Supplier } from './supplier.ts';

/** What a giver owed for so long is asked of another one who has nothing else to do; windows are a second's worth. */
const STEAL_AFTER_MS = 2_000;
/** Chunks asked of a second one at a time: the end of a file comes sooner, and little comes twice. */
const STEAL_CHUNKS = 8;
/** How often what somebody looks at may turn the order of everything over. */
const REORDER_MS = 250;

type Stage = 'closed' | 'opening' | 'outline' | 'chunks' | 'ended';

export interface QuestHouse {
  readonly me: AccountId;
  readonly clock: Clock;
  readonly shelf: FileShelf;
  readonly holdings: Holdings;
  tell(account: AccountId, file: FileId, word: FileWordBody): boolean;
  /** More is here, or something else about it has changed. */
  changed(quest: Quest): void;
  completed(quest: Quest): void;
  /** It cannot go on: the disk is full, or does not let us write. */
  stopped(quest: Quest, failure: ShelfFailure): void;
  /** This giver has nothing for us now. */
  idle(quest: Quest, supplier: Supplier): void;
  /** This giver, who had nothing, now has. */
  ready(quest: Quest, supplier: Supplier): void;
  /** There may be something to ask for. */
  hungry(supplier: Supplier): void;
  /** What they sent was asked for by nobody. */
  faulted(supplier: Supplier): void;
}

export class Quest {
  /** Its places may become others; what it is does not. */
  card: FileCard;
  readonly meter: SpeedMeter;
  /** Asked for by a person: comes before others. */
  urgent = false;
  obstacle: Obstacle | undefined;
  /** The shelf refused: nothing is asked for until it is resumed. */
  halted = false;
  readonly #house: QuestHouse;
  readonly #chunks: number;
  readonly #givers = new Map<AccountId, Giver>();
  readonly #gone = new Set<AccountId>();
  readonly #wrong = new Set<AccountId>();
  readonly #needs = new Set<ChunkRun>();
  /** Awaited, or being written. */
  readonly #claimed: ChunkSet;
  /** Awaited of two. */
  readonly #twice: ChunkSet;
  #stage: Stage = 'closed';
  #holding: Holding | undefined;
  #outline: { readonly giver: Giver; readonly fetch: OutlineFetch } | undefined;
  #reorderedAt = -Infinity;

  constructor(card: FileCard, house: QuestHouse) {
    this.card = card;
    this.#house = house;
    this.#chunks = chunksOf(card.size);
    this.#claimed = new ChunkSet(this.#chunks);
    this.#twice = new ChunkSet(this.#chunks);
    this.meter = new SpeedMeter(house.clock);
  }

  get file(): FileId {
    return this.card.file;
  }

  /** Whether something is coming, or was just now. */
  get flows(): boolean {
    return this.meter.flows || [...this.#givers.values()].some(({ owed }) => owed.size > 0);
  }

  /** It works on what is on the shelf. */
  get isOpen(): boolean {
    return this.#stage !== 'closed' && this.#stage !== 'ended';
  }

  /** Why it can be had of none of these, if so it is. */
  hopelessness(sources: () => ReadonlySet<AccountId>): Obstacle | undefined {
    if (this.#gone.size + this.#wrong.size === 0) return undefined;
    if (![...sources()].every((account) => this.#gone.has(account) || this.#wrong.has(account))) return undefined;
    return { why: this.#wrong.size > 0 ? 'damaged' : 'gone' };
  }

  // ————— givers —————

  canSeek(account: AccountId): boolean {
    const giver = this.#givers.get(account);
    return !this.halted && !this.#wrong.has(account) && (!giver || giver.canBeSought(this.#house.clock.now()));
  }

  /** Whether they are left alone for a while, and sought again then. */
  isResting(account: AccountId): boolean {
    return this.#givers.get(account)?.phase.kind === 'resting';
  }

  /** Begins with this giver: asks what they have, unless that is known. */
  begin(supplier: Supplier): void {
    const now = this.#house.clock.now();
    const giver = this.#givers.get(supplier.account) ?? new Giver(supplier, this.#chunks, now);
    this.#givers.set(supplier.account, giver);
    giver.progressAt = now;
    if (giver.phase.kind === 'listening' && this.#isUseful(giver)) {
      this.#activate(giver);
    } else {
      giver.phase = { kind: 'sought' };
      this.#tell(giver, { type: 'seek' });
    }
  }

  /** They said they want it too, which they had not before: what we know of them is old. */
  askAgain(account: AccountId): void {
    const giver = this.#givers.get(account);
    if (giver?.phase.kind === 'out' && !this.#wrong.has(account)) {
      giver.phase = { kind: 'listening' };
      giver.has = new ChunkSet(this.#chunks);
      this.#house.ready(this, giver.supplier);
    }
  }

  /** Their link is gone. */
  lose(account: AccountId): void {
    const giver = this.#givers.get(account);
    if (!giver) return;
    this.#givers.delete(account);
    this.#release(giver);
    this.#leaveOutline(giver);
  }

  heard(account: AccountId, word: FileWordBody): void {
    const giver = this.#givers.get(account);
    if (!giver || this.#stage === 'ended') return;
    if (word.type === 'have') this.#heardHave(giver, word);
    else if (word.type === 'gone') this.#heardGone(giver);
    else if (word.type === 'lack') this.#heardLack(giver, word.runs);
    else if (word.type === 'outline') this.#heardOutline(giver, word.from, word.hashes);
  }

  #heardHave(giver: Giver, { serves, runs }: { readonly serves: boolean; readonly runs: readonly ChunkRun[] }): void {
    if (giver.phase.kind === 'resting' || this.#wrong.has(giver.account)) return;
    this.#gone.delete(giver.account);
    // Anew each time: what they deleted since, they no longer tell of.
    giver.has = new ChunkSet(this.#chunks, serves ? runs : []);
    if (giver.phase.kind === 'active' && serves) {
      this.#house.hungry(giver.supplier);
    } else if (!this.#isUseful(giver)) {
      this.#dismiss(giver, { kind: 'listening' });
    } else if (giver.phase.kind === 'sought') {
      this.#activate(giver);
    } else {
      giver.phase = { kind: 'listening' };
      this.#house.ready(this, giver.supplier);
    }
  }

  #heardGone(giver: Giver): void {
    this.#gone.add(giver.account);
    giver.has = new ChunkSet(this.#chunks);
    this.#dismiss(giver, { kind: 'out' });
    this.#house.changed(this);
  }

  #heardLack(giver: Giver, runs: readonly ChunkRun[]): void {
    for (const { from, to } of runs) {
      for (let index = from; index < Math.min(to, this.#chunks); index++) {
        giver.has.delete(index);
        if (giver.owed.has(index)) {
          giver.settle(index, this.#house.clock.now());
          this.#disclaim(index);
        }
      }
    }
    if (giver.owed.size === 0 && !this.#isUseful(giver)) this.#dismiss(giver, { kind: 'listening' });
    this.#hungryAll();
  }

  /** Has something that is not here. */
  #isUseful(giver: Giver): boolean {
    const have = this.#holding?.have;
    return runsOf(giver.has, have ? [have] : [], { from: 0, to: this.#chunks }, 1).length > 0;
  }

  #activate(giver: Giver): void {
    giver.phase = { kind: 'active' };
    giver.progressAt = this.#house.clock.now();
    if (this.#stage === 'closed') void this.#open();
    else if (this.#stage === 'outline') this.#askOutline();
    else this.#house.hungry(giver.supplier);
  }

  #dismiss(giver: Giver, phase: Giver['phase']): void {
    const owedAny = giver.owed.size > 0;
    giver.phase = phase;
    this.#release(giver);
    if (owedAny) this.#tell(giver, { type: 'enough' });
    this.#leaveOutline(giver);
    this.#house.idle(this, giver.supplier);
  }

  #rest(giver: Giver): void {
    const { clock } = this.#house;
    giver.rest(clock.now());
    this.#dismiss(giver, giver.phase);
  }

  /** Gave something else under this file's name: is asked for nothing more of it (X4). */
  #accuse(giver: Giver): void {
    this.#wrong.add(giver.account);
    this.#dismiss(giver, { kind: 'out' });
    this.#house.changed(this);
    this.#house.faulted(giver.supplier);
  }

  #release(giver: Giver): void {
    for (const index of giver.release()) this.#disclaim(index);
    this.#hungryAll(giver);
  }

  /** One of those who owed this chunk does no longer. */
  #disclaim(index: number): void {
    if (this.#twice.has(index)) this.#twice.delete(index);
    else this.#claimed.delete(index);
  }

  #hungryAll(but?: Giver): void {
    for (const giver of this.#givers.values()) if (giver !== but && giver.phase.kind === 'active') this.#house.hungry(giver.supplier);
  }

  /** Asked after a wait, when it may have become another. */
  #is(stage: Stage): boolean {
    return this.#stage === stage;
  }

  // ————— the outline —————

  async #open(): Promise<void> {
    this.#stage = 'opening';
    const opened = await this.#house.holdings.open(this.card);
    if (!this.#is('opening')) return;
    if (!opened.ok) {
      this.#stage = 'closed';
      this.#stop(opened.failure);
      return;
    }
    this.#holding = opened.value;
    this.#house.changed(this);
    if (opened.value.have.isFull) this.#complete();
    else if (opened.value.hashes === this.#chunks) this.#beginChunks();
    else {
      this.#stage = 'outline';
      this.#askOutline();
    }
  }

  /** Of one giver at a time: were it wrong, nobody else would be to blame. */
  #askOutline(): void {
    const holding = this.#holding;
    if (this.#stage !== 'outline' || !holding) return;
    if (!this.#outline) {
      const giver = [...this.#givers.values()].find(({ phase, has }) => phase.kind === 'active' && has.size > 0);
      if (!giver) return;
      giver.progressAt = this.#house.clock.now();
      this.#outline = { giver, fetch: new OutlineFetch(this.#chunks, holding.hashes) };
    }
    const { giver, fetch } = this.#outline;
    for (const from of fetch.next()) this.#tell(giver, { type: 'wantOutline', from });
  }

  #leaveOutline(giver: Giver): void {
    if (this.#outline?.giver !== giver) return;
    this.#outline = undefined;
    this.#askOutline();
  }

  #heardOutline(giver: Giver, from: number, hashes: Bytes): void {
    const outline = this.#outline;
    if (outline?.giver !== giver) {
      this.#house.faulted(giver.supplier);
    } else if (!outline.fetch.accepts(from, hashes)) {
      // They do not have it after all, or do not keep to the order; others may.
      this.#rest(giver);
    } else {
      giver.progressAt = this.#house.clock.now();
      void this.#putOutline(giver, outline.fetch, from, hashes);
    }
  }

  async #putOutline(giver: Giver, fetch: OutlineFetch, from: number, hashes: Bytes): Promise<void> {
    const { shelf, holdings } = this.#house;
    const step = await fetch.put(shelf, this.card.slot, from, hashes);
    const holding = this.#holding;
    if (this.#stage !== 'outline' || !holding || holdings.known(this.file) !== holding) return;
    switch (step.kind) {
      case 'more':
        holding.hashes = Math.max(holding.hashes, from + hashes.length / CHUNK_HASH_BYTES);
        if (this.#outline?.fetch === fetch) this.#askOutline();
        break;
      case 'complete':
        holding.hashes = this.#chunks;
        this.#beginChunks();
        break;
      case 'wrong':
        holding.hashes = 0;
        this.#outline = undefined;
        if (step.blames) this.#accuse(giver);
        else this.#askOutline();
        break;
      case 'failed':
        this.#stop(step.failure);
        break;
      default:
        assertNever(step);
    }
  }

  // ————— chunks —————

  #beginChunks(): void {
    this.#stage = 'chunks';
    this.#outline = undefined;
    this.#hungryAll();
  }

  /** Somebody looks at these bytes, or will: they come first, until it is undone. */
  need(run: ChunkRun): () => void {
    this.#needs.add(run);
    this.#reorder(run);
    return () => {
      this.#needs.delete(run);
    };
  }

  /** Asks those who give for what is needed before what they were asked for. */
  #reorder(run: ChunkRun): void {
    const { clock } = this.#house;
    const have = this.#holding?.have;
    if (!have || this.#stage !== 'chunks' || clock.now() - this.#reorderedAt < REORDER_MS) return;
    const isOnItsWay = runsOf(ChunkSet.full(this.#chunks), [have, this.#claimed], run, 1).length === 0;
    if (isOnItsWay) return;
    this.#reorderedAt = clock.now();
    for (const giver of this.#givers.values()) {
      if (giver.owed.size === 0) continue;
      for (const index of giver.release()) this.#disclaim(index);
      this.#tell(giver, { type: 'enough' });
    }
    this.#hungryAll();
  }

  /** Asks this giver for up to `limit` chunks; how many it were. */
  ask(account: AccountId, limit: number): number {
    const giver = this.#givers.get(account);
    if (this.#stage !== 'chunks' || giver?.phase.kind !== 'active') return 0;
    const runs = this.#choose(giver, limit);
    if (runs.length > 0) this.#tell(giver, { type: 'want', runs });
    else if (giver.owed.size === 0 && !this.#isUseful(giver)) this.#dismiss(giver, { kind: 'listening' });
    return runs.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  #choose(giver: Giver, limit: number): readonly ChunkRun[] {
    const have = this.#holding?.have;
    if (!have) return [];
    const chosen: ChunkRun[] = [];
    let left = limit;
    const take = (runs: readonly ChunkRun[]) => {
      for (const index of indicesOf(runs)) {
        this.#claimed.add(index);
        giver.owe(index, this.#house.clock.now());
        left--;
      }
      chosen.push(...runs);
    };
    const taken = [have, this.#claimed];
    for (const need of this.#needs) take(runsOf(giver.has, taken, need, left));
    const fellows = this.#fellows();
    const start = this.#startAmong(fellows);
    // What only a few have is asked of those who have everything; the rest can be had from others who are getting it (rarest first).
    if (left > 0 && fellows.length > 0 && giver.has.isFull) take(runsFrom(giver.has, [...taken, this.#haveOf(fellows)], start, left));
    if (left > 0) take(runsFrom(giver.has, taken, start, left));
    if (chosen.length === 0 && left > 0) chosen.push(...this.#steal(giver, Math.min(left, STEAL_CHUNKS)));
    return chosen;
  }

  /** Others who are getting it as we are. */
  #fellows(): readonly Giver[] {
    return [...this.#givers.values()].filter(({ phase, has }) => (phase.kind === 'active' || phase.kind === 'listening') && !has.isFull);
  }

  /** Each of those who are getting a file begins in another part of it: what they have together is the more for it. */
  #startAmong(fellows: readonly Giver[]): number {
    const place = fellows.filter(({ account }) => account < this.#house.me).length;
    return Math.floor((this.#chunks * place) / (fellows.length + 1));
  }

  #haveOf(fellows: readonly Giver[]): ChunkSet {
    const together = new ChunkSet(this.#chunks);
    for (const { has } of fellows) together.addAll(has);
    return together;
  }

  /** What others have owed for long, asked of this one too. */
  #steal(giver: Giver, limit: number): readonly ChunkRun[] {
    const now = this.#house.clock.now();
    const stolen: ChunkRun[] = [];
    for (const other of this.#givers.values()) {
      for (const [index, since] of other === giver ? [] : other.owed) {
        if (stolen.length >= limit || now - since < STEAL_AFTER_MS) break;
        if (this.#twice.has(index) || !giver.has.has(index)) continue;
        this.#twice.add(index);
        giver.owe(index, now);
        stolen.push({ from: index, to: index + 1 });
      }
    }
    return stolen;
  }

  /** False when nobody had asked them for it. */
  arrived(account: AccountId, index: number, sealed: Bytes): boolean {
    const giver = this.#givers.get(account);
    const settled = giver?.settle(index, this.#house.clock.now()) ?? 'unasked';
    if (!giver || settled === 'unasked') return false;
    const isAwaited = settled === 'asked';
    giver.supplier.arrived(sealed.length);
    if (this.#stage !== 'chunks' || this.#holding?.have.has(index) === true) {
      if (isAwaited) this.#disclaim(index);
    } else {
      void this.#put(giver, index, sealed, isAwaited);
    }
    this.#house.hungry(giver.supplier);
    return true;
  }

  async #put(giver: Giver, index: number, sealed: Bytes, isAwaited: boolean): Promise<void> {
    const { supplier } = giver;
    const holding = this.#holding;
    supplier.putting++;
    const put = await this.#house.shelf.put(this.card.slot, index, sealed);
    supplier.putting--;
    if (isAwaited) this.#disclaim(index);
    if (this.#stage !== 'chunks' || !holding) return;
    if (put.ok) {
      if (!holding.have.has(index)) this.meter.add(chunkLength(index, this.card.size));
      holding.have.add(index);
      this.#house.changed(this);
      if (holding.have.isFull) this.#complete();
      else this.#house.hungry(supplier);
    } else if (put.failure.kind === 'wrong') {
      this.#accuse(giver);
    } else {
      this.#stop(put.failure);
    }
  }

  // ————— ends —————

  /** Gives up those who owe something for too long. Regularly. */
  tick(): void {
    const now = this.#house.clock.now();
    for (const giver of [...this.#givers.values()]) {
      const isAwaited = giver.phase.kind === 'sought' || giver.owed.size > 0 || this.#outline?.giver === giver;
      if (isAwaited && now - giver.progressAt >= STALL_MS) this.#rest(giver);
    }
  }

  /** Goes on after it had stopped. */
  resume(): void {
    this.obstacle = undefined;
    this.halted = false;
    this.#house.changed(this);
  }

  #stop(failure: ShelfFailure): void {
    this.obstacle = failure.kind === 'disk-full' ? { why: 'disk-full', needed: failure.needed } : this.obstacle;
    this.halted = true;
    // Opened again when it goes on: what could not be written may have left less there than we think.
    this.#house.holdings.forget(this.file);
    this.#holding = undefined;
    this.#stage = 'closed';
    this.#outline = undefined;
    this.#dismissAll();
    this.#house.stopped(this, failure);
  }

  #complete(): void {
    this.#leave();
    this.#house.completed(this);
  }

  /** It is not wanted any more, or all here. */
  end(): void {
    this.#leave();
  }

  #leave(): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#dismissAll();
  }

  #dismissAll(): void {
    for (const giver of [...this.#givers.values()]) {
      if (giver.phase.kind === 'active' || giver.phase.kind === 'sought') this.#dismiss(giver, { kind: 'listening' });
      if (this.#stage === 'ended') giver.supplier.forgive(giver.late.size);
    }
  }

  #tell(giver: Giver, word: FileWordBody): void {
    this.#house.tell(giver.account, this.file, word);
  }
}
