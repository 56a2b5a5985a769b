/** People who can call each other, in memory: a channel for words, media links that connect when both ends were described, stores. */
import { Calls } from '../../src/calls/calls.ts';
import type {
  CallSettings,
  Capture,
  CallRecord,
  FinishedCall,
  LinkSample,
  MediaLink,
  MediaLinkOptions,
  MediaLinkState,
  OngoingCall,
  Track,
} from '../../src/calls/ports.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { Emitter } from '../../src/lib/emitter.ts';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import type { Write } from '../../src/lib/write.ts';
import { accountIdOf, groupIdOf, operationIdOf, type AccountId, type GroupId } from '../../src/protocol/ids.ts';
import type { CallRoster, GroupCallAct } from '../../src/session/call-entry.ts';
import type { SessionEvents } from '../../src/session/session.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const GROUP: GroupId = groupIdOf(operationIdOf(new Uint8Array(32).fill(9)));
export const VOICE = { media: 'voice', microphone: true, camera: false } as const;
export const VIDEO = { media: 'video', microphone: true, camera: true } as const;

type Step = Write & { readonly run: () => void };
const write = (run: () => void): Step => ({ tables: [], run });

/** The world between them. */
export class Neighbourhood {
  readonly clock = new ManualClock();
  readonly people = new Map<AccountId, Caller>();
  readonly rosters = new Cell<readonly CallRoster[]>([]);
  readonly acts: (GroupCallAct & { readonly by: AccountId })[] = [];
  /** Words are lost while true. */
  wordsLost = false;
  /** Media links neither connect nor stay while true. */
  mediaLost = false;

  async admit(byte: number): Promise<Caller> {
    const caller = new Caller(this, accountIdOf(new Uint8Array(32).fill(byte)));
    this.people.set(caller.id, caller);
    for (const each of this.people.values()) each.here.set(new Set(this.people.keys()));
    await caller.open();
    return caller;
  }

  write(by: AccountId, { call, act, media }: GroupCallAct): void {
    this.acts.push({ call, act, media, by });
    const others = this.rosters.value.filter((roster) => roster.call !== call);
    const known = this.rosters.value.find((roster) => roster.call === call);
    const roster = known ?? { group: GROUP, call, media, by, began: this.clock.now(), people: [] };
    const without = roster.people.filter((account) => account !== by);
    const people = act === 'ended' ? [] : act === 'left' ? without : [...without, by];
    this.rosters.set(people.length === 0 ? others : [...others, { ...roster, people }]);
  }
}

export class Caller {
  readonly id: AccountId;
  readonly here = new Cell<ReadonlySet<AccountId>>(new Set());
  readonly links = new Cell<ReadonlyMap<AccountId, 'direct'>>(new Map());
  readonly events = new Emitter<SessionEvents>();
  readonly finished: (FinishedCall & { readonly contact: AccountId })[] = [];
  readonly media: FakeLink[] = [];
  readonly captures: FakeCapture[] = [];
  readonly wanted = new Set<AccountId>();
  readonly changes = new Cell(0);
  readonly strangers = new Set<AccountId>();
  readonly admins = new Set<AccountId>();
  readonly closedLinks: AccountId[] = [];
  readonly records = new Cell<readonly CallRecord[]>([]);
  ongoing: OngoingCall | undefined;
  microphoneRefused = false;
  turnTaken = false;
  #calls: Calls | undefined;
  readonly #world: Neighbourhood;

  constructor(world: Neighbourhood, id: AccountId) {
    this.#world = world;
    this.id = id;
  }

