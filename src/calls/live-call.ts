/**
 * A call one is in, with one or with many: what goes to each of the others and what comes from them, as good as this machine and
 * the lines can bear. Who is in it is decided outside.
 */
import { Cell } from '../lib/observable.ts';
import type { Clock } from '../lib/clock.ts';
import type { CallWordBody, CallWordOf, VideoWish } from '../protocol/call-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import { adapt, beginAdapting, shownAs, withPeople, type Adaptation, type LinkStrain } from './adaptation.ts';
import type { CallPerson, InCall, OwnMedia as OwnMediaView, PersonTracks, Quality } from './call-view.ts';
import { bearablePeople, NARROW_VOICE_BITRATE, rungAt, SPEAKERS_RUNG, VOICE_BITRATE } from './ladder.ts';
import { windowBetween } from './link-window.ts';
import type { OwnMedia } from './own-media.ts';
import { REPEAT_MS } from './pair-call.ts';
import { cameraLimit, screenLimit, wishFor } from './pictures.ts';
import type { Host, LinkSample, SendLimit } from './ports.ts';
import { qualityOf } from './quality.ts';
import { listen, NOBODY, type Speakers } from './speakers.ts';
import type { CallTopology } from './topology.ts';

/** How often it is measured, and how often listened. Milliseconds, as all here. */
const MEASURE_MS = 1_000;
const LISTEN_MS = 100;
/** Quality is said of so many measurements together. */
const QUALITY_SAMPLES = 6;
/** A browser has found out by then how much a line bears of what it was newly allowed to carry. */
const ESTIMATE_MS = 8_000;
/** A link that has just come up is still filling its buffers: no verdict yet. */
const WARM_UP_SAMPLES = 4;
const MAX_VOLUME = 2;

type Outward = CallWordOf<'state'>;

export interface LiveCallOptions {
  readonly me: AccountId;
  readonly clock: Clock;
  readonly host: Host;
  readonly own: OwnMedia;
  /** When it was answered here; milliseconds since 1970. */
  readonly since: number;
  /** Made with what it has to be told by. */
  readonly topology: (hooks: { readonly tell: (to: AccountId, word: CallWordBody) => void; readonly changed: () => void }) => CallTopology;
  readonly tell: (to: AccountId, word: CallWordBody) => void;
  readonly isAdmin: (account: AccountId) => boolean;
  readonly isVerified: (account: AccountId) => boolean;
  readonly changed: () => void;
  readonly troubled: (reason: unknown) => void;
}

interface Person {
  readonly state: Omit<Outward, 'type'>;
  /** How they want to see me. */
  readonly wish: Omit<CallWordOf<'wish'>, 'type'>;
  /** How I last said I want to see them. */
  readonly wished: VideoWish | undefined;
  readonly volume: number;
  /** The last few, oldest first. */
  readonly samples: readonly LinkSample[];
  readonly quality: Quality | undefined;
  readonly framesIn: number | undefined;
  /** What their link may carry of my camera, bits per second, and since when it may carry as much. */
  readonly carries: { readonly bitrate: number; readonly since: number };
}

const NEWCOMER: Person = {
  state: { muted: false, camera: false, screen: false, hand: false },
  wish: { camera: 'full', screen: 'full' },
  wished: undefined,
  volume: 1,
  samples: [],
  quality: undefined,
  framesIn: undefined,
  carries: { bitrate: 0, since: 0 },
};

export class LiveCall {
  readonly levels = new Cell<ReadonlyMap<AccountId, number>>(new Map());
  readonly #options: LiveCallOptions;
  readonly #topology: CallTopology;
  readonly #people = new Map<AccountId, Person>();
  readonly #stops: (() => void)[] = [];
  #adaptation: Adaptation;
  #speakers: Speakers = NOBODY;
  #shown: ReadonlyMap<AccountId, VideoWish> = new Map();
  #told: Outward | undefined;
  #toldAt = 0;
  #isMeasuring = false;
  #closed = false;

