/**
 * The meeting place as a browser sees it: one WebSocket at a time to the signaling server, kept up for as long as the
 * client lives, and the topics on it. The server may be absent, slow, or hostile; none of that throws or hangs.
 */
import { assert, assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell } from '../lib/observable.ts';
import type { MemberTag, Topic } from '../protocol/ids.ts';
import { CLOSE, type HereChange, type IceServer } from '../protocol/signaling.ts';
import type { Rendezvous, RendezvousState, TopicListener, TopicMembership } from '../session/ports.ts';
import { Backoff, randomFraction } from './backoff.ts';
import { IceServerList } from './ice-servers.ts';
import { Outgoing } from './signaling-outgoing.ts';
import { SignalingSocket, type SocketEnd } from './signaling-socket.ts';
import { MAX_TAGS, writeClientFrame, type ServerFrame } from './signaling-wire.ts';

/** A connection that lived this long was a good one: the next failure starts the waiting anew. */
const GOOD_CONNECTION_MS = 10_000;
/** An attempt younger than this is left alone by `reconnect`. */
const FRESH_ATTEMPT_MS = 1_000;
/** A refusal that names no time, and what a server may ask of us at least and at most. */
const DEFAULT_PAUSE_MS = 1_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** The server has no room for more topics; asking again sooner would not help. */
const LIMIT_PAUSE_MS = 30_000;

const CALM_DOWN_CODES: readonly number[] = [CLOSE.full, CLOSE.tooManySockets, CLOSE.tooManyTopics, CLOSE.flood];

export interface SignalingClientOptions {
  /** `wss://host/v1`, or `ws:` on the same machine. */
  readonly url: string;
  readonly clock: Clock;
  /** Opens a socket; may throw where the page's policy forbids it. */
  readonly webSocket: (url: string) => WebSocket;
  /** Calls back when trying again is worth while: the network came back, the page became visible. Returns its undo. */
  readonly onWake?: (listener: () => void) => () => void;
  /** Uniform in [0, 1): spreads reconnections. */
  readonly random?: () => number;
  /** Why a connection ended, for the log and the doctor. */
  readonly onTrouble?: (end: SocketEnd) => void;
}

/** Connects at once. `close` is final: it leaves all topics and tells the listeners nothing more. */
export function createSignalingClient(options: SignalingClientOptions): Rendezvous {
  return new SignalingClient(options);
}

interface Joined {
  readonly me: MemberTag;
  readonly listener: TopicListener;
  quiet: boolean;
  /** Whether the server has been asked on this connection; those beyond its limit wait until others leave. */
  admitted: boolean;
  /** The others; undefined until the server has said so on this connection. */
  known: ReadonlySet<MemberTag> | undefined;
}

const NOBODY: ReadonlySet<MemberTag> = new Set();

class SignalingClient implements Rendezvous {
  readonly state = new Cell<RendezvousState>({ phase: 'connecting' });
  readonly #options: SignalingClientOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #joined = new Map<Topic, Joined>();
  readonly #ice: IceServerList;
  readonly #outgoing: Outgoing;
  readonly #stopWaking: () => void;
  #socket: SignalingSocket | undefined;
  #onlineSince: number | undefined;
  /** How many more topics the server lets us join; one too many would cost the connection. */
  #vacancies = 0;
  #cancelRetry: () => void = () => undefined;
  #cancelRejoin: (() => void) | undefined;
  #closed = false;

  constructor(options: SignalingClientOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#backoff = new Backoff(options.random ?? randomFraction);
    this.#ice = new IceServerList(options.clock, () => this.#socket?.send(writeClientFrame({ t: 'ice' })));
    this.#outgoing = new Outgoing(options.clock, (frame) => this.#socket?.send(frame));
    this.#stopWaking = options.onWake?.(() => this.reconnect()) ?? (() => undefined);
    this.#connect();
  }

  iceServers(): readonly IceServer[] {
    return this.#ice.valid();
  }