  get calls(): Calls {
    if (!this.#calls) throw new Error('Broken invariant: opened first');
    return this.#calls;
  }

  get phase(): string | undefined {
    return this.calls.current.value?.phase;
  }

  /** Like a page that ended without a word. */
  async restart(): Promise<void> {
    this.#world.people.delete(this.id);
    for (const link of this.media) link.drop();
    this.#world.people.set(this.id, this);
    await this.open();
  }

  async open(): Promise<void> {
    const world = this.#world;
    const events = new Emitter<SessionEvents>();
    this.deliver = (from, body) => events.emit('call-word', { from, body, device: undefined as never });
    this.#calls = await Calls.open({
      me: this.id,
      clock: world.clock,
      session: {
        callChannel: {
          tell: (to, word) => {
            if (!world.wordsLost) queueMicrotask(() => world.people.get(to)?.deliver(this.id, word));
            return !world.wordsLost;
          },
          close: (to) => this.closedLinks.push(to),
        },
        on: (name, listener) => events.on(name, listener),
        wantLink: (account, _reason, wanted) => {
          if (wanted) this.wanted.add(account);
          else this.wanted.delete(account);
        },
        here: this.here,
        links: this.links,
      },
      store: {
        commit: (writes) => {
          for (const each of writes) (each as Step).run();
          return Promise.resolve();
        },
        ongoing: () => Promise.resolve(this.ongoing),
        putOngoing: (call) => write(() => (this.ongoing = call)),
        records: () => this.records,
        putRecord: (record) => write(() => this.records.set([record, ...this.records.value])),
        dropRecords: () => write(() => this.records.set([])),
        seenUpTo: () => Promise.resolve(0),
        putSeenUpTo: () => write(() => undefined),
        settings: () => Promise.resolve<CallSettings | undefined>(undefined),
        putSettings: () => write(() => undefined),
      },
      devices: {
        devices: new Cell([]),
        canShareScreen: true,
        canChooseSpeaker: true,
        openMicrophone: () =>
          Promise.resolve(
            this.microphoneRefused ? fail({ kind: 'refused' as const, what: 'microphone' as const }) : succeed(this.#capture()),
          ),
        openCamera: () => Promise.resolve(succeed(this.#capture())),
        openScreen: () => Promise.resolve(succeed({ picture: this.#capture(), sound: undefined })),
      },
      maker: { isSupported: true, make: (options) => this.#link(options) },
      iceServers: () => [],
      host: { cores: 4, lag: () => 0 },
      turn: { take: () => Promise.resolve(this.turnTaken ? undefined : { give: () => undefined }) },
      people: {
        isContact: (account) => !this.strangers.has(account),
        isMember: (_group, account) => !this.strangers.has(account),
        isAdmin: (_group, account) => this.admins.has(account),
        isVerified: () => false,
        isQuiet: () => false,
        changes: this.changes,
      },
      groups: {
        rosters: world.rosters,
        tell: (_group, act) => {
          world.write(this.id, act);
          return Promise.resolve(succeed(undefined));
        },
      },
      journal: {
        enter: (contact, call, writes) => {
          this.finished.push({ ...call, contact });
          for (const each of writes) (each as Step).run();
          return Promise.resolve();
        },
      },
      troubled: (reason) => {
        throw reason instanceof Error ? reason : new Error('troubled');
      },
    });
  }

  deliver: (from: AccountId, body: Bytes) => void = () => undefined;

  #capture(): FakeCapture {
    const capture = new FakeCapture();
    this.captures.push(capture);
    return capture;
  }

  #link(options: MediaLinkOptions): MediaLink {
    const link = new FakeLink(options, this.#world);
    this.media.push(link);
    return link;
  }
}

export class FakeCapture implements Capture {
  readonly track = {} as Track;
  readonly device = 'one';
  isStopped = false;
  isEnabled = true;
  unplug: () => void = () => undefined;

  setEnabled(enabled: boolean): void {
    this.isEnabled = enabled;
  }

  resize(): void {
    // Any size is the same to it.
  }

  level(): number {
    return 0;
  }

  onEnded(listener: () => void): void {
    this.unplug = listener;
  }

  stop(): void {
    this.isStopped = true;
  }
}

/** Connected once an offer was answered, like a real one; what is lost on the way is lost. */
export class FakeLink implements MediaLink {
  readonly sent = new Map<string, Track | undefined>();
  readonly #options: MediaLinkOptions;
  readonly #world: Neighbourhood;
  #state: MediaLinkState = 'connecting';

  constructor(options: MediaLinkOptions, world: Neighbourhood) {
    this.#options = options;
    this.#world = world;
    for (const [slot, track] of options.tracks) this.sent.set(slot, track);
    if (options.offers) this.restart();
  }

  get state(): MediaLinkState {
    return this.#state;
  }

  signal(signal: Parameters<MediaLink['signal']>[0]): void {
    if (this.#state === 'closed' || signal.type === 'candidates') return;
    if (signal.type === 'offer') this.#options.events.signal({ type: 'answer', sdp: 'answer' });
    if (!this.#world.mediaLost) this.become('connected');
  }

  become(state: MediaLinkState): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#options.events.changed(state);
  }

  send(slot: string, track: Track | undefined): void {
    this.sent.set(slot, track);
  }

  restart(): void {
    this.#options.events.signal({ type: 'offer', sdp: 'offer' });
  }

  limit(): void {
    // Nothing is really sent.
  }

  limitVoice(): void {
    // Nothing is really sent.
  }

  level(): number {
    return 0;
  }

  measure(): Promise<LinkSample | undefined> {
    return Promise.resolve(undefined);
  }

  /** Like a page that ended: nobody is told. */
  drop(): void {
    this.#state = 'closed';
  }

  close(): void {
    this.#state = 'closed';
  }
}
