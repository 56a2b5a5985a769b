/**
 * The door to calls of one account: what the person can do, and what the screens see. What becomes of it is decided in
 * `exchange.ts`; `history.ts` and `journal.ts` keep what was.
 */
import type { Cell, Observable } from '../lib/observable.ts';
import { succeed, type Result } from '../lib/result.ts';
import type { Write } from '../lib/write.ts';
import type { VideoWish } from '../protocol/call-word.ts';
import type { AccountId, ConversationId, GroupId } from '../protocol/ids.ts';
import type { CallEntry, CallKeeper, CallPlace, CallRoster } from '../session/call-entry.ts';
import type { CallFailure, CallWith, CurrentCall } from './call-view.ts';
import type { CallsOptions, CallStart } from './calls-options.ts';
import { Equipment } from './equipment.ts';
import { Exchange } from './exchange.ts';
import { CallHistory } from './history.ts';
import { Journal } from './journal.ts';
import type { CallRecord, CallSettings, CaptureFailure } from './ports.ts';
import type { Preview } from './preview.ts';
import { Rosters } from './rosters.ts';
import { Writing } from './writing.ts';

type Tried = Promise<Result<undefined, CallFailure>>;
type TriedDevice = Promise<Result<undefined, CaptureFailure>>;

/** What was settled in an earlier life. */
interface Kept {
  readonly settings: CallSettings | undefined;
  readonly seenUpTo: number;
}

export class Calls implements CallKeeper {
  readonly canCall: boolean;
  readonly #writing: Writing;
  readonly #history: CallHistory;
  readonly #journal: Journal;
  readonly #equipment: Equipment;
  readonly #rosters: Rosters;
  readonly #exchange: Exchange;
  readonly #stops: (() => void)[] = [];

  /** Takes up what was left: a call that a crash cut off is told of. */
  static async open(options: CallsOptions): Promise<Calls> {
    const { store } = options;
    const calls = new Calls(options, { settings: await store.settings(), seenUpTo: await store.seenUpTo() });
    await calls.#journal.finishLast();
    calls.#stops.push(calls.#history.watch(), calls.#exchange.watch());
    return calls;
  }

  private constructor(options: CallsOptions, { settings, seenUpTo }: Kept) {
    const writing = new Writing(options.troubled);
    this.canCall = options.maker.isSupported;
    this.#writing = writing;
    this.#history = new CallHistory({ ...options, writing, seenUpTo });
    this.#journal = new Journal({ ...options, writing });
    this.#rosters = new Rosters(options);
    this.#equipment = new Equipment({ ...options, writing, settings, changed: () => this.#exchange.show() });
    this.#exchange = new Exchange({ ...options, writing, journal: this.#journal, rosters: this.#rosters, equipment: this.#equipment });
  }

  /** Hangs up, and gives everything back. Afterwards nothing is told any more. */
  async close(): Promise<void> {
    this.hangUp();
    for (const stop of this.#stops) stop();
    this.#exchange.close();
    await this.#writing.done();
  }

  // ————— coming and going —————

  get current(): Cell<CurrentCall | undefined> {
    return this.#exchange.current;
  }

  /** Calls that are going on in groups, with those who are really there. */
  get going(): Cell<ReadonlyMap<GroupId, CallRoster>> {
    return this.#rosters.going;
  }

  /** Rings the contact, or begins a call in the group, or joins the one that is going on there. */
  start(whom: CallWith, options: CallStart): Tried {
    return this.#exchange.start(whom, options);
  }

  /** Answers what rings, or joins the group's call that does. */
  answer(options: CallStart): Tried {
    return this.#exchange.answer(options);
  }

  decline(): void {
    if (this.#exchange.isCalled) this.hangUp();
  }

  /** Gives up, declines, hangs up or leaves. */
  hangUp(): void {
    this.#exchange.hangUp();
  }

  /** Puts away a call that is over. */
  dismiss(): void {
    this.#exchange.dismiss();
  }

  // ————— devices —————

  get settings(): Cell<CallSettings> {
    return this.#equipment.settings;
  }

  /** Used from now on, in a call or preview that is open as well. What cannot be opened is told, and the old one stays on. */
  change(settings: CallSettings): TriedDevice {
    return this.#equipment.change(settings);
  }

  /** Turns the devices on to look at oneself; the next call takes them over. */
  preview(options: CallStart): Preview {
    return this.#equipment.preview(options);
  }

  // ————— in it —————

  /** How loud each is now, 0 to 1, myself included. */
  get levels(): Cell<ReadonlyMap<AccountId, number>> {
    return this.#exchange.levels;
  }

  setMuted(muted: boolean): void {
    this.#equipment.own?.setMuted(muted);
  }

  /** For who was without one, or lost it. */
  async setMicrophone(on: boolean): TriedDevice {
    return this.#equipment.own?.setMicrophone(on) ?? succeed(undefined);
  }

  async setCamera(on: boolean): TriedDevice {
    return this.#equipment.own?.setCamera(on) ?? succeed(undefined);
  }

  async shareScreen(options: { readonly sound: boolean }): TriedDevice {
    return this.#equipment.own?.shareScreen(options) ?? succeed(undefined);
  }

  stopSharing(): void {
    this.#equipment.own?.stopSharing();
  }

  setHand(raised: boolean): void {
    this.#equipment.own?.setHand(raised);
  }

  setVolume(person: AccountId, volume: number): void {
    this.#exchange.live?.setVolume(person, volume);
  }

  /** Nothing where I am no admin of the group. */
  askToMute(person: AccountId): void {
    this.#exchange.live?.askToMute(person);
  }

  show(wishes: ReadonlyMap<AccountId, VideoWish>): void {
    this.#exchange.live?.show(wishes);
  }

  // ————— what was —————

  get missed(): Cell<number> {
    return this.#history.missed;
  }

  /** Newest first. */
  history(limit: number): Observable<readonly CallRecord[]> {
    return this.#history.records(limit);
  }

  /** The person has looked at the history. */
  seen(): void {
    this.#history.seen();
  }

  keep(place: CallPlace, entry: CallEntry): readonly Write[] {
    return this.#history.keep(place, entry);
  }

  drop(conversation: ConversationId): readonly Write[] {
    return this.#history.drop(conversation);
  }
}
