/**
 * Calls of one account: the one this tab is in, is called to or just was in, and what is remembered of all of them. Sends what the
 * two state machines (`pair-call.ts`, `group-call.ts`) tell, and keeps devices and connections in step with them.
 */
import { randomBytes } from '../crypto/random.ts';
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import { callWord, type CallMedia, type CallWordBody, type VideoWish } from '../protocol/call-word.ts';
import { decode, encode } from '../protocol/codec.ts';
import {
  bytesOf,
  CALL_ID_BYTES,
  callIdOf,
  groupIdOf,
  operationIdOf,
  type AccountId,
  type CallId,
  type ConversationId,
  type GroupId,
} from '../protocol/ids.ts';
import type { IceServer } from '../protocol/signaling.ts';
import type { CallEntry, CallKeeper, CallPlace, CallRoster } from '../session/call-entry.ts';
import type { Session } from '../session/session.ts';
import type { CallFailure, CallOver, CallWith, CurrentCall, OwnMedia as OwnMediaView } from './call-view.ts';
import { cutOff, finishedAs, ongoingOf } from './finished.ts';
import { advanceGroup, awaited, MAX_IN_CALL, NO_GROUP_CALL, type GroupCallEvent, type GroupEffect, type GroupState } from './group-call.ts';
import { LADDER } from './ladder.ts';
import { LiveCall } from './live-call.ts';
import { Mesh } from './mesh.ts';
import { OwnMedia } from './own-media.ts';
import { advancePair, NO_CALL, type PairCall, type PairEffect, type PairEvent, type PairState } from './pair-call.ts';
import type {
  CallJournal,
  CallPeople,
  CallRecord,
  CallSettings,
  CallStore,
  CallTurn,
  CaptureFailure,
  GroupCalls,
  Host,
  MediaDevicesPort,
  MediaLinkMaker,
} from './ports.ts';
import { Preview } from './preview.ts';

/** The name of our reason for a link. */
const REASON = 'call';
const TICK_MS = 1_000;
/** How often it is noted that a call still goes on, should the page end without a word. */
const NOTE_MS = 15_000;
/** A call in a group that began longer ago calls nobody to it any more. */
const FRESH_MS = 120_000;
/** Records looked through for missed calls. */
const MISSED_AMONG = 200;

export const DEFAULT_SETTINGS: CallSettings = {
  microphone: undefined,
  camera: undefined,
  speaker: undefined,
  processing: { echoCancellation: true, noiseSuppression: true, autoGain: true },
};

/** What is on when a call begins. */
export interface CallStart {
  readonly media: CallMedia;
  readonly microphone: boolean;
  readonly camera: boolean;
}

export interface CallsOptions {
  readonly me: AccountId;
  readonly session: Pick<Session, 'callChannel' | 'on' | 'wantLink' | 'here' | 'links'>;
  readonly clock: Clock;
  readonly store: CallStore;
  readonly devices: MediaDevicesPort;
  readonly maker: MediaLinkMaker;
  /** STUN and TURN servers with credentials that are valid now. */
  readonly iceServers: () => readonly IceServer[];
  readonly host: Host;
  readonly turn: CallTurn;
  readonly people: CallPeople;
  readonly groups: GroupCalls;
  readonly journal: CallJournal;
  readonly troubled: (reason: unknown) => void;
}

type Tried = Promise<Result<undefined, CallFailure>>;
type Over = Extract<CurrentCall, { phase: 'over' }>;

