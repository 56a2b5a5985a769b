/** All files that are to be here: whom to seek them at, how many at a time, and who broke the rules. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { FileWordBody } from '../protocol/file-word.ts';
import type { AccountId, ConversationId, FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import type { Holdings } from './holdings.ts';
import type { Audience, FileShelf, ShelfFailure } from './ports.ts';
import { Quest, type QuestHouse } from './quest.ts';
import { Supplier, type FileKind } from './supplier.ts';

/** How often windows, stalls and rests are looked at. */
const TICK_MS = 500;
/** Files of each kind had from one giver at a time, so that ten thousand offered cost no more than a few. */
const MAX_ACTIVE = 4;
const SMALL_BYTES = 4 * 2 ** 20;
/** Chunks awaited or being written, of all givers together: 64 MiB. */
const MAX_OUTSTANDING = 1_024;
/** A full disk is looked at again. */
const RETRY_MS = 30_000;

export interface FetchingHouse {
  readonly me: AccountId;
  readonly clock: Clock;
  readonly shelf: FileShelf;
  readonly holdings: Holdings;
  readonly audience: Audience;
  tell(account: AccountId, file: FileId, word: FileWordBody): boolean;
  close(account: AccountId): void;
  changed(file: FileId): void;
  /** They were asked what they have of it. */
  sought(file: FileId, account: AccountId): void;
  /** Whether it can be had at all has changed. */
  hopesChanged(): void;
  completed(card: FileCard): void;
  troubled(reason: unknown): void;
}

