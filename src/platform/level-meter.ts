import type { Sound } from './sound.ts';

/** Enough for the lowest voice (20 ms at 48 kHz), and a power of two as the analyser wants it. */
const WINDOW_SAMPLES = 1_024;

export interface LevelMeter {
  /** Loudness now: root mean square, 0 to 1. */
  read(): number;
  close(): void;
}

/** Listens to a track of sound without playing it. Hears nothing where there is no Web Audio. */
export function createLevelMeter(track: MediaStreamTrack, sound: Sound): LevelMeter {
  const context = sound.context();
  if (!context) return { read: () => 0, close: () => undefined };
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = WINDOW_SAMPLES;
  source.connect(analyser);
  const window = new Float32Array(WINDOW_SAMPLES);
  return {
    read() {
      analyser.getFloatTimeDomainData(window);
      const power = window.reduce((total, sample) => total + sample * sample, 0) / WINDOW_SAMPLES;
      return Math.min(1, Math.sqrt(power));
    },
    close() {
      source.disconnect();
      analyser.disconnect();
    },
  };
}