export class Calls implements CallKeeper {
  readonly current = new Cell<CurrentCall | undefined>(undefined);
  /** Calls that are going on in groups, with those who are really there. */
  readonly going = new Cell<ReadonlyMap<GroupId, CallRoster>>(new Map());
  /** How loud each is now, 0 to 1, myself included. */
  readonly levels = new Cell<ReadonlyMap<AccountId, number>>(new Map());
  readonly settings: Cell<CallSettings>;
  readonly missed = new Cell(0);
  readonly #options: CallsOptions;
  readonly #stops: (() => void)[] = [];
  /** What is written, one after another. */
  readonly #serial = new Serial();
  /** Calls in groups that were there before, or have called already. */
  readonly #known = new Set<CallId>();
  #records: readonly CallRecord[] = [];
  #seenUpTo: number;
  #pair: PairCall = NO_CALL;
  #group: GroupState = NO_GROUP_CALL;
  #over: Over | undefined;
  #live: LiveCall | undefined;
  #own: OwnMedia | undefined;
  #preview: Preview | undefined;
  #turn: { give(): void } | undefined;
  /** Devices are being opened for it. */
  #starting: CallWith | undefined;
  #taking: Promise<{ give(): void } | undefined> | undefined;
  #wanted: ReadonlySet<AccountId> = new Set();
  #stopTicking: (() => void) | undefined;
  #notedAt = 0;
  #closed = false;

  /** Takes up what was left: a call that a crash cut off is told of. */
  static async open(options: CallsOptions): Promise<Calls> {
    const { store } = options;
    const calls = new Calls(options, (await store.settings()) ?? DEFAULT_SETTINGS, await store.seenUpTo());
    await calls.#finishLast();
    calls.#watch();
    return calls;
  }

  private constructor(options: CallsOptions, settings: CallSettings, seenUpTo: number) {
    this.#options = options;
    this.settings = new Cell(settings);
    this.#seenUpTo = seenUpTo;
  }

  get canCall(): boolean {
    return this.#options.maker.isSupported;
  }

  /** Hangs up, and gives everything back. Afterwards nothing is told any more. */
  async close(): Promise<void> {
    this.hangUp();
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#preview?.close();
    this.#release();
    await this.#serial.run(() => Promise.resolve());
  }

  // ————— coming and going —————