export class Fetching {
  readonly #house: FetchingHouse;
  readonly #quests = new Map<FileId, Quest>();
  readonly #suppliers = new Map<AccountId, Supplier>();
  readonly #audiences = new Map<ConversationId, readonly AccountId[]>();
  /** Whose turn to be fed it is, settled after everything that is happening has happened. */
  readonly #hungry = new Set<Supplier>();
  #isFeeding = false;
  readonly #questHouse: QuestHouse;
  #cancelTick: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(house: FetchingHouse) {
    this.#house = house;
    this.#questHouse = {
      ...house,
      changed: (quest) => this.#changed(quest),
      completed: (quest) => this.#completed(quest),
      stopped: (quest, failure) => this.#stopped(quest, failure),
      idle: (quest, supplier) => this.#idle(quest, supplier),
      ready: (quest, supplier) => this.#enlist(supplier, quest),
      hungry: (supplier) => this.#feedSoon(supplier),
      faulted: (supplier) => this.#faulted(supplier),
    };
  }

  get quests(): ReadonlyMap<FileId, Quest> {
    return this.#quests;
  }

  /** Wants a file, or goes on wanting it; its places may be others now. */
  want(card: FileCard, urgent: boolean): void {
    const quest = this.#quests.get(card.file) ?? this.#questFor(card);
    quest.card = card;
    quest.urgent ||= urgent;
    if (quest.halted && urgent) quest.resume();
    for (const supplier of this.#suppliers.values()) this.#enlist(supplier, quest);
    this.#changed(quest);
  }

  #questFor(card: FileCard): Quest {
    const quest = new Quest(card, this.#questHouse);
    this.#quests.set(card.file, quest);
    this.#keepTicking();
    return quest;
  }

  unwant(file: FileId): void {
    const quest = this.#quests.get(file);
    if (!quest) return;
    this.#quests.delete(file);
    quest.end();
    for (const supplier of this.#suppliers.values()) {
      supplier.active.delete(file);
      supplier.unwait(file);
      this.#advance(supplier);
    }
  }

  close(): void {
    for (const file of [...this.#quests.keys()]) this.unwant(file);
    this.#cancelTick?.();
    this.#cancelRetry?.();
  }

  // ————— sources —————

  /** Everybody a file might be had from, authors first. */
  sourcesOf({ places }: FileCard): ReadonlySet<AccountId> {
    const sources = new Set(places.map(({ author }) => author));
    for (const { conversation } of places) for (const account of this.#audienceOf(conversation)) sources.add(account);
    sources.delete(this.#house.me);
    return sources;
  }

  #audienceOf(conversation: ConversationId): readonly AccountId[] {
    const audience = this.#audiences.get(conversation) ?? this.#house.audience.of(conversation);
    this.#audiences.set(conversation, audience);
    return audience;
  }

  /** Sources of each file that may be had once they are linked. */
  *hopes(): Generator<ReadonlySet<AccountId>> {
    for (const { card, halted, obstacle } of this.#quests.values()) if (!halted && !obstacle) yield this.sourcesOf(card);
  }

  audienceChanged(): void {
    this.#audiences.clear();
    for (const quest of this.#quests.values()) for (const supplier of this.#suppliers.values()) this.#enlist(supplier, quest);
  }

  // ————— links —————

  linked(account: AccountId): void {
    this.lost(account);
    const supplier = new Supplier(account, this.#house.clock);
    this.#suppliers.set(account, supplier);
    for (const quest of this.#quests.values()) this.#queue(supplier, quest);
    this.#advance(supplier);
    this.#keepTicking();
  }

  lost(account: AccountId): void {
    const supplier = this.#suppliers.get(account);
    if (!supplier) return;
    this.#suppliers.delete(account);
    this.#hungry.delete(supplier);
    for (const quest of this.#quests.values()) {
      quest.lose(account);
      if (supplier.active.has(quest.file)) this.#house.changed(quest.file);
    }
  }

  #enlist(supplier: Supplier, quest: Quest): void {
    this.#queue(supplier, quest);
    this.#advance(supplier);
  }

  #queue(supplier: Supplier, quest: Quest): void {
    if (supplier.active.has(quest.file) || quest.halted || !this.sourcesOf(quest.card).has(supplier.account)) return;
    supplier.wait(quest.file, kindOf(quest), quest.urgent);
  }

  /** Takes up as many of those that wait as may be had at a time. */
  #advance(supplier: Supplier): void {
    for (const kind of ['small', 'large'] as const) {
      while (this.#activeOf(supplier, kind) < MAX_ACTIVE) {
        const quest = this.#nextOf(supplier, kind);
        if (!quest) break;
        supplier.unwait(quest.file);
        supplier.active.add(quest.file);
        this.#house.sought(quest.file, supplier.account);
        quest.begin(supplier);
      }
    }
  }

  #activeOf(supplier: Supplier, kind: FileKind): number {
    return this.#questsOf(supplier).filter((quest) => kindOf(quest) === kind).length;
  }

  #questsOf({ active }: Supplier): readonly Quest[] {
    return [...active].flatMap((file) => this.#quests.get(file) ?? []);
  }

  #nextOf(supplier: Supplier, kind: FileKind): Quest | undefined {
    for (const file of supplier.waitingOf(kind)) {
      const quest = this.#quests.get(file);
      if (quest?.canSeek(supplier.account) === true) return quest;
    }
    return undefined;
  }

  // ————— what arrives —————

  heard(from: AccountId, file: FileId, word: FileWordBody): void {
    const quest = this.#quests.get(file);
    if (quest) quest.heard(from, word);
    else if (word.type === 'outline') this.#faultedBy(from);
  }

  /** Somebody wants it too: they may have something of it by now, or soon. */
  soughtBy(from: AccountId, file: FileId): void {
    this.#quests.get(file)?.askAgain(from);
  }

  arrived(from: AccountId, file: FileId, index: number, sealed: Bytes): void {
    const isAsked = this.#quests.get(file)?.arrived(from, index, sealed) ?? false;
    if (!isAsked) this.#faultedBy(from);
  }

  #faultedBy(account: AccountId): void {
    const supplier = this.#suppliers.get(account);
    if (supplier) this.#faulted(supplier);
  }

  #faulted(supplier: Supplier): void {
    if (supplier.faulted()) this.#house.close(supplier.account);
  }

  // ————— what quests tell —————

  #changed(quest: Quest): void {
    const before = quest.obstacle?.why;
    if (!quest.halted) quest.obstacle = quest.hopelessness(() => this.sourcesOf(quest.card));
    if (quest.obstacle?.why !== before) this.#house.hopesChanged();
    this.#house.changed(quest.file);
  }

  #completed(quest: Quest): void {
    this.unwant(quest.file);
    this.#house.completed(quest.card);
  }

  #idle(quest: Quest, supplier: Supplier): void {
    supplier.active.delete(quest.file);
    if (quest.isResting(supplier.account)) supplier.wait(quest.file, kindOf(quest), false);
    this.#advance(supplier);
  }

  #stopped(quest: Quest, failure: ShelfFailure): void {
    if (failure.kind !== 'disk-full') this.#house.troubled(failure);
    this.#house.hopesChanged();
    this.#house.changed(quest.file);
    this.#cancelRetry ??= this.#house.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.retry().catch((reason: unknown) => this.#house.troubled(reason));
    });
  }

  /** There may be room again for what did not fit. */
  async retry(): Promise<void> {
    const room = await this.#house.shelf.room();
    const free = room ? room.quota - room.used : Infinity;
    for (const quest of [...this.#quests.values()].filter(({ halted }) => halted)) {
      if (quest.obstacle?.why === 'disk-full' && quest.obstacle.needed > free)
        this.#stopped(quest, { kind: 'disk-full', needed: quest.obstacle.needed, free });
      else {
        quest.resume();
        for (const supplier of this.#suppliers.values()) this.#enlist(supplier, quest);
      }
    }
  }

  // ————— asking —————

  /** Once everything that is happening now has happened: a burst of chunks is answered by one word. */
  #feedSoon(supplier: Supplier): void {
    if (this.#suppliers.get(supplier.account) !== supplier) return;
    this.#hungry.add(supplier);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    void Promise.resolve().then(() => {
      this.#isFeeding = false;
      const hungry = [...this.#hungry];
      this.#hungry.clear();
      for (const each of hungry) this.#feed(each);
    });
  }

  /** Shares what may be asked of them among the files they give, and what one of these does not want among the others. */
  #feed(supplier: Supplier): void {
    const free = Math.min(supplier.free, MAX_OUTSTANDING - this.#outstanding());
    const quests = this.#questsOf(supplier);
    let left = free;
    for (const [index, quest] of quests.entries()) {
      if (left <= 0) return;
      left -= quest.ask(supplier.account, Math.ceil(left / (quests.length - index)));
    }
    for (const quest of quests) if (left > 0) left -= quest.ask(supplier.account, left);
    // Who was fed last is fed last again otherwise.
    const [first] = quests;
    if (first && supplier.active.delete(first.file)) supplier.active.add(first.file);
  }

  #outstanding(): number {
    let sum = 0;
    for (const { owed, putting } of this.#suppliers.values()) sum += owed + putting;
    return sum;
  }

  #keepTicking(): void {
    if (this.#quests.size === 0 || this.#suppliers.size === 0) return;
    this.#cancelTick ??= this.#house.clock.after(TICK_MS, () => {
      this.#cancelTick = undefined;
      this.#tick();
      this.#keepTicking();
    });
  }

  #tick(): void {
    for (const supplier of this.#suppliers.values()) {
      supplier.adapt();
      for (const file of [...supplier.active]) {
        this.#quests.get(file)?.tick();
        this.#house.changed(file);
      }
      this.#advance(supplier);
      this.#feedSoon(supplier);
    }
  }
}

function kindOf({ card }: Quest): FileKind {
  return card.size <= SMALL_BYTES ? 'small' : 'large';
}
