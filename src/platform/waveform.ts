import type { Bytes } from '../lib/bytes.ts';

/** Values of a voice message's waveform. */
const WAVEFORM_VALUES = 64;

/** Below it nothing is shown: the noise of a quiet room. */
const QUIET_DB = -60;

export interface LoudnessSample {
  /** Milliseconds since the beginning. */
  readonly at: number;
  /** 0 to 255. */
  readonly level: number;
}

/** How loud samples between −1 and 1 are, 0 to 255 by decibels, as ears hear. */
export function loudness(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = power > 0 ? 10 * Math.log10(power) : QUIET_DB;
  return Math.round(255 * Math.min(1, Math.max(0, 1 - decibels / QUIET_DB)));
}

/**
 * The loudest of each of WAVEFORM_VALUES equal parts of `duration` milliseconds, drawn so that the loudest of all is 255.
 * A part in which nothing was measured, because it was short or the page slept, is as loud as the one before it.
 */
export function waveformOf(samples: readonly LoudnessSample[], duration: number): Bytes {
  const waveform = new Uint8Array(WAVEFORM_VALUES);
  const measured = new Set<number>();
  for (const { at, level } of samples) {
    const part = Math.min(WAVEFORM_VALUES - 1, Math.max(0, Math.floor((at / Math.max(1, duration)) * WAVEFORM_VALUES)));
    waveform[part] = Math.max(waveform[part] ?? 0, level);
    measured.add(part);
  }
  const loudest = Math.max(1, ...waveform);
  for (let part = 0; part < WAVEFORM_VALUES; part++) {
    if (measured.has(part)) waveform[part] = Math.round((255 * (waveform[part] ?? 0)) / loudest);
    else waveform[part] = waveform[part - 1] ?? 0;
  }
  return waveform;
}
