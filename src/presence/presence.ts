/**
 * How I am seen, and how I see others. What a person chooses holds; "online" turns to "away" by itself while nobody is at
 * the device. Nothing here is stored but the person's own choice.
 */
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { VisiblePresence } from '../protocol/signal.ts';
import type { Session } from '../session/session.ts';
import type { Attention, OwnPresence, PresenceSettings, SeenPresence } from './ports.ts';

/** Nobody at the device for this long is away. */
export const AWAY_AFTER_MS = 300_000;

export interface PresenceOptions {
  readonly session: Session;
  readonly attention: Attention;
  readonly settings: PresenceSettings;
  readonly clock: Clock;
}

export interface Mine {
  readonly chosen: OwnPresence;
  /** What others are shown; differs from `chosen` only when away by itself. */
  readonly shown: OwnPresence;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #mine: Cell<Mine>;
  readonly #seen = new Cell<ReadonlyMap<AccountId, SeenPresence>>(new Map());
  readonly #told = new Map<AccountId, VisiblePresence>();
  readonly #undo: (() => void)[] = [];
  #here: ReadonlySet<AccountId> = new Set();
  #idle = false;
  #cancelIdleTimer: (() => void) | undefined;

  private constructor(options: PresenceOptions, chosen: OwnPresence) {
    this.#options = options;
    this.#mine = new Cell<Mine>({ chosen, shown: chosen });
  }

  /** Before the session starts, so that nobody is announced who chose to be invisible. */
  static async load(options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(options, (await options.settings.load()) ?? 'online');
    presence.#watch();
    return presence;
  }

  get mine(): Observable<Mine> {
    return this.#mine;
  }

  /** Contacts not in the map are offline. */
  get contacts(): Observable<ReadonlyMap<AccountId, SeenPresence>> {
    return this.#seen;
  }

  get quiet(): boolean {
    return this.#mine.value.chosen === 'invisible';
  }

  async choose(chosen: OwnPresence): Promise<void> {
    const wasQuiet = this.quiet;
    this.#show(chosen);
    if (this.quiet !== wasQuiet) this.#options.session.setQuiet(this.quiet);
    this.#tell('everybody');
    await this.#options.settings.save(chosen);
  }

  close(): void {
    this.#cancelIdleTimer?.();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #watch(): void {
    const { session, attention } = this.#options;
    const here = session.here.subscribe((contacts) => {
      this.#here = contacts;
      // Who comes back says anew how they are; until then they are simply online.
      for (const contact of this.#told.keys()) if (!contacts.has(contact)) this.#told.delete(contact);
      this.#refresh();
    });
    const active = attention.lastActive.subscribe((at) => this.#noticeActivity(at));
    this.#undo.push(
      () => here.unsubscribe(),
      () => active.unsubscribe(),
      session.on('contact-arrived', (contact) => this.#tell(contact)),
      session.on('presence-told', ({ contact, presence, wantsReply }) => {
        this.#told.set(contact, presence);
        this.#refresh();
        if (wantsReply) this.#answer(contact);
      }),
    );
  }

  #noticeActivity(at: number): void {
    const { clock } = this.#options;
    this.#cancelIdleTimer?.();
    this.#cancelIdleTimer = undefined;
    const left = at + AWAY_AFTER_MS - clock.now();
    this.#setIdle(left <= 0);
    if (left > 0) this.#cancelIdleTimer = clock.after(left, () => this.#setIdle(true));
  }

  #setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    const before = this.#mine.value;
    this.#show(before.chosen);
    if (this.#mine.value.shown !== before.shown) this.#tell('everybody');
  }

  #show(chosen: OwnPresence): void {
    this.#mine.set({ chosen, shown: chosen === 'online' && this.#idle ? 'away' : chosen });
  }

  #tell(to: AccountId | 'everybody'): void {
    const { shown } = this.#mine.value;
    if (shown !== 'invisible') this.#options.session.tellPresence(shown, to, { wantReply: to !== 'everybody' });
  }

  #answer(to: AccountId): void {
    const { shown } = this.#mine.value;
    if (shown !== 'invisible') this.#options.session.tellPresence(shown, to, { wantReply: false });
  }

  #refresh(): void {
    this.#seen.set(new Map([...this.#here].map((contact) => [contact, this.#told.get(contact) ?? 'online'])));
  }
}
