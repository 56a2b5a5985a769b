/** The sound of a call that waits: made, not recorded, so that nothing has to be fetched. */

/** One chime: hertz, and when each begins in seconds. */
interface Chime {
  readonly notes: readonly { readonly pitch: number; readonly at: number }[];
  /** Seconds until it begins again. */
  readonly every: number;
  /** 0 to 1. */
  readonly loudness: number;
}

/** Somebody calls. */
export const INCOMING: Chime = {
  notes: [
    { pitch: 659, at: 0 },
    { pitch: 784, at: 0.22 },
    { pitch: 988, at: 0.44 },
  ],
  every: 2.4,
  loudness: 0.2,
};
/** It rings at the other end. */
export const OUTGOING: Chime = { notes: [{ pitch: 440, at: 0 }], every: 3, loudness: 0.06 };

const NOTE_SECONDS = 0.6;

/** Rings until the function it gives is called. Silent where the browser plays nothing before a click. */
export function ring(chime: Chime): () => void {
  const context = new AudioContext();
  const strike = (): void => {
    for (const { pitch, at } of chime.notes) playNote(context, pitch, context.currentTime + at, chime.loudness);
  };
  strike();
  const timer = setInterval(strike, chime.every * 1_000);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

function playNote(context: AudioContext, pitch: number, at: number, loudness: number): void {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = pitch;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_SECONDS);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + NOTE_SECONDS);
}