  /** Rings the contact, or begins a call in the group, or joins the one that is going on there. */
  async start(whom: CallWith, options: CallStart): Tried {
    if (this.#isCalledBy(whom)) return this.answer(options);
    if (this.#isBusy || this.#starting) return fail({ kind: 'in-call' });
    this.#starting = whom;
    try {
      const failure = this.#whyNot(whom) ?? (await this.#prepare(options));
      if (failure) return fail(failure);
      if (whom.kind === 'contact') this.#begin(whom.contact, options.media);
      else this.#joinGroup(whom.group, options.media);
      return succeed(undefined);
    } finally {
      this.#starting = undefined;
      this.#settle();
    }
  }

  /** Answers what rings, or joins the group's call that does. */
  async answer(options: CallStart): Tried {
    const called = this.#calledTo();
    if (!called) return fail({ kind: 'call-gone' });
    if (this.#starting) return fail({ kind: 'in-call' });
    this.#starting = called.with;
    try {
      const failure = this.#whyNot(called.with) ?? (await this.#prepare(options));
      if (failure) return fail(failure);
      if (this.#calledTo()?.call !== called.call) return fail({ kind: 'call-gone' });
      if (called.with.kind === 'contact') this.#advancePair({ type: 'answer', media: options.media });
      else this.#joinGroup(called.with.group, options.media);
      return succeed(undefined);
    } finally {
      this.#starting = undefined;
      this.#settle();
    }
  }

  decline(): void {
    if (this.#calledTo()) this.hangUp();
  }

  /** Gives up, declines, hangs up or leaves. */
  hangUp(): void {
    this.#advancePair({ type: 'leave' });
    this.#advanceGroup({ type: 'leave', why: 'by-me' });
  }

  /** Puts away a call that is over. */
  dismiss(): void {
    this.#over = undefined;
    this.#show();
  }

  // ————— before it —————

  /** Turns the devices on to look at oneself; the next call takes them over. */
  preview(options: CallStart): Preview {
    this.#preview?.close();
    const preview = new Preview(this.#createOwn(), this.#options.clock, options);
    this.#preview = preview;
    return preview;
  }

  // ————— in it —————

  setMuted(muted: boolean): void {
    this.#own?.setMuted(muted);
  }

  /** For who was without one, or lost it. */
  setMicrophone(on: boolean): Promise<Result<undefined, CaptureFailure>> {
    return this.#own?.setMicrophone(on) ?? Promise.resolve(succeed(undefined));
  }

  setCamera(on: boolean): Promise<Result<undefined, CaptureFailure>> {
    return this.#own?.setCamera(on) ?? Promise.resolve(succeed(undefined));
  }

  shareScreen(options: { readonly sound: boolean }): Promise<Result<undefined, CaptureFailure>> {
    return this.#own?.shareScreen(options) ?? Promise.resolve(succeed(undefined));
  }

  stopSharing(): void {
    this.#own?.stopSharing();
  }

  setHand(raised: boolean): void {
    this.#own?.setHand(raised);
  }

  setVolume(person: AccountId, volume: number): void {
    this.#live?.setVolume(person, volume);
  }

  /** Nothing where I am no admin of the group. */
  askToMute(person: AccountId): void {
    this.#live?.askToMute(person);
  }

  show(wishes: ReadonlyMap<AccountId, VideoWish>): void {
    this.#live?.show(wishes);
  }

  /** Used from now on, in a call or preview that is open as well. What cannot be opened is told, and the old one stays on. */
  async change(settings: CallSettings): Promise<Result<undefined, CaptureFailure>> {
    const before = this.settings.value;
    this.settings.set(settings);
    const { store } = this.#options;
    await this.#serial.run(() => store.commit([store.putSettings(settings)]));
    const own = this.#own ?? this.#preview?.media;
    if (!own) return succeed(undefined);
    const processed = JSON.stringify(before.processing) !== JSON.stringify(settings.processing);
    if (before.microphone !== settings.microphone || processed) {
      const reopened = await own.reopen('microphone');
      if (!reopened.ok) return reopened;
    }
    return before.camera === settings.camera ? succeed(undefined) : own.reopen('camera');
  }

  // ————— what was —————

  /** Newest first. */
  history(limit: number): Observable<readonly CallRecord[]> {
    return this.#options.store.records(limit);
  }

  /** The person has looked at the history. */
  seen(): void {
    const { store } = this.#options;
    this.#seenUpTo = this.#records.reduce((newest, { wall }) => Math.max(newest, wall), this.#seenUpTo);
    this.#countMissed();
    this.#write(() => store.commit([store.putSeenUpTo(this.#seenUpTo)]));
  }

  keep(place: CallPlace, entry: CallEntry): readonly Write[] {
    return [this.#options.store.putRecord({ ...place, entry })];
  }

  drop(conversation: ConversationId): readonly Write[] {
    return [this.#options.store.dropRecords(conversation)];
  }

  // ————— beginning —————

  get #isBusy(): boolean {
    return this.#pair.state.phase !== 'idle' || this.#group.phase !== 'idle';
  }

  /** What rings here. */
  #calledTo(): { readonly call: CallId; readonly with: CallWith } | undefined {
    const { state } = this.#pair;
    if (state.phase === 'ringing') return { call: state.call, with: { kind: 'contact', contact: state.peer } };
    const group = this.#group;
    return group.phase === 'ringing' ? { call: group.call, with: { kind: 'group', group: group.group } } : undefined;
  }

  #isCalledBy(whom: CallWith): boolean {
    const called = this.#calledTo()?.with;
    if (called?.kind === 'contact') return whom.kind === 'contact' && whom.contact === called.contact;
    return called?.kind === 'group' && whom.kind === 'group' && whom.group === called.group;
  }

  #whyNot(whom: CallWith): CallFailure | undefined {
    const { people, maker, me } = this.#options;
    if (this.#closed || !maker.isSupported) return { kind: 'no-calls-here' };
    if (whom.kind === 'contact') return people.isContact(whom.contact) ? undefined : { kind: 'not-allowed' };
    if (!people.isMember(whom.group, me)) return { kind: 'not-allowed' };
    const there = this.going.value.get(whom.group)?.people.length ?? 0;
    return there >= MAX_IN_CALL ? { kind: 'call-full', limit: MAX_IN_CALL } : undefined;
  }

  /** Takes the browser's one turn, and opens the devices. */
  async #prepare(options: CallStart): Promise<CallFailure | undefined> {
    if (!(await this.#takeTurn())) return { kind: 'in-another-tab' };
    const preview = this.#preview;
    const own = preview?.media ?? this.#createOwn();
    const microphone = await own.setMicrophone(options.microphone);
    if (!microphone.ok || this.#closed) {
      if (!preview) own.close();
      return microphone.ok ? { kind: 'call-gone' } : microphone.failure;
    }
    this.#own = preview?.take() ?? own;
    this.#preview = undefined;
    // Without a camera it is a call all the same; why there is no picture is seen where the picture would be.
    own.setCamera(options.camera).catch((reason: unknown) => this.#options.troubled(reason));
    own.watch({ changed: () => this.#show(), sending: () => undefined });
    return undefined;
  }

  #createOwn(): OwnMedia {
    const [top] = LADDER;
    if (!top) throw new Error('Broken invariant: the ladder has a top');
    return new OwnMedia({ devices: this.#options.devices, settings: () => this.settings.value, size: top.size });
  }

  #begin(contact: AccountId, media: CallMedia): void {
    this.#over = undefined;
    this.#advancePair({ type: 'start', call: callIdOf(randomBytes(CALL_ID_BYTES)), peer: contact, media });
  }

  /** The call that is going on there, or a new one. What is left of calls nobody is in any more is ended by whoever comes next. */
  #joinGroup(group: GroupId, media: CallMedia): void {
    this.#over = undefined;
    const rosters = this.#rostersOf(group);
    const [going] = rosters.filter(({ people }) => people.length > 0);
    for (const left of going ? [] : rosters) this.#tellGroup(group, { call: left.call, media: left.media, act: 'ended' });
    const call = going?.call ?? callIdOf(randomBytes(CALL_ID_BYTES));
    this.#known.add(call);
    this.#advanceGroup({
      type: 'join',
      group,
      call,
      media: going?.media ?? media,
      act: going ? 'joined' : 'started',
      expected: going?.people ?? [],
    });
  }

  // ————— what comes —————

  #watch(): void {
    const { session, groups, people, store } = this.#options;
    const subscriptions = [
      groups.rosters.subscribe(() => this.#rostersChanged()),
      session.here.subscribe(() => this.#rostersChanged()),
      session.links.subscribe(() => this.#rostersChanged()),
      people.changes.subscribe(() => this.#peopleChanged()),
      store.records(MISSED_AMONG).subscribe((records) => {
        this.#records = records;
        this.#countMissed();
      }),
    ];
    this.#stops.push(
      session.on('call-word', ({ from, body }) => this.#received(from, body)),
      session.on('link-secured', ({ account }) => this.#linked(account)),
      ...subscriptions.map((subscription) => () => subscription.unsubscribe()),
    );
  }

  #received(from: AccountId, body: Bytes): void {
    if (this.#closed) return;
    const decoded = decode(callWord, body);
    if (!decoded.ok) {
      this.#options.session.callChannel.close(from);
      return;
    }
    const { word } = decoded.value;
    const call = callIdOf(decoded.value.call);
    const group = this.#groupOf(call, word);
    if (group) this.#hearInGroup(group, from, call, word);
    else if (this.#options.people.isContact(from)) this.#hear(from, call, word);
  }

  /** The group whose call it is about, if it is about one. */
  #groupOf(call: CallId, word: CallWordBody): GroupId | undefined {
    if (word.type === 'present') return groupIdOf(operationIdOf(word.group));
    return this.#group.phase !== 'idle' && this.#group.call === call ? this.#group.group : undefined;
  }

  #hearInGroup(group: GroupId, from: AccountId, call: CallId, word: CallWordBody): void {
    if (!this.#options.people.isMember(group, from)) return;
    const state = this.#group;
    if (state.phase === 'in' && state.group === group) {
      this.#advanceGroup({ type: 'word', from, call, word });
      if (call === this.#callId) this.#live?.receive(from, word);
    } else if (word.type === 'present') {
      // They think I am in it: by an old roster, or from before this page.
      this.#tell(from, call, { type: 'end', reason: 'failed' });
    }
  }

  #hear(from: AccountId, call: CallId, word: CallWordBody): void {
    if (word.type === 'ring' && !this.#mayRing(from, call, word)) return;
    this.#advancePair({ type: 'word', from, call, word });
    const { state } = this.#pair;
    if (state.phase === 'in' && state.call === call && state.peer === from) this.#live?.receive(from, word);
  }

  /** Whether a ring can be heard now. If not it was answered, or comes again in a moment. */
  #mayRing(from: AccountId, call: CallId, word: CallWordBody): boolean {
    if (this.#pair.state.phase !== 'idle' || this.#pair.ended.some((each) => each.call === call)) return true;
    if (this.#group.phase === 'in' || !this.#options.maker.isSupported) {
      this.#tell(from, call, { type: 'end', reason: 'busy' });
      return false;
    }
    if (this.#starting) {
      // We are about to ring them: the two become one as soon as we do.
      const isSame = this.#starting.kind === 'contact' && this.#starting.contact === from;
      if (!isSame) this.#tell(from, call, { type: 'end', reason: 'busy' });
      return false;
    }
    // Somebody wants this person, and not just whoever is in the group.
    this.#advanceGroup({ type: 'leave', why: 'missed' });
    this.#ringWithTurn(from, call, word);
    return false;
  }

  /** Asks for the browser's turn first: in another tab there may be a call. */
  #ringWithTurn(from: AccountId, call: CallId, word: CallWordBody): void {
    if (this.#taking) return;
    this.#takeTurn().then(
      (taken) => {
        if (taken && !this.#isBusy && !this.#starting && !this.#closed) this.#advancePair({ type: 'word', from, call, word });
        else if (!taken) this.#tell(from, call, { type: 'end', reason: 'busy' });
        this.#settle();
      },
      (reason: unknown) => this.#options.troubled(reason),
    );
  }

  #linked(account: AccountId): void {
    this.#advancePair({ type: 'linked', account });
    this.#advanceGroup({ type: 'linked', account });
    this.#live?.linked(account);
  }

  #peopleChanged(): void {
    const { people, me } = this.#options;
    const { state } = this.#pair;
    if (state.phase !== 'idle' && !people.isContact(state.peer)) this.#advancePair({ type: 'leave' });
    const group = this.#group;
    if (group.phase === 'idle') return;
    if (!people.isMember(group.group, me)) {
      this.#advanceGroup({ type: 'leave', why: 'removed' });
      return;
    }
    for (const account of awaited(group)) if (!people.isMember(group.group, account)) this.#advanceGroup({ type: 'gone', account });
    this.#show();
  }

  // ————— calls in groups —————

  /** Smallest id first; of the people those who can be there, myself not among them. */
  #rostersOf(group: GroupId): readonly CallRoster[] {
    return this.#rosters().filter((roster) => roster.group === group);
  }

  #rosters(): readonly CallRoster[] {
    const { me, people, session } = this.#options;
    const here = valueOf(session.here);
    const links = valueOf(session.links);
    return valueOf(this.#options.groups.rosters)
      .map((roster) => ({
        ...roster,
        people: roster.people.filter(
          (account) => account !== me && people.isMember(roster.group, account) && (here.has(account) || links.has(account)),
        ),
      }))
      .toSorted((a, b) => (a.call < b.call ? -1 : 1));
  }

  #rostersChanged(): void {
    const rosters = this.#rosters();
    const group = this.#group;
    if (group.phase !== 'idle') {
      this.#advanceGroup({ type: 'rosters', rosters: rosters.filter((roster) => roster.group === group.group) });
    }
    this.#showGoing(rosters);
    for (const roster of rosters) this.#ringFor(roster);
  }

  /** Of two at once in a group the one that remains. */
  #showGoing(rosters: readonly CallRoster[]): void {
    const { me } = this.#options;
    const mine = this.#idOf(this.#group);
    const going = new Map<GroupId, CallRoster>();
    for (const roster of rosters) {
      const people = roster.call === mine ? [...(this.#live?.accounts ?? []), me] : roster.people;
      if (people.length > 0 && !going.has(roster.group)) going.set(roster.group, { ...roster, people });
    }
    if (!sameRosters(this.going.value, going)) this.going.set(going);
  }

  /** A call that has just begun in a group calls its members to it, once. */
  #ringFor(roster: CallRoster): void {
    const { me, clock, maker } = this.#options;
    const { group, call, media, by, began, people } = roster;
    if (this.#known.has(call) || people.length === 0) return;
    this.#known.add(call);
    const isFresh = Math.abs(clock.now() - began) <= FRESH_MS;
    if (by === me || !isFresh || this.#isBusy || this.#starting || !maker.isSupported) return;
    this.#takeTurn().then(
      (taken) => {
        if (taken && !this.#isBusy) this.#advanceGroup({ type: 'ring', group, call, media, from: by });
        this.#settle();
      },
      (reason: unknown) => this.#options.troubled(reason),
    );
  }

  #tellGroup(group: GroupId, act: Parameters<GroupCalls['tell']>[1]): void {
    const { groups, troubled } = this.#options;
    this.#serial
      .run(() => groups.tell(group, act))
      .then(
        (told) => {
          const isComing = act.act === 'started' || act.act === 'joined';
          if (!told.ok && isComing && this.#callId === act.call) this.#advanceGroup({ type: 'leave', why: 'removed' });
        },
        (reason: unknown) => troubled(reason),
      );
  }

  // ————— the machines —————

  #advancePair(event: PairEvent): void {
    const before = this.#pair.state;
    const { next, effects } = advancePair(this.#pair, event, this.#options.clock.now());
    this.#pair = next;
    if (next.state.phase === 'in' && (before.phase !== 'in' || before.call !== next.state.call)) this.#enter([next.state.peer]);
    for (const effect of effects) this.#carryOutPair(effect);
    if (next.state !== before) this.#note(before, next.state);
    this.#settle();
  }

  #carryOutPair(effect: PairEffect): void {
    switch (effect.type) {
      case 'tell':
        this.#tell(effect.to, effect.call, effect.word);
        break;
      case 'over': {
        const { call, why } = effect;
        const since = call.phase === 'in' ? call.answered : undefined;
        const isDeclined = call.phase === 'ringing' && why === 'by-me';
        if (!isDeclined) this.#finish(call.call, { kind: 'contact', contact: call.peer }, { media: call.media, why, since });
        this.#enterInJournal(call, why);
        break;
      }
      default:
        assertNever(effect);
    }
  }

  #advanceGroup(event: GroupCallEvent): void {
    const before = this.#group;
    const { next, effects } = advanceGroup(before, event, this.#options.clock.now());
    this.#group = next;
    const { store } = this.#options;
    if (next.phase === 'in' && before.phase !== 'in') this.#enter([]);
    if (next.phase === 'in' && this.#idOf(before) !== next.call) {
      const { call, group, media } = next;
      this.#write(() => store.commit([store.putOngoing({ kind: 'group', call, group, media })]));
    }
    for (const effect of effects) this.#carryOutGroup(effect);
    if (next !== before) this.#settle();
  }

  #carryOutGroup(effect: GroupEffect): void {
    const { store } = this.#options;
    switch (effect.type) {
      case 'tell':
        this.#tell(effect.to, effect.call, effect.word);
        break;
      case 'act':
        this.#tellGroup(effect.group, { call: effect.call, act: effect.act, media: effect.media });
        break;
      case 'admit':
        this.#live?.admit(effect.account);
        break;
      case 'dismiss':
        this.#live?.dismiss(effect.account);
        break;
      case 'over': {
        const { call, why } = effect;
        // One that only called to it goes on without me, and can be joined from the group.
        if (call.phase === 'ringing') break;
        this.#write(() => store.commit([store.putOngoing(undefined)]));
        this.#finish(call.call, { kind: 'group', group: call.group }, { media: call.media, why, since: call.since });
        break;
      }
      default:
        assertNever(effect);
    }
  }

  // ————— being in it —————

  #enter(accounts: readonly AccountId[]): void {
    const { me, clock, host, people, maker, iceServers, troubled } = this.#options;
    const own = this.#own ?? this.#createOwn();
    this.#own = own;
    this.#over = undefined;
    this.#live?.close();
    const live = new LiveCall({
      me,
      clock,
      host,
      own,
      since: clock.now(),
      topology: (hooks) => new Mesh({ me, maker, clock, iceServers, tracks: () => own.tracks, ...hooks }),
      tell: (to, word) => {
        if (this.#callId) this.#tell(to, this.#callId, word);
      },
      isAdmin: (account) => this.#group.phase === 'in' && people.isAdmin(this.#group.group, account),
      isVerified: (account) => people.isVerified(account),
      changed: () => this.#show(),
      troubled,
    });
    this.#live = live;
    live.levels.subscribe((levels) => this.levels.set(levels));
    for (const account of accounts) live.admit(account);
  }

  /** `since`: when talking began. */
  #finish(
    call: CallId,
    place: CallWith,
    end: { readonly media: CallMedia; readonly why: CallOver; readonly since: number | undefined },
  ): void {
    const { media, why, since } = end;
    const duration = since === undefined ? 0 : Math.max(0, this.#options.clock.now() - since);
    this.#over = { phase: 'over', call, with: place, media, why, duration };
  }

  /** After every step: what is not needed any more is given back, and the screens see how it stands. */
  #settle(): void {
    if (!this.#live || this.#callId === undefined) {
      this.#live?.close();
      this.#live = undefined;
    }
    if (!this.#isBusy && !this.#starting) {
      this.#own?.close();
      this.#own = undefined;
      if (!this.#taking) this.#release();
    }
    this.#showGoing(this.#rosters());
    this.#wantLinks();
    this.#tickOn();
    this.#show();
  }

  #wantLinks(): void {
    const { state } = this.#pair;
    const wanted = new Set([...(state.phase === 'idle' ? [] : [state.peer]), ...awaited(this.#group)]);
    const before = this.#wanted;
    this.#wanted = wanted;
    const { session } = this.#options;
    for (const account of before) if (!wanted.has(account)) session.wantLink(account, REASON, false);
    for (const account of wanted) if (!before.has(account)) session.wantLink(account, REASON, true);
  }

  #tickOn(): void {
    if (this.#isBusy === (this.#stopTicking !== undefined)) return;
    this.#stopTicking?.();
    this.#stopTicking = this.#isBusy ? this.#options.clock.after(TICK_MS, () => this.#tick()) : undefined;
  }

  #tick(): void {
    this.#stopTicking = undefined;
    const live = this.#live;
    const { state } = this.#pair;
    if (state.phase !== 'idle') this.#advancePair({ type: 'tick', connected: live?.isConnected(state.peer) ?? false });
    const connected = new Set(live?.accounts.filter((account) => live.isConnected(account)));
    if (this.#group.phase !== 'idle') this.#advanceGroup({ type: 'tick', connected });
    this.#tickOn();
  }

  get #callId(): CallId | undefined {
    const { state } = this.#pair;
    if (state.phase === 'in') return state.call;
    return this.#group.phase === 'in' ? this.#group.call : undefined;
  }

  #idOf(state: GroupState): CallId | undefined {
    return state.phase === 'in' ? state.call : undefined;
  }

  #tell(to: AccountId, call: CallId, word: CallWordBody): void {
    this.#options.session.callChannel.tell(to, encode(callWord, { call: bytesOf(call), word }));
  }

  // ————— one at a time —————

  async #takeTurn(): Promise<boolean> {
    if (this.#turn) return true;
    this.#taking ??= this.#options.turn.take().finally(() => {
      this.#taking = undefined;
    });
    const turn = await this.#taking;
    // Two may have waited for the one turn, and the account may be closed meanwhile.
    if (this.#closed) turn?.give();
    else this.#turn ??= turn;
    return this.#turn !== undefined;
  }

  #release(): void {
    this.#turn?.give();
    this.#turn = undefined;
  }

  // ————— what is remembered —————

  async #finishLast(): Promise<void> {
    const { store, journal, groups } = this.#options;
    const last = await store.ongoing();
    if (!last) return;
    if (last.kind === 'two') {
      await journal.enter(last.contact, cutOff(last), [store.putOngoing(undefined)]);
      return;
    }
    await groups.tell(last.group, { call: last.call, act: 'left', media: last.media });
    await store.commit([store.putOngoing(undefined)]);
  }

  #note(before: PairState, after: PairState): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    const isNews =
      before.phase !== after.phase || (after.phase === 'calling' && before.phase === 'calling' && before.reached !== after.reached);
    const ongoing = ongoingOf(after, now);
    if (!ongoing || (!isNews && now - this.#notedAt < NOTE_MS)) return;
    this.#notedAt = now;
    this.#write(() => store.commit([store.putOngoing(ongoing)]));
  }

  #enterInJournal(call: Exclude<PairState, { phase: 'idle' }>, why: CallOver): void {
    const { store, journal, clock } = this.#options;
    const finished = finishedAs(call, why, clock.now());
    if (finished) this.#write(() => journal.enter(call.peer, finished, [store.putOngoing(undefined)]));
  }

  #write(task: () => Promise<unknown>): void {
    this.#serial.run(task).catch((reason: unknown) => this.#options.troubled(reason));
  }

  #countMissed(): void {
    const { me } = this.#options;
    const isMissed = ({ author, wall, entry }: CallRecord) =>
      author !== me && wall > this.#seenUpTo && entry.kind === 'two' && entry.outcome !== 'answered' && entry.outcome !== 'declined';
    this.missed.set(this.#records.filter(isMissed).length);
  }

  // ————— what is shown —————

  #show(): void {
    if (!this.#closed) this.current.set(this.#pairView() ?? this.#groupView() ?? this.#over);
  }

  #pairView(): CurrentCall | undefined {
    const { state } = this.#pair;
    if (state.phase === 'idle') return undefined;
    const base = { call: state.call, with: { kind: 'contact' as const, contact: state.peer }, media: state.media };
    switch (state.phase) {
      case 'calling':
        return { ...base, phase: 'calling', since: state.began, reached: state.reached, own: this.#ownView };
      case 'ringing': {
        const quiet = this.#options.people.isQuiet({ contact: state.peer });
        return { ...base, phase: 'ringing', since: state.began, from: state.peer, quiet };
      }
      case 'in':
        return this.#live && { ...base, ...this.#live.view() };
      default:
        return assertNever(state);
    }
  }

  #groupView(): CurrentCall | undefined {
    const state = this.#group;
    if (state.phase === 'idle') return undefined;
    const base = { call: state.call, with: { kind: 'group' as const, group: state.group }, media: state.media };
    if (state.phase === 'in') return this.#live && { ...base, ...this.#live.view() };
    return { ...base, phase: 'ringing', since: state.since, from: state.from, quiet: this.#options.people.isQuiet({ group: state.group }) };
  }

  get #ownView(): OwnMediaView {
    return (this.#own ?? this.#createOwn()).view;
  }
}

function sameRosters(a: ReadonlyMap<GroupId, CallRoster>, b: ReadonlyMap<GroupId, CallRoster>): boolean {
  const keyOf = (rosters: ReadonlyMap<GroupId, CallRoster>) =>
    [...rosters.values()].map(({ call, people }) => `${call} ${people.join(' ')}`).join('\n');
  return keyOf(a) === keyOf(b);
}

/** What it holds now: everything watched here tells its value on subscribing. */
function valueOf<Value>(observable: Observable<Value>): Value {
  const told: Value[] = [];
  observable.subscribe((value) => told.push(value)).unsubscribe();
  if (told.length === 0) throw new Error('Broken invariant: it tells its value at once');
  return told[0] as Value;
}
