import type { Subscription } from '../../../lib/observable.ts';
import type { ConversationId } from '../../../protocol/ids.ts';
import type { Files, FileSendFailure, Recording, VoiceFailure, VoiceProgress, VoiceRecorder, VoiceRecording } from '../contract.ts';
import type { Slide } from './slide.ts';

/** An hour: some 14 MB, and longer than anybody listens to. Milliseconds. */
export const MAX_VOICE_MS = 3_600_000;
/** Less is a slip of the finger. */
const MIN_VOICE_MS = 600;
/** A press as short as this is a click: the recording goes on with the hands free. */
export const CLICK_MS = 350;
/** How many of the latest loudnesses are drawn. */
export const DRAWN_LEVELS = 60;

export type VoicePhase =
  | { readonly kind: 'idle'; readonly failure?: VoiceFailure | { readonly kind: 'too-short' } }
  /** The browser asks the person, perhaps. */
  | { readonly kind: 'asking' }
  /** `holding`: for as long as a finger is on the button. */
  | { readonly kind: 'recording'; readonly holding: boolean; readonly recording: VoiceRecording }
  | { readonly kind: 'paused'; readonly recording: VoiceRecording }
  /** Nothing can be added any more: the talk was left, it is as long as it may be, the microphone went away, or it was not sent. */
  | { readonly kind: 'ready'; readonly recorded: Recording; readonly because: 'left' | 'longest' | 'ended' | FileSendFailure }
  | { readonly kind: 'sending' };

/** One voice message in the making. */
export class VoiceView {
  phase = $state.raw<VoicePhase>({ kind: 'idle' });
  /** Milliseconds recorded. */
  duration = $state(0);
  /** Loudness of the last moments, newest last; 0 to 255. */
  levels = $state.raw<readonly number[]>([]);
  #isHeld = false;
  #watching: Subscription | undefined;
  /** Tells an answer of the recorder that is still awaited from one nobody wants any more. */
  #wish = 0;
  readonly #files: Files;
  readonly #recorder: VoiceRecorder;
  readonly #conversation: ConversationId;

  constructor(files: Files, recorder: VoiceRecorder, conversation: ConversationId) {
    this.#files = files;
    this.#recorder = recorder;
    this.#conversation = conversation;
  }

  /** Why the last try came to nothing, or was not sent. */
  get failure(): VoiceFailure | FileSendFailure | { readonly kind: 'too-short' } | undefined {
    if (this.phase.kind === 'idle') return this.phase.failure;
    return this.phase.kind === 'ready' && typeof this.phase.because === 'object' ? this.phase.because : undefined;
  }

  get isIdle(): boolean {
    return this.phase.kind === 'idle';
  }

  /** Whether a finger on the button is what keeps it going, or may be. */
  get isHeld(): boolean {
    return this.phase.kind === 'asking' || (this.phase.kind === 'recording' && this.phase.holding);
  }

  /** A finger or the pointer is on the button. */
  async press(): Promise<void> {
    this.#isHeld = true;
    await this.#begin();
  }

  /** With the hands free: by the keyboard, or by whatever presses buttons for somebody. */
  async start(): Promise<void> {
    this.#isHeld = false;
    await this.#begin();
  }

  /** The finger is gone after `heldFor` milliseconds. True when that has sent it. */
  async letGo(slide: Slide, heldFor: number): Promise<boolean> {
    this.#isHeld = false;
    const { phase } = this;
    if (phase.kind !== 'recording' || !phase.holding) return false;
    if (slide === 'stay' && heldFor >= CLICK_MS && this.duration >= MIN_VOICE_MS) return this.send();
    if (slide === 'cancel') this.discard();
    else if (slide === 'lock' || heldFor < CLICK_MS) this.keepOn();
    else this.#drop({ kind: 'idle', failure: { kind: 'too-short' } });
    return false;
  }

