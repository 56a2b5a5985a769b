/**
 * Where both sides of calls come together: one call at a time, what rings and what is answered, and devices, links and the live
 * call in step with what the two machines say.
 */
import { randomBytes } from '../crypto/random.ts';
import { Cell } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { callWord, type CallWordBody } from '../protocol/call-word.ts';
import { encode } from '../protocol/codec.ts';
import { bytesOf, CALL_ID_BYTES, callIdOf, type AccountId, type CallId } from '../protocol/ids.ts';
import { showGroup, showOver, showPair, withWhom, type GoingCall, type OverView, type Surroundings } from './call-shown.ts';
import type { CallFailure, CallOver, CallWith, CurrentCall } from './call-view.ts';
import type { CallsOptions, CallStart } from './calls-options.ts';
import type { Equipment } from './equipment.ts';
import { awaited, MAX_IN_CALL } from './group-call.ts';
import { GroupSide } from './group-side.ts';
import { Hearing } from './hearing.ts';
import type { Journal } from './journal.ts';
import { LiveCall } from './live-call.ts';
import { Mesh } from './mesh.ts';
import { PairSide } from './pair-side.ts';
import type { Rosters } from './rosters.ts';
import { Turn } from './turn.ts';
import { WantedLinks } from './wanted-links.ts';
import type { Writing } from './writing.ts';

/** How often it is looked at whether a call still goes on. Milliseconds. */
const TICK_MS = 1_000;

type Tried = Promise<Result<undefined, CallFailure>>;

export interface ExchangeOptions extends Omit<CallsOptions, 'journal'> {
  readonly writing: Writing;
  readonly journal: Journal;
  readonly rosters: Rosters;
  readonly equipment: Equipment;
}

