/** Records a voice message: microphone, loudness while it is spoken, and at the end a file that players can seek in. */
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { loudness, waveformOf, type LoudnessSample } from './waveform.ts';
import { withWebmDuration } from './webm-duration.ts';

/** Opus in whatever the browser can pack it into, the one that most others play first. */
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4'];
/** Plenty for one voice in Opus: 240 kB a minute. */
const BITS_PER_SECOND = 32_000;
/** A tenth of a second: quick enough to be seen moving. */
const LISTEN_EVERY_MS = 100;
/** Samples looked at each time: 43 ms at 48 kHz. */
const WINDOW_SAMPLES = 2048;

const MICROPHONE: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  video: false,
};

/** `duration`: milliseconds. `waveform`: 64 values, 0 to 255. */
export interface VoiceMessage {
  readonly blob: Blob;
  readonly duration: number;
  readonly waveform: Bytes;
}

/** `refused`: by the person, the system, or a policy. `in-use`: another program keeps it to itself. */
export type MicrophoneFailure = { readonly kind: 'refused' | 'no-microphone' | 'in-use' };

export interface RecordingProgress {
  /** `ended`: the microphone went away; what came until then can be had by `finish`. */
  readonly phase: 'recording' | 'paused' | 'ended';
  /** Milliseconds recorded, without pauses. */
  readonly duration: number;
  /** Loudness now, 0 to 255. */
  readonly level: number;
}

export interface RecorderSurroundings {
  readonly devices: Pick<MediaDevices, 'getUserMedia'> | undefined;
  readonly clock: Pick<Clock, 'after'>;
  /** Milliseconds that never jump: `performance.now`. */
  readonly now: () => number;
}

export interface MicrophoneRecorder {
  /** Asks for the microphone, where it has to, and records at once. */
  begin(): Promise<Result<RunningRecording, MicrophoneFailure>>;
}

/** Undefined where the browser cannot record, or has no microphones to offer (an insecure origin). */
export function createVoiceRecorder({ devices, clock, now }: RecorderSurroundings): MicrophoneRecorder | undefined {
  const { MediaRecorder: Recorder } = globalThis as { MediaRecorder?: typeof MediaRecorder };
  const type = TYPES.find((each) => Recorder?.isTypeSupported(each));
  if (!devices || type === undefined) return undefined;
  return {
    begin: async () => {
      const opened = await openMicrophone(devices);
      return opened.ok ? succeed(new RunningRecording(opened.value, type, clock, now)) : opened;
    },
  };
}

async function openMicrophone(devices: Pick<MediaDevices, 'getUserMedia'>): Promise<Result<MediaStream, MicrophoneFailure>> {
  try {
    return succeed(await devices.getUserMedia(MICROPHONE));
  } catch (reason) {
    return fail({ kind: failureKind(reason instanceof DOMException ? reason.name : '') });
  }
}

/** W3C Media Capture and Streams §10.3.2. */
function failureKind(name: string): MicrophoneFailure['kind'] {
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  return name === 'NotReadableError' || name === 'AbortError' ? 'in-use' : 'no-microphone';
}

/** A recording under way. It ends by `finish` or `discard`, after which the microphone is free and nothing may be asked of it. */
export class RunningRecording {
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #ear: Ear;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #now: () => number;
  readonly #progress: Cell<RecordingProgress>;
  readonly #parts: Blob[] = [];
  readonly #samples: LoudnessSample[] = [];
  readonly #stopped: Promise<void>;
  /** Milliseconds before the last pause. */
  #before = 0;
  #resumedAt: number;
  #cancelListening: () => void = () => undefined;

  constructor(stream: MediaStream, type: string, clock: Pick<Clock, 'after'>, now: () => number) {
    this.#stream = stream;
    this.#clock = clock;
    this.#now = now;
    this.#recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    this.#recorder.ondataavailable = ({ data }) => {
      if (data.size > 0) this.#parts.push(data);
    };
    this.#stopped = new Promise((resolve) => {
      this.#recorder.onstop = () => {
        // By itself, when the microphone was pulled out.
        this.#hold('ended');
        resolve();
      };
    });
    this.#ear = new Ear(stream);
    this.#progress = new Cell<RecordingProgress>({ phase: 'recording', duration: 0, level: 0 });
    this.#resumedAt = now();
    this.#recorder.start();
    this.#listen();
  }

  get progress(): Observable<RecordingProgress> {
    return this.#progress;
  }

  pause(): void {
    if (this.#progress.value.phase !== 'recording') return;
    this.#recorder.pause();
    this.#hold('paused');
  }

  resume(): void {
    if (this.#progress.value.phase !== 'paused') return;
    this.#recorder.resume();
    this.#resumedAt = this.#now();
    this.#progress.set({ phase: 'recording', duration: this.#before, level: 0 });
    this.#listen();
  }

  /** What was recorded so far, to be listened to; asked while it is paused. */
  async soFar(): Promise<Blob> {
    if (this.#recorder.state !== 'inactive') {
      const told = new Promise((resolve) => this.#recorder.addEventListener('dataavailable', resolve, { once: true }));
      this.#recorder.requestData();
      await told;
    }
    return this.#whole();
  }

  async finish(): Promise<VoiceMessage> {
    this.#hold('ended');
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    await this.#stopped;
    this.#release();
    const duration = Math.round(this.#before);
    return { blob: await this.#whole(), duration, waveform: waveformOf(this.#samples, duration) };
  }

  /** Throws away what was recorded. */
  discard(): void {
    this.#hold('ended');
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#release();
    this.#parts.length = 0;
  }

  /** With its duration written where the recorder could not. */
  async #whole(): Promise<Blob> {
    // Without codecs: it is the type of the file, and of all that play it.
    const type = this.#recorder.mimeType.split(';')[0] ?? '';
    const blob = new Blob(this.#parts, { type });
    if (type !== 'audio/webm') return blob;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return new Blob([withWebmDuration(bytes, this.#before)], { type });
  }

  /** Time stands still from here on. */
  #hold(phase: 'paused' | 'ended'): void {
    if (this.#progress.value.phase === 'recording') this.#before += this.#now() - this.#resumedAt;
    this.#cancelListening();
    this.#progress.set({ phase, duration: this.#before, level: 0 });
  }

  #listen(): void {
    this.#cancelListening = this.#clock.after(LISTEN_EVERY_MS, () => {
      const duration = this.#before + this.#now() - this.#resumedAt;
      const level = this.#ear.level();
      this.#samples.push({ at: duration, level });
      this.#progress.set({ phase: 'recording', duration, level });
      this.#listen();
    });
  }

  #release(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#ear.close();
  }
}

/** Hears how loud a stream is. */
class Ear {
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #window = new Float32Array(WINDOW_SAMPLES);

  constructor(stream: MediaStream) {
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = WINDOW_SAMPLES;
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    // Born asleep where the click was too long ago, while the person was asked for the microphone.
    this.#context.resume().catch(() => undefined);
  }

  /** 0 to 255. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#window);
    return loudness(this.#window);
  }

  close(): void {
    // Refused only when it is closed already.
    this.#context.close().catch(() => undefined);
  }
}