  join(topic: Topic, me: MemberTag, listener: TopicListener, { quiet }: { readonly quiet: boolean }): TopicMembership {
    assert(!this.#joined.has(topic), 'one membership per topic at a time');
    const joined: Joined = { me, listener, quiet, admitted: false, known: undefined };
    if (!this.#closed) this.#joined.set(topic, joined);
    this.#admit(topic, joined);
    const isMember = (): boolean => this.#joined.get(topic) === joined;
    return {
      publish: (body) => {
        if (isMember()) this.#outgoing.publish(topic, body);
      },
      setQuiet: (quiet) => {
        if (!isMember() || joined.quiet === quiet) return;
        joined.quiet = quiet;
        if (joined.admitted) this.#outgoing.subscribe(topic, me, quiet);
      },
      leave: () => {
        if (!isMember()) return;
        this.#joined.delete(topic);
        this.#dismiss(topic, joined);
      },
    };
  }

  reconnect(): void {
    if (this.#closed) return;
    const { phase } = this.state.value;
    switch (phase) {
      case 'online':
        this.#socket?.probe();
        return;
      case 'connecting':
        if (Math.abs(this.#clock.now() - (this.#socket?.startedAt ?? 0)) >= FRESH_ATTEMPT_MS) this.#connect();
        return;
      case 'offline':
        this.#connect();
        return;
      default:
        assertNever(phase);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Said goodbye to, the others need not wait for the server's hold-down.
    for (const topic of this.#joined.keys()) this.#outgoing.unsubscribe(topic);
    this.#outgoing.flush();
    this.#joined.clear();
    this.#stopWaking();
    this.#cancelRetry();
    this.#hangUp();
  }

  // ————— the connection —————

  #connect(): void {
    this.#cancelRetry();
    this.#hangUp();
    const { url, webSocket } = this.#options;
    this.#socket = new SignalingSocket({
      url,
      webSocket,
      clock: this.#clock,
      events: {
        greeted: ({ limits, ice, iceTtl }) => {
          this.#ice.take(ice, iceTtl);
          this.#comeOnline(limits.topics);
        },
        received: (frame) => this.#receive(frame),
        ended: (end) => this.#goOffline(end),
      },
    });
    this.state.set({ phase: 'connecting' });
  }

  #comeOnline(topicLimit: number): void {
    this.#onlineSince = this.#clock.now();
    this.#outgoing.open();
    this.#vacancies = topicLimit;
    for (const [topic, joined] of this.#joined) this.#admit(topic, joined);
    this.state.set({ phase: 'online' });
  }

  #goOffline(end: SocketEnd): void {
    this.#options.onTrouble?.(end);
    if (this.#onlineSince !== undefined && this.#clock.now() - this.#onlineSince >= GOOD_CONNECTION_MS) this.#backoff.reset();
    this.#hangUp();
    const delay = wantsCalm(end) ? this.#backoff.nextAfterRefusal() : this.#backoff.next();
    this.#cancelRetry = this.#clock.after(delay, () => this.#connect());
    this.state.set({ phase: 'offline', retryAt: this.#clock.now() + delay });
    this.#forgetPeers();
  }

  /** Lets go of the present connection without telling anybody. */
  #hangUp(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#onlineSince = undefined;
    this.#outgoing.close();
    this.#vacancies = 0;
    for (const joined of this.#joined.values()) joined.admitted = false;
    this.#ice.pause();
    this.#cancelRejoin?.();
    this.#cancelRejoin = undefined;
  }

  #forgetPeers(): void {
    for (const joined of [...this.#joined.values()]) {
      const { known } = joined;
      joined.known = undefined;
      if (known && known.size > 0) joined.listener.peersChanged(NOBODY);
    }
  }

  // ————— what the server says —————

  #receive({ header, body }: ServerFrame): void {
    switch (header.t) {
      case 'hello':
        return;
      case 'ice':
        this.#ice.take(header.ice, header.iceTtl);
        return;
      case 'here':
        for (const change of header.topics) this.#learnWhoIsHere(change);
        return;
      case 'msg':
        this.#deliver(header.topic as Topic, body, header.from as MemberTag);
        return;
      case 'ack':
        this.#outgoing.settled(header.id);
        return;
      case 'err':
        this.#heed(header);
        return;
      default:
        assertNever(header);
    }
  }

  #deliver(topic: Topic, body: Bytes, from: MemberTag): void {
    const joined = this.#joined.get(topic);
    if (joined && from !== joined.me) joined.listener.received(body, from);
  }

  #learnWhoIsHere({ topic, all, in: arrived = [], out = [] }: HereChange): void {
    const joined = this.#joined.get(topic as Topic);
    if (!joined) return;
    const others = new Set((all as readonly MemberTag[] | undefined) ?? joined.known ?? []);
    for (const tag of arrived) others.add(tag as MemberTag);
    for (const tag of out) others.delete(tag as MemberTag);
    others.delete(joined.me);
    if (others.size > MAX_TAGS || (joined.known && sameTags(joined.known, others))) return;
    joined.known = others;
    joined.listener.peersChanged(others);
  }

  #heed({ e, id, ms }: Extract<ServerFrame['header'], { t: 'err' }>): void {
    const pause = Math.min(Math.max(ms ?? DEFAULT_PAUSE_MS, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    if (e === 'rate') this.#outgoing.pause(pause);
    if (id !== undefined && e === 'rate') this.#outgoing.retry(id);
    else if (id !== undefined) this.#outgoing.settled(id);
    // It does not say which topics it refused: those it has told us nothing of.
    if (e === 'not-joined' || id === undefined) this.#rejoinLater(e === 'limit' ? LIMIT_PAUSE_MS : pause);
  }

  #rejoinLater(delay: number): void {
    this.#cancelRejoin ??= this.#clock.after(delay, () => {
      this.#cancelRejoin = undefined;
      for (const [topic, { admitted, known, me, quiet }] of this.#joined) {
        if (admitted && !known) this.#outgoing.subscribe(topic, me, quiet);
      }
    });
  }

  #admit(topic: Topic, joined: Joined): void {
    if (joined.admitted || this.#vacancies === 0) return;
    this.#vacancies--;
    joined.admitted = true;
    this.#outgoing.subscribe(topic, joined.me, joined.quiet);
  }

  #dismiss(topic: Topic, { admitted }: Joined): void {
    if (!admitted) return;
    this.#outgoing.unsubscribe(topic);
    this.#vacancies++;
    const next = [...this.#joined].find(([, waiting]) => !waiting.admitted);
    if (next) this.#admit(...next);
  }
}

function wantsCalm(end: SocketEnd): boolean {
  switch (end.kind) {
    case 'flood':
    case 'garbage':
      return true;
    case 'closed':
      return CALM_DOWN_CODES.includes(end.code);
    case 'unreachable':
    case 'silent':
      return false;
    default:
      return assertNever(end);
  }
}

function sameTags(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return some.size === others.size && [...some].every((tag) => others.has(tag));
}
