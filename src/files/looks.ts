/** What screens see of files under way, told no more often than an eye can follow. */
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import type { FileId } from '../protocol/ids.ts';
import type { Attachment } from '../session/attachment.ts';
import type { Catalog, FileCard } from './catalog.ts';
import type { FilePhase, FileState, Speed, Transfer } from './file-state.ts';
import type { Fetching } from './fetching.ts';
import type { Giving } from './giving.ts';
import type { Measures } from './measures.ts';
import { Throttle } from './throttle.ts';

/** Five times a second. */
const SHOW_MS = 200;
/** What flows is looked at again, for when it stops. */
const FLOW_MS = 1_000;

const UNKNOWN: FileState = { size: 0, here: 0, phase: { kind: 'removed' }, takers: [] };

export interface LooksHouse {
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly measures: Measures;
  readonly fetching: Fetching;
  readonly giving: Giving;
  /** Somebody looks at a file; what is here of it may not be known yet. */
  lookAt(card: FileCard): void;
  troubled(reason: unknown): void;
}

export class Looks {
  readonly #house: LooksHouse;
  readonly #watchers = new Map<FileId, Set<(state: FileState) => void>>();
  readonly #touched = new Set<FileId>();
  readonly #showing: Throttle;
  readonly #flowing: Throttle;
  readonly #transfers = new Cell<readonly Transfer[]>([]);
  /** Of what is under way; undefined while it is read. */
  readonly #attachments = new Map<FileId, Attachment | undefined>();

  constructor(house: LooksHouse) {
    this.#house = house;
    this.#showing = new Throttle(house.clock, SHOW_MS, () => this.#show());
    this.#flowing = new Throttle(house.clock, FLOW_MS, () => {
      for (const { file } of this.#transfers.value) this.touch(file);
    });
  }

  close(): void {
    this.#showing.close();
    this.#flowing.close();
  }

  get transfers(): Observable<readonly Transfer[]> {
    return this.#transfers;
  }

  watch(file: FileId): Observable<FileState> {
    return {
      subscribe: (next) => {
        // A watcher of its own per subscription, so that the same function may watch twice.
        const watcher = (state: FileState): void => next(state);
        const watchers = this.#watchers.get(file) ?? new Set();
        this.#watchers.set(file, watchers.add(watcher));
        const card = this.#house.catalog.card(file);
        if (card) this.#house.lookAt(card);
        next(this.#stateOf(file));
        return {
          unsubscribe: () => {
            watchers.delete(watcher);
            if (watchers.size === 0 && this.#watchers.get(file) === watchers) this.#watchers.delete(file);
          },
        };
      },
    };
  }

  /** Something about it may look otherwise now. */
  touch(file: FileId): void {
    this.#touched.add(file);
    this.#showing.soon();
  }

  #show(): void {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const file of touched) {
      const watchers = this.#watchers.get(file);
      if (!watchers) continue;
      const state = this.#stateOf(file);
      for (const watcher of [...watchers]) watcher(state);
    }
    this.#showTransfers();
  }

  #stateOf(file: FileId): FileState {
    const card = this.#house.catalog.card(file);
    if (!card) return UNKNOWN;
    const here = this.#house.measures.here(card);
    return { size: card.size, here, phase: this.#phaseOf(card, here), takers: this.#house.giving.takersOf(file) };
  }

  #phaseOf(card: FileCard, here: number): FilePhase {
    if (card.wish !== 'wanted') return { kind: card.wish };
    // All of it is here, and is being noted down.
    if (this.#house.measures.isAllHere(card)) return { kind: 'complete' };
    const quest = this.#house.fetching.quests.get(card.file);
    if (quest?.obstacle) return { kind: 'stopped', ...quest.obstacle };
    return quest?.flows === true ? { kind: 'arriving', speed: quest.meter.speed(card.size - here) } : { kind: 'waiting' };
  }

  // ————— all that flows —————

  #showTransfers(): void {
    const transfers = [...this.#incoming(), ...this.#outgoing()];
    const files = new Set(transfers.map(({ file }) => file));
    for (const file of this.#attachments.keys()) if (!files.has(file)) this.#attachments.delete(file);
    const shown = transfers.flatMap((transfer) => {
      const attachment = this.#attachmentOf(transfer.file);
      return attachment ? [{ ...transfer, attachment }] : [];
    });
    if (shown.length > 0 || this.#transfers.value.length > 0) this.#transfers.set(shown);
    if (transfers.length > 0) this.#flowing.soon();
  }

  *#incoming(): Generator<Omit<Transfer, 'attachment'>> {
    for (const { card, flows, meter } of this.#house.fetching.quests.values()) {
      if (!flows) continue;
      const here = this.#house.measures.here(card);
      yield this.#transfer(card, 'in', here, meter.speed(card.size - here));
    }
  }

  *#outgoing(): Generator<Omit<Transfer, 'attachment'>> {
    for (const file of this.#house.giving.flowing) {
      const card = this.#house.catalog.card(file);
      const takers = this.#house.giving.takersOf(file).filter(({ speed }) => speed !== undefined);
      if (!card || takers.length === 0) continue;
      const there = takers.reduce((sum, taker) => sum + taker.there, 0) / takers.length;
      yield this.#transfer(card, 'out', there, together(takers.flatMap(({ speed }) => speed ?? [])));
    }
  }

  #transfer({ file, size, places }: FileCard, direction: 'in' | 'out', bytes: number, speed: Speed) {
    const [place] = places;
    if (!place) throw new Error('Broken invariant: a file stands in a message');
    return { file, direction, conversation: place.conversation, part: size === 0 ? 1 : bytes / size, speed };
  }

  #attachmentOf(file: FileId): Attachment | undefined {
    if (!this.#attachments.has(file)) {
      this.#attachments.set(file, undefined);
      this.#house.catalog
        .attachment(file)
        .then((attachment) => {
          if (attachment && this.#attachments.has(file)) this.#attachments.set(file, attachment);
          this.touch(file);
        })
        .catch((reason: unknown) => this.#house.troubled(reason));
    }
    return this.#attachments.get(file);
  }
}

/** Several at once: it takes as long as the slowest. */
function together(speeds: readonly Speed[]): Speed {
  const remaining = speeds.map((speed) => speed.remaining);
  return {
    bytesPerSecond: speeds.reduce((sum, speed) => sum + speed.bytesPerSecond, 0),
    remaining: remaining.includes(undefined) ? undefined : Math.max(...remaining.map((seconds) => seconds ?? 0)),
  };
}
