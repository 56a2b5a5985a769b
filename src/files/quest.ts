/** One file that is to be here: whom it is had from, what follows from what they say, and how it ends. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { chunksOf } from '../crypto/file-chunks.ts';
import type { ChunkRun, FileWordBody } from '../protocol/file-word.ts';
import type { AccountId, FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import { ChunkFetch, type ChunkHouse } from './chunk-fetch.ts';
import { ChunkSet, runsOf } from './chunk-set.ts';
import type { Obstacle } from './file-state.ts';
import { STALL_MS, type Giver } from './giver.ts';
import { Givers } from './givers.ts';
import type { Holding, Holdings } from './holdings.ts';
import { OutlineFetch, type OutlineHouse } from './outline-fetch.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';
import type { SpeedMeter } from './speed-meter.ts';
import type { Supplier } from './supplier.ts';

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
  /** Asked for by a person: comes before others. */
  urgent = false;
  obstacle: Obstacle | undefined;
  /** The shelf refused: nothing is asked for until it is resumed. */
  halted = false;
  readonly #house: QuestHouse;
  readonly #count: number;
  readonly #givers: Givers;
  readonly #outline: OutlineFetch;
  readonly #chunks: ChunkFetch;
  #stage: Stage = 'closed';
  #holding: Holding | undefined;

  constructor(card: FileCard, house: QuestHouse) {
    this.card = card;
    this.#house = house;
    this.#count = chunksOf(card.size);
    this.#givers = new Givers(this.#count);
    this.#outline = new OutlineFetch(this.#count, this.#outlineHouse());
    this.#chunks = new ChunkFetch(this.#count, this.#chunkHouse());
  }

  #outlineHouse(): OutlineHouse {
    return {
      clock: this.#house.clock,
      shelf: this.#house.shelf,
      givers: this.#givers,
      lacking: () => (this.#stage === 'outline' && this.#house.holdings.known(this.file) === this.#holding ? this.#holding : undefined),
      tell: (giver, word) => this.#tell(giver, word),
      rest: (giver) => this.#rest(giver),
      accuse: (giver) => this.#accuse(giver),
      completed: () => this.#beginChunks(),
      stopped: (failure) => this.#stop(failure),
    };
  }

  #chunkHouse(): ChunkHouse {
    return {
      me: this.#house.me,
      clock: this.#house.clock,
      shelf: this.#house.shelf,
      givers: this.#givers,
      lacking: () => (this.#stage === 'chunks' ? this.#holding : undefined),
      tell: (giver, word) => this.#tell(giver, word),
      hungry: (supplier) => this.#house.hungry(supplier),
      hungryAll: () => this.#hungryAll(),
      kept: (holding) => this.#kept(holding),
      accuse: (giver) => this.#accuse(giver),
      stopped: (failure) => this.#stop(failure),
    };
  }

  get file(): FileId {
    return this.card.file;
  }

  get meter(): SpeedMeter {
    return this.#chunks.meter;
  }

  /** Whether something is coming, or was just now. */
  get flows(): boolean {
    return this.meter.flows || [...this.#givers].some(({ owed }) => owed.size > 0);
  }

  /** It works on what is on the shelf. */
  get isOpen(): boolean {
    return this.#stage !== 'closed' && this.#stage !== 'ended';
  }

  /** Why it can be had of none of these, if so it is. */
  hopelessness(sources: () => ReadonlySet<AccountId>): Obstacle | undefined {
    return this.#givers.hopelessness(sources);
  }

  // ————— givers —————

  canSeek(account: AccountId): boolean {
    return !this.halted && this.#givers.canSeek(account, this.#house.clock.now());
  }

  /** Whether they are left alone for a while, and sought again then. */
  isResting(account: AccountId): boolean {
    return this.#givers.get(account)?.phase.kind === 'resting';
  }

  /** Begins with this giver: asks what they have, unless that is known. */
  begin(supplier: Supplier): void {
    const now = this.#house.clock.now();
    const giver = this.#givers.meet(supplier, now);
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
    if (giver?.phase.kind === 'out' && !this.#givers.isWrong(account)) {
      giver.phase = { kind: 'listening' };
      giver.has = new ChunkSet(this.#count);
      this.#house.ready(this, giver.supplier);
    }
  }

  /** Their link is gone. */
  lose(account: AccountId): void {
    const giver = this.#givers.get(account);
    if (!giver) return;
    this.#givers.forget(account);
    this.#release(giver);
    this.#outline.leave(giver);
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
    if (giver.phase.kind === 'resting' || this.#givers.isWrong(giver.account)) return;
    this.#givers.noteBack(giver);
    // Anew each time: what they deleted since, they no longer tell of.
    giver.has = new ChunkSet(this.#count, serves ? runs : []);
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
    this.#givers.noteGone(giver);
    giver.has = new ChunkSet(this.#count);
    this.#dismiss(giver, { kind: 'out' });
    this.#house.changed(this);
  }

  #heardLack(giver: Giver, runs: readonly ChunkRun[]): void {
    this.#chunks.lacked(giver, runs);
    this.#dismissIfUseless(giver);
    this.#hungryAll();
  }

  #heardOutline(giver: Giver, from: number, hashes: Bytes): void {
    const isAsked = this.#outline.heard(giver, from, hashes);
    if (!isAsked) this.#house.faulted(giver.supplier);
  }

  /** Has something that is not here. */
  #isUseful(giver: Giver): boolean {
    const have = this.#holding?.have;
    return runsOf(giver.has, have ? [have] : [], { from: 0, to: this.#count }, 1).length > 0;
  }

  #activate(giver: Giver): void {
    giver.phase = { kind: 'active' };
    giver.progressAt = this.#house.clock.now();
    if (this.#stage === 'closed') void this.#open();
    else if (this.#stage === 'outline') this.#outline.ask();
    else this.#house.hungry(giver.supplier);
  }

  #dismiss(giver: Giver, phase: Giver['phase']): void {
    const owedAny = giver.owed.size > 0;
    giver.phase = phase;
    this.#release(giver);
    if (owedAny) this.#tell(giver, { type: 'enough' });
    this.#outline.leave(giver);
    this.#house.idle(this, giver.supplier);
  }

  /** Once what they owe has come. */
  #dismissIfUseless(giver: Giver): void {
    if (giver.owed.size === 0 && !this.#isUseful(giver)) this.#dismiss(giver, { kind: 'listening' });
  }

  #rest(giver: Giver): void {
    giver.rest(this.#house.clock.now());
    this.#dismiss(giver, giver.phase);
  }

  /** Gave something else under this file's name: is asked for nothing more of it (X4). */
  #accuse(giver: Giver): void {
    this.#givers.noteWrong(giver);
    this.#dismiss(giver, { kind: 'out' });
    this.#house.changed(this);
    this.#house.faulted(giver.supplier);
  }

  #release(giver: Giver): void {
    this.#chunks.release(giver);
    this.#hungryAll(giver);
  }

  #hungryAll(but?: Giver): void {
    for (const giver of this.#givers.active()) if (giver !== but) this.#house.hungry(giver.supplier);
  }

  // ————— from the outline to the last chunk —————

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
    else if (opened.value.hashes === this.#count) this.#beginChunks();
    else {
      this.#stage = 'outline';
      this.#outline.ask();
    }
  }

  /** Asked after a wait, when it may have become another. */
  #is(stage: Stage): boolean {
    return this.#stage === stage;
  }

  #beginChunks(): void {
    this.#stage = 'chunks';
    this.#hungryAll();
  }

  /** Somebody looks at these bytes, or will: they come first, until it is undone. */
  need(run: ChunkRun): () => void {
    return this.#chunks.need(run);
  }

  /** Asks this giver for up to `limit` chunks; how many it were. */
  ask(account: AccountId, limit: number): number {
    const giver = this.#givers.get(account);
    if (this.#stage !== 'chunks' || giver?.phase.kind !== 'active') return 0;
    const asked = this.#chunks.ask(giver, limit);
    if (asked === 0) this.#dismissIfUseless(giver);
    return asked;
  }

  /** False when nobody had asked them for it. */
  arrived(account: AccountId, index: number, sealed: Bytes): boolean {
    const giver = this.#givers.get(account);
    return giver !== undefined && this.#chunks.arrived(giver, index, sealed);
  }

  #kept(holding: Holding): void {
    this.#house.changed(this);
    if (holding.have.isFull) this.#complete();
  }

  // ————— ends —————

  /** Gives up those who owe something for too long. Regularly. */
  tick(): void {
    const now = this.#house.clock.now();
    for (const giver of this.#givers) {
      const isAwaited = giver.phase.kind === 'sought' || giver.owed.size > 0 || this.#outline.isAwaitedOf(giver);
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
    this.#outline.drop();
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
    for (const giver of this.#givers) {
      if (giver.phase.kind === 'active' || giver.phase.kind === 'sought') this.#dismiss(giver, { kind: 'listening' });
      if (this.#stage === 'ended') giver.supplier.forgive(giver.late.size);
    }
  }

  #tell(giver: Giver, word: FileWordBody): void {
    this.#house.tell(giver.account, this.file, word);
  }
}