  /** Goes on without a finger on the button; nothing is lost when the system takes the pointer away. */
  keepOn(): void {
    this.#isHeld = false;
    if (this.phase.kind === 'recording') this.phase = { ...this.phase, holding: false };
  }

  pause(): void {
    if (this.phase.kind !== 'recording') return;
    const { recording } = this.phase;
    this.phase = { kind: 'paused', recording };
    recording.pause();
  }

  resume(): void {
    if (this.phase.kind !== 'paused') return;
    const { recording } = this.phase;
    this.phase = { kind: 'recording', holding: false, recording };
    recording.resume();
  }

  /** What there is so far, to be listened to; undefined while it is being recorded. */
  async sound(): Promise<Blob | undefined> {
    if (this.phase.kind === 'paused') return this.phase.recording.soFar();
    return this.phase.kind === 'ready' ? this.phase.recorded.blob : undefined;
  }

  discard(): void {
    this.#drop({ kind: 'idle' });
  }

  /** True when it is in the talk; otherwise it is still here, with why. */
  async send(): Promise<boolean> {
    const { phase } = this;
    if (phase.kind !== 'recording' && phase.kind !== 'paused' && phase.kind !== 'ready') return false;
    this.#unwatch();
    this.phase = { kind: 'sending' };
    const recorded = phase.kind === 'ready' ? phase.recorded : await phase.recording.finish();
    const [sent] = await this.#files.send(this.#conversation, [{ kind: 'voice', recording: recorded }], '');
    const failure = sent && !sent.result.ok ? sent.result.failure : undefined;
    this.phase = failure ? { kind: 'ready', recorded, because: failure } : { kind: 'idle' };
    return failure === undefined;
  }

  /** The talk is left: the microphone is let go, and what was said is kept. */
  async leave(): Promise<void> {
    const { phase } = this;
    if (phase.kind === 'asking') this.discard();
    else if (phase.kind === 'recording' || phase.kind === 'paused') await this.#end(phase.recording, 'left');
    else if (phase.kind === 'idle') this.forgetFailure();
  }

  forgetFailure(): void {
    if (this.phase.kind === 'idle') this.phase = { kind: 'idle' };
  }

  async #begin(): Promise<void> {
    if (!this.isIdle) return;
    const wish = ++this.#wish;
    this.phase = { kind: 'asking' };
    this.duration = 0;
    this.levels = [];
    const begun = await this.#recorder.begin();
    if (wish !== this.#wish) {
      if (begun.ok) begun.value.discard();
    } else if (begun.ok) {
      const recording = begun.value;
      // Whoever had to answer the browser first has let go by then.
      this.phase = { kind: 'recording', holding: this.#isHeld, recording };
      this.#watching = recording.progress.subscribe((progress) => this.#progressed(recording, progress));
    } else {
      this.phase = { kind: 'idle', failure: begun.failure };
    }
  }

  #progressed(recording: VoiceRecording, { phase, duration, level }: VoiceProgress): void {
    this.duration = duration;
    if (phase === 'recording') this.levels = [...this.levels, level].slice(-DRAWN_LEVELS);
    if (phase === 'ended') void this.#end(recording, 'ended');
    else if (duration >= MAX_VOICE_MS) void this.#end(recording, 'longest');
  }

  async #end(recording: VoiceRecording, because: 'left' | 'longest' | 'ended'): Promise<void> {
    if (this.phase.kind !== 'recording' && this.phase.kind !== 'paused') return;
    this.#unwatch();
    this.phase = { kind: 'sending' };
    const recorded = await recording.finish();
    this.phase = recorded.duration < MIN_VOICE_MS ? { kind: 'idle' } : { kind: 'ready', recorded, because };
  }

  #drop(next: VoicePhase): void {
    const { phase } = this;
    this.#wish += 1;
    this.#unwatch();
    this.phase = next;
    if (phase.kind === 'recording' || phase.kind === 'paused') phase.recording.discard();
  }

  #unwatch(): void {
    this.#watching?.unsubscribe();
    this.#watching = undefined;
  }
}
