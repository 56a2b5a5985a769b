/** The sounds of a call, made of a few soft sine tones: nothing to load, and nothing that startles. */
import type { Clock } from '../lib/clock.ts';
import type { Sound } from './sound.ts';

/** `incoming`: somebody calls. `ringback`: it rings at their end. `ended`: it is over. */
export type Tone = 'incoming' | 'ringback' | 'ended';

interface Note {
  /** Hertz. */
  readonly pitch: number;
  /** Seconds from the beginning of the motif. */
  readonly at: number;
  readonly lasts: number;
}

interface Motif {
  readonly notes: readonly Note[];
  /** 0 to 1. */
  readonly volume: number;
  /** Milliseconds until it comes again; undefined: it does not. */
  readonly again: number | undefined;
}

const [A4, C5, E5, G5, A5] = [440, 523.25, 659.26, 783.99, 880];

const MOTIFS: Readonly<Record<Tone, Motif>> = {
  incoming: {
    notes: [E5, G5, A5, G5, C5].map((pitch, index) => ({ pitch, at: index * 0.18, lasts: 0.5 })),
    volume: 0.2,
    again: 2_800,
  },
  ringback: { notes: [0, 0.35].map((at) => ({ pitch: A4, at, lasts: 0.7 })), volume: 0.06, again: 3_600 },
  ended: { notes: [E5, C5, A4].map((pitch, index) => ({ pitch, at: index * 0.13, lasts: 0.35 })), volume: 0.1, again: undefined },
};

/** A tone that begins at full volume clicks. Seconds. */
const ATTACK = 0.015;
/** What exponential ramps end at, as they never reach nothing. */
const ALMOST_SILENT = 0.0001;
/** The second, quieter overtone that makes it a bell rather than a test signal. */
const OVERTONES = [
  { times: 1, volume: 1 },
  { times: 2, volume: 0.25 },
];

export class RingTones {
  readonly #sound: Sound;
  readonly #clock: Pick<Clock, 'after'>;
  #playing: Tone | undefined;
  #cancel: (() => void) | undefined;
  /** Of the motif that sounds. */
  #voice: GainNode | undefined;

  constructor(sound: Sound, clock: Pick<Clock, 'after'>) {
    this.#sound = sound;
    this.#clock = clock;
  }

  /** From now on this, again and again where it is meant so, or silence. */
  play(tone: Tone | undefined): void {
    if (tone === this.#playing) return;
    this.#playing = tone;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#hush();
    if (tone) this.#sing(tone);
  }

  #sing(tone: Tone): void {
    const { notes, volume, again } = MOTIFS[tone];
    const context = this.#sound.context();
    // Before the person has touched the page it stays silent; played later, all at once, it would be a noise.
    if (context?.state === 'running') this.#voice = voice(context, volume, notes);
    if (again === undefined) this.#playing = undefined;
    else this.#cancel = this.#clock.after(again, () => this.#sing(tone));
  }

  #hush(): void {
    const gain = this.#voice;
    this.#voice = undefined;
    gain?.gain.setTargetAtTime(0, gain.context.currentTime, ATTACK);
  }
}

/** Everything is let go by the browser once it has sounded. */
function voice(context: AudioContext, volume: number, notes: readonly Note[]): GainNode {
  const master = context.createGain();
  master.gain.value = volume;
  master.connect(context.destination);
  for (const note of notes) for (const overtone of OVERTONES) sound(context, master, note, overtone);
  return master;
}

function sound(context: AudioContext, into: AudioNode, { pitch, at, lasts }: Note, overtone: { times: number; volume: number }): void {
  const begins = context.currentTime + at;
  const oscillator = context.createOscillator();
  oscillator.frequency.value = pitch * overtone.times;
  const envelope = context.createGain();
  envelope.gain.setValueAtTime(ALMOST_SILENT, begins);
  envelope.gain.exponentialRampToValueAtTime(overtone.volume, begins + ATTACK);
  envelope.gain.exponentialRampToValueAtTime(ALMOST_SILENT, begins + lasts);
  oscillator.connect(envelope).connect(into);
  oscillator.start(begins);
  oscillator.stop(begins + lasts);
}