  constructor(options: LiveCallOptions) {
    this.#options = options;
    const { clock, host, own, tell } = options;
    this.#adaptation = beginAdapting(1, host.cores, clock.now());
    this.#topology = options.topology({ tell, changed: () => this.#changed() });
    host.lag();
    own.resize(rungAt(this.#adaptation.rung).size);
    own.watch({
      changed: (view) => this.#ownChanged(view),
      sending: (slot, track) => this.#topology.send(slot, track),
    });
    this.#every(MEASURE_MS, () => this.#beat());
    this.#every(LISTEN_MS, () => this.#listen());
  }

  // ————— who is in it —————

  get accounts(): readonly AccountId[] {
    return [...this.#people.keys()];
  }

  isConnected(account: AccountId): boolean {
    return this.#people.has(account) && this.#topology.connection(account) === 'connected';
  }

  admit(account: AccountId): void {
    if (this.#closed || this.#people.has(account)) return;
    this.#people.set(account, NEWCOMER);
    // Down before their picture comes.
    this.#adaptTo(withPeople(this.#adaptation, this.#people.size + 1, this.#options.clock.now()));
    this.#limit(account);
    this.#topology.admit(account);
    this.#tellState(account);
    this.#wish(account, { again: true });
    this.#changed();
  }

  dismiss(account: AccountId): void {
    if (!this.#people.delete(account)) return;
    this.#topology.dismiss(account);
    this.#adaptTo(withPeople(this.#adaptation, this.#people.size + 1, this.#options.clock.now()));
    this.#changed();
  }

  linked(account: AccountId): void {
    if (!this.#people.has(account)) return;
    this.#tellState(account);
    this.#wish(account, { again: true });
    this.#topology.linked(account);
  }

  /** From somebody who is in it. */
  receive(from: AccountId, word: CallWordBody): void {
    if (this.#closed || !this.#people.has(from)) return;
    switch (word.type) {
      case 'description':
      case 'candidates':
        this.#topology.receive(from, word);
        break;
      case 'state':
        this.#update(from, { state: { muted: word.muted, camera: word.camera, screen: word.screen, hand: word.hand } });
        this.#changed();
        break;
      case 'wish':
        this.#update(from, { wish: { camera: word.camera, screen: word.screen } });
        this.#limit(from);
        break;
      case 'mutePlease':
        if (this.#options.isAdmin(from)) this.#options.own.setMuted(true, from);
        break;
      // Of coming and going others decide.
      default:
        break;
    }
  }

  // ————— what the person does —————

  setVolume(account: AccountId, volume: number): void {
    this.#update(account, { volume: Math.min(MAX_VOLUME, Math.max(0, volume)) });
    this.#changed();
  }

  askToMute(account: AccountId): void {
    const { me, isAdmin, tell } = this.#options;
    if (isAdmin(me) && this.#people.has(account)) tell(account, { type: 'mutePlease' });
  }

  show(wishes: ReadonlyMap<AccountId, VideoWish>): void {
    this.#shown = wishes;
    this.#wishAll();
  }

  view(): InCall {
    const { own, since, host } = this.#options;
    return {
      phase: 'in',
      since,
      people: [...this.#people].map(([account, person]) => this.#viewOf(account, person)),
      own: own.view,
      speaker: this.#speakers.order[0],
      adaptation: shownAs(this.#adaptation),
      bearable: bearablePeople(host.cores),
    };
  }

  /** The devices are not closed: whoever opened them does that. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#topology.close();
    this.levels.set(new Map());
  }

  #viewOf(account: AccountId, person: Person): CallPerson {
    const tracks = this.#topology.tracks(account);
    const heard: PersonTracks = {
      microphone: tracks.get('microphone'),
      camera: tracks.get('camera'),
      screen: tracks.get('screen'),
      screenSound: tracks.get('screen-sound'),
    };
    const connection = this.#topology.connection(account);
    const isHeld = person.wished === 'none' || (connection === 'connected' && person.framesIn === 0 && !person.state.screen);
    return {
      account,
      connection,
      tracks: heard,
      ...person.state,
      held: person.state.camera && isHeld,
      volume: person.volume,
      quality: connection === 'connected' ? person.quality : undefined,
      isVerified: this.#options.isVerified(account),
    };
  }

  // ————— what is told —————

  #ownChanged(view: OwnMediaView): void {
    const state = stateOf(view);
    if (!this.#told || !sameState(this.#told, state)) for (const account of this.#people.keys()) this.#tellState(account);
    this.#told = state;
    this.#changed();
  }

  #tellState(account: AccountId): void {
    this.#options.tell(account, stateOf(this.#options.own.view));
  }

  #wish(account: AccountId, { again }: { readonly again: boolean }): void {
    const person = this.#people.get(account);
    if (!person) return;
    const camera = wishFor(account, { rung: this.#adaptation.rung, shown: this.#shown, speakers: this.#speakers.order });
    if (camera === person.wished && !again) return;
    this.#update(account, { wished: camera });
    this.#options.tell(account, { type: 'wish', camera, screen: 'full' });
  }

  #wishAll(): void {
    for (const account of this.#people.keys()) this.#wish(account, { again: false });
  }

  // ————— what is measured —————

  #beat(): void {
    const now = this.#options.clock.now();
    if (now - this.#toldAt >= REPEAT_MS || now < this.#toldAt) {
      this.#toldAt = now;
      for (const account of this.#people.keys()) {
        this.#tellState(account);
        this.#wish(account, { again: true });
      }
    }
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.#measure()
      .catch((reason: unknown) => this.#options.troubled(reason))
      .finally(() => {
        this.#isMeasuring = false;
      });
  }

  async #measure(): Promise<void> {
    const samples = await this.#topology.measure();
    if (this.#closed) return;
    const links: LinkStrain[] = [];
    for (const [account, sample] of samples) {
      const strain = this.#take(account, sample);
      if (strain) links.push(strain);
    }
    const { clock, host } = this.#options;
    this.#adaptTo(adapt(this.#adaptation, { links, lag: host.lag() }, clock.now()));
    this.#changed();
  }

  /** What the sample says since the last one; undefined while it is too early to say. */
  #take(account: AccountId, sample: LinkSample): LinkStrain | undefined {
    const person = this.#people.get(account);
    if (!person) return undefined;
    const last = person.samples.at(-1);
    const window = last && windowBetween(last, sample);
    const samples = window ? [...person.samples, sample].slice(-QUALITY_SAMPLES) : [sample];
    const [first] = samples;
    const whole = first && windowBetween(first, sample);
    const bitrate = this.#allowed(person);
    const isMore = samples.length === 1 || bitrate > person.carries.bitrate;
    const carries = { bitrate, since: isMore ? sample.at : person.carries.since };
    this.#update(account, { samples, quality: whole ? qualityOf(whole) : undefined, framesIn: whole?.framesIn, carries });
    if (!window || samples.length < WARM_UP_SAMPLES) return undefined;
    return { ...window, expected: sample.at - carries.since >= ESTIMATE_MS ? bitrate : 0 };
  }

  /** Of my camera, to them; bits per second. */
  #allowed(person: Person): number {
    const limit = this.#options.own.view.camera.kind === 'on' ? this.#cameraLimit(person) : 'nothing';
    return limit === 'nothing' ? 0 : limit.bitrate;
  }

  #listen(): void {
    const { me, own, clock } = this.#options;
    const levels = new Map(this.accounts.map((account) => [account, this.#topology.level(account)]));
    levels.set(me, own.level);
    this.levels.set(levels);
    const before = this.#speakers.order;
    this.#speakers = listen(this.#speakers, levels, clock.now());
    if (this.#speakers.order[0] === before[0]) return;
    this.#wishAll();
    this.#limitAll();
    this.#changed();
  }

  // ————— how much is sent —————

  #adaptTo(next: Adaptation): void {
    const before = this.#adaptation;
    this.#adaptation = next;
    if (next.rung === before.rung && next.because === before.because) return;
    this.#options.own.resize(rungAt(next.rung).size);
    this.#topology.limitVoice(next.because === 'network' && next.rung >= SPEAKERS_RUNG ? NARROW_VOICE_BITRATE : VOICE_BITRATE);
    this.#limitAll();
    this.#wishAll();
  }

  #limitAll(): void {
    for (const account of this.#people.keys()) this.#limit(account);
  }

  #limit(account: AccountId): void {
    const person = this.#people.get(account);
    if (!person) return;
    this.#topology.limit(account, 'camera', this.#cameraLimit(person));
    this.#topology.limit(account, 'screen', screenLimit(this.#adaptation.rung, person.wish.screen));
  }

  #cameraLimit({ wish }: Person): SendLimit {
    const { rung, because } = this.#adaptation;
    const mayBeSeen = because === 'people' || this.#speakers.order[0] === this.#options.me;
    return cameraLimit({ rung, wish: wish.camera, captured: rungAt(rung).size, mayBeSeen });
  }

  #update(account: AccountId, part: Partial<Person>): void {
    const person = this.#people.get(account);
    if (person) this.#people.set(account, { ...person, ...part });
  }

  #changed(): void {
    if (!this.#closed) this.#options.changed();
  }

  #every(period: number, action: () => void): void {
    const index = this.#stops.length;
    const again = (): void => {
      this.#stops[index] = this.#options.clock.after(period, () => {
        again();
        action();
      });
    };
    again();
  }
}

/** Who has no microphone on is as mute as who muted it. */
function stateOf({ microphone, camera, screen, muted, hand }: OwnMediaView): Outward {
  return { type: 'state', muted: muted || microphone.kind !== 'on', camera: camera.kind === 'on', screen: screen.kind === 'on', hand };
}

function sameState(a: Outward, b: Outward): boolean {
  return a.muted === b.muted && a.camera === b.camera && a.screen === b.screen && a.hand === b.hand;
}