export class Exchange {
  readonly current = new Cell<CurrentCall | undefined>(undefined);
  /** How loud each is now, 0 to 1, myself included. */
  readonly levels = new Cell<ReadonlyMap<AccountId, number>>(new Map());
  readonly #options: ExchangeOptions;
  readonly #turn: Turn;
  readonly #links: WantedLinks;
  readonly #pair: PairSide;
  readonly #group: GroupSide;
  readonly #hearing: Hearing;
  #over: OverView | undefined;
  #live: LiveCall | undefined;
  /** Devices are being opened for it. */
  #starting: CallWith | undefined;
  #stopTicking: (() => void) | undefined;
  #closed = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#turn = new Turn(options.turn);
    this.#links = new WantedLinks(options.session);
    const tell = (to: AccountId, call: CallId, word: CallWordBody) => this.#tell(to, call, word);
    const shared = { ...options, tell, over: this.#showOver, moved: () => this.#settle() };
    this.#pair = new PairSide({ ...shared, entered: (peer) => this.#enter([peer]) });
    this.#group = new GroupSide({
      ...shared,
      entered: () => this.#enter([]),
      admit: (account) => this.#live?.admit(account),
      dismiss: (account) => this.#live?.dismiss(account),
      begun: (ring) => {
        if (options.maker.isSupported && this.#isFree) this.#ring(ring, () => undefined);
      },
    });
    this.#hearing = new Hearing({
      people: options.people,
      pair: this.#pair,
      group: this.#group,
      canCall: options.maker.isSupported,
      starting: () => this.#starting,
      tell,
      refuse: (from) => options.session.callChannel.close(from),
      toLive: (from, word) => this.#live?.receive(from, word),
      ring: (ring, taken) => {
        // While it is being asked for, a ring comes again in a moment.
        if (!this.#turn.isTaking) this.#ring(ring, taken);
      },
    });
  }

  /** The call I am in. */
  get live(): LiveCall | undefined {
    return this.#live;
  }

  /** Somebody calls, and the person has not said anything to it. */
  get isCalled(): boolean {
    return this.#calledTo !== undefined;
  }

  /** Listens to the world from now on; returns how to stop. */
  watch(): () => void {
    const { session, rosters, people } = this.#options;
    const changes = people.changes.subscribe(() => this.#peopleChanged());
    const stops = [
      rosters.watch(() => {
        this.#group.rostersChanged();
        this.#showGoing();
      }),
      session.on('call-word', ({ from, body }) => {
        if (!this.#closed) this.#hearing.receive(from, body);
      }),
      session.on('link-secured', ({ account }) => this.#linked(account)),
      () => changes.unsubscribe(),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  close(): void {
    this.#closed = true;
    this.#options.equipment.close();
    this.#turn.close();
  }

  // ————— coming and going —————

  /** Rings the contact, or begins a call in the group, or joins the one that is going on there. */
  async start(whom: CallWith, options: CallStart): Tried {
    const called = this.#calledTo;
    if (called && isSameCallee(called.with, whom)) return this.answer(options);
    if (!this.#isFree) return fail({ kind: 'in-call' });
    return this.#begin(whom, options, () => {
      if (whom.kind === 'group') this.#group.join(whom.group, options.media);
      else this.#pair.advance({ type: 'start', call: callIdOf(randomBytes(CALL_ID_BYTES)), peer: whom.contact, media: options.media });
      return undefined;
    });
  }

  /** Answers what rings, or joins the group's call that does. */
  async answer(options: CallStart): Tried {
    const called = this.#calledTo;
    if (!called) return fail({ kind: 'call-gone' });
    if (this.#starting) return fail({ kind: 'in-call' });
    return this.#begin(called.with, options, () => {
      if (this.#calledTo?.call !== called.call) return { kind: 'call-gone' };
      if (called.with.kind === 'group') this.#group.join(called.with.group, options.media);
      else this.#pair.advance({ type: 'answer', media: options.media });
      return undefined;
    });
  }

  /** Gives up, declines, hangs up or leaves. */
  hangUp(): void {
    this.#pair.advance({ type: 'leave' });
    this.#group.advance({ type: 'leave', why: 'by-me' });
  }

  /** Puts away a call that is over. */
  dismiss(): void {
    this.#over = undefined;
    this.show();
  }

  /** The screens see how it stands. */
  show(): void {
    if (this.#closed) return;
    const { people, equipment } = this.#options;
    const surroundings: Surroundings = { people, live: () => this.#live?.view(), own: () => equipment.view };
    this.current.set(showPair(this.#pair.state, surroundings) ?? showGroup(this.#group.state, surroundings) ?? this.#over);
  }

  readonly #showOver = (call: GoingCall, why: CallOver): void => {
    this.#over = showOver(call, why, this.#options.clock.now()) ?? this.#over;
  };

  // ————— beginning —————

  /** Nothing rings or goes on here, and nothing is about to. */
  get #isFree(): boolean {
    return this.#isIdle && !this.#starting && !this.#closed;
  }

  get #isIdle(): boolean {
    return this.#pair.state.phase === 'idle' && this.#group.state.phase === 'idle';
  }

  /** What rings here. */
  get #calledTo(): { readonly call: CallId; readonly with: CallWith } | undefined {
    const ringing = [this.#pair.state, this.#group.state].find((state) => state.phase === 'ringing');
    return ringing && { call: ringing.call, with: withWhom(ringing) };
  }

  /** Opens the devices in the browser's one turn; `enter` then does it, or says why not. */
  async #begin(whom: CallWith, options: CallStart, enter: () => CallFailure | undefined): Tried {
    this.#starting = whom;
    this.#over = undefined;
    try {
      const failure = this.#whyNot(whom) ?? (await this.#prepare(options)) ?? enter();
      return failure ? fail(failure) : succeed(undefined);
    } finally {
      this.#starting = undefined;
      this.#settle();
    }
  }

  #whyNot(whom: CallWith): CallFailure | undefined {
    const { people, me } = this.#options;
    if (this.#closed || !this.#options.maker.isSupported) return { kind: 'no-calls-here' };
    if (whom.kind === 'contact') return people.isContact(whom.contact) ? undefined : { kind: 'not-allowed' };
    if (!people.isMember(whom.group, me)) return { kind: 'not-allowed' };
    const there = this.#options.rosters.going.value.get(whom.group)?.people.length ?? 0;
    return there >= MAX_IN_CALL ? { kind: 'call-full', limit: MAX_IN_CALL } : undefined;
  }

  async #prepare(options: CallStart): Promise<CallFailure | undefined> {
    if (!(await this.#turn.take())) return { kind: 'in-another-tab' };
    const opened = await this.#options.equipment.open(options);
    if (!opened.ok) return opened.failure;
    return this.#closed ? { kind: 'call-gone' } : undefined;
  }

  // ————— what happens —————

  /** Asks for the browser's turn first: in another tab there may be a call. */
  #ring(ring: () => void, taken: () => void): void {
    this.#turn.take().then((isMine) => {
      if (!isMine) taken();
      else if (this.#isFree) ring();
      this.#settle();
    }, this.#options.troubled);
  }

  #linked(account: AccountId): void {
    this.#pair.advance({ type: 'linked', account });
    this.#group.advance({ type: 'linked', account });
    this.#live?.linked(account);
  }

  #peopleChanged(): void {
    const { state } = this.#pair;
    if (state.phase !== 'idle' && !this.#options.people.isContact(state.peer)) this.#pair.advance({ type: 'leave' });
    this.#group.peopleChanged();
    this.show();
  }

  #tick(): void {
    this.#stopTicking = undefined;
    const live = this.#live;
    const { state } = this.#pair;
    if (state.phase !== 'idle') this.#pair.advance({ type: 'tick', connected: live?.isConnected(state.peer) ?? false });
    const connected = new Set(live?.accounts.filter((account) => live.isConnected(account)));
    if (this.#group.state.phase !== 'idle') this.#group.advance({ type: 'tick', connected });
    this.#tickOn();
  }

  #tell(to: AccountId, call: CallId, word: CallWordBody): void {
    this.#options.session.callChannel.tell(to, encode(callWord, { call: bytesOf(call), word }));
  }

  // ————— in step —————

  /** The call I am in. */
  get #callId(): CallId | undefined {
    const inside = [this.#pair.state, this.#group.state].find((state) => state.phase === 'in');
    return inside?.call;
  }

  #enter(accounts: readonly AccountId[]): void {
    const { me, people, maker, clock, iceServers, equipment } = this.#options;
    const own = equipment.take();
    this.#over = undefined;
    this.#live?.close();
    const live = new LiveCall({
      ...this.#options,
      own,
      since: clock.now(),
      topology: (hooks) => new Mesh({ me, maker, clock, iceServers, tracks: () => own.tracks, ...hooks }),
      tell: (to, word) => {
        if (this.#callId) this.#tell(to, this.#callId, word);
      },
      isAdmin: (account) => {
        const { state } = this.#group;
        return state.phase === 'in' && people.isAdmin(state.group, account);
      },
      isVerified: (account) => people.isVerified(account),
      changed: () => this.show(),
    });
    this.#live = live;
    live.levels.subscribe((levels) => this.levels.set(levels));
    for (const account of accounts) live.admit(account);
  }

  /** After every step: what is not needed any more is given back, and the screens see how it stands. */
  #settle(): void {
    if (!this.#live || this.#callId === undefined) {
      this.#live?.close();
      this.#live = undefined;
    }
    if (this.#isIdle && !this.#starting) {
      this.#options.equipment.release();
      if (!this.#turn.isTaking) this.#turn.give();
    }
    this.#showGoing();
    const { state } = this.#pair;
    this.#links.want([...(state.phase === 'idle' ? [] : [state.peer]), ...awaited(this.#group.state)]);
    this.#tickOn();
    this.show();
  }

  #showGoing(): void {
    const { state } = this.#group;
    this.#options.rosters.show(state.phase === 'in' ? { call: state.call, people: this.#live?.accounts ?? [] } : undefined);
  }

  /** While there is a call, and not otherwise. */
  #tickOn(): void {
    if (this.#isIdle !== (this.#stopTicking !== undefined)) return;
    this.#stopTicking?.();
    this.#stopTicking = this.#isIdle ? undefined : this.#options.clock.after(TICK_MS, () => this.#tick());
  }
}

function isSameCallee(one: CallWith, other: CallWith): boolean {
  if (one.kind === 'contact') return other.kind === 'contact' && one.contact === other.contact;
  return other.kind === 'group' && one.group === other.group;
}
