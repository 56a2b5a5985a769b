/** The sending half of files, with nothing behind it: what is sent becomes a message after a while, or comes back. */
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import type { ConversationId, MessageId } from '../../src/protocol/ids.ts';
import type {
  ChosenFile,
  Files,
  FileSendFailure,
  OutgoingFile,
  PreparingFile,
  VoiceProgress,
  VoiceRecorder,
  VoiceRecording,
} from '../../src/ui/files/contract.ts';

const STEPS = 20;
/** Preparing takes its time, so that the screen's progress can be seen. */
const STEP_MS = 60;
const BEAT_MS = 100;
const WAVEFORM_VALUES = 64;

type Sending = Pick<Files, 'send' | 'preparing' | 'cancelPreparing' | 'readDropped' | 'readFolder' | 'keepsTraces' | 'recorder'>;

/** Takes what was sent to where it is shown. */
type Deliver = (conversation: ConversationId, item: OutgoingFile, text: string) => MessageId;

/**
 * Files whose name begins with "full", "gone" or "vast" cannot be sent: the disk is full, they cannot be read, they are too large.
 * Scene "files-slow": nothing is ever ready. "files-deaf": the microphone is not allowed.
 */
export function createFakeSending(deliver: Deliver, scene: string): Sending {
  const slow = scene === 'files-slow';
  const preparing = new Cell<readonly PreparingFile[]>([]);
  const change = (id: string, part: number): void =>
    preparing.set(preparing.value.map((each) => (each.id === id ? { ...each, part } : each)));

  /** False when it was cancelled. */
  async function prepare(conversation: ConversationId, item: OutgoingFile): Promise<boolean> {
    const id = crypto.randomUUID();
    preparing.set([...preparing.value, { id, conversation, name: nameOf(item), size: sizeOf(item), part: slow ? 0.42 : 0 }]);
    for (let step = 0; step < STEPS || slow; step += 1) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      if (!preparing.value.some((each) => each.id === id)) return false;
      if (!slow) change(id, step / STEPS);
    }
    preparing.set(preparing.value.filter((each) => each.id !== id));
    return true;
  }

  return {
    preparing,
    cancelPreparing: (id) => preparing.set(preparing.value.filter((each) => each.id !== id)),
    async send(conversation, items, text) {
      const results: Awaited<ReturnType<Files['send']>>[number][] = [];
      let caption = text;
      for (const item of items) {
        const failure = (await prepare(conversation, item)) ? failureOf(item) : ({ kind: 'cancelled' } as const);
        results.push({ item, result: failure ? fail(failure) : succeed(deliver(conversation, item, caption)) });
        if (!failure) caption = '';
      }
      return results;
    },
    readDropped: (transfer) =>
      Promise.resolve({ chosen: Array.from(transfer.files, (file): ChosenFile => ({ kind: 'file', file })), leftOut: [] }),
    readFolder(files) {
      const name = files[0]?.webkitRelativePath.split('/')[0];
      if (name === undefined) return { chosen: [], leftOut: [] };
      const entries = files.map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), file }));
      return { chosen: [{ kind: 'folder', name, entries }], leftOut: [] };
    },
    keepsTraces: ({ type }) => Promise.resolve(type === 'image/heic' || type.startsWith('video/')),
    recorder: scene === 'files-deaf' ? { begin: () => Promise.resolve(fail({ kind: 'refused' })) } : createFakeRecorder(),
  };
}

function createFakeRecorder(): VoiceRecorder {
  return { begin: () => Promise.resolve(succeed(createFakeRecording())) };
}

function createFakeRecording(): VoiceRecording {
  const progress = new Cell<VoiceProgress>({ phase: 'recording', duration: 0, level: 0 });
  const beat = setInterval(() => {
    const { phase, duration } = progress.value;
    if (phase !== 'recording') return;
    const at = duration / BEAT_MS;
    progress.set({ phase, duration: duration + BEAT_MS, level: Math.round(127 + 120 * Math.sin(at) * Math.sin(at / 7)) });
  }, BEAT_MS);
  const silence = (): Blob => new Blob([soundOf(progress.value.duration)], { type: 'audio/wav' });
  return {
    progress,
    pause: () => progress.set({ ...progress.value, phase: 'paused', level: 0 }),
    resume: () => progress.set({ ...progress.value, phase: 'recording' }),
    soFar: () => Promise.resolve(silence()),
    finish() {
      clearInterval(beat);
      const waveform = Uint8Array.from({ length: WAVEFORM_VALUES }, (_, at) => Math.round(127 + 120 * Math.sin(at) * Math.sin(at / 7)));
      return Promise.resolve({ blob: silence(), duration: progress.value.duration, waveform });
    },
    discard: () => clearInterval(beat),
  };
}

/** A hum as a WAV file: 8 kHz, 8 bits, one channel (RIFF WAVE, IBM and Microsoft 1991). */
function soundOf(duration: number): Uint8Array<ArrayBuffer> {
  const rate = 8_000;
  const samples = Math.round((rate * duration) / 1_000);
  const file = new DataView(new ArrayBuffer(44 + samples));
  const put = (at: number, text: string): void => new TextEncoder().encode(text).forEach((byte, each) => file.setUint8(at + each, byte));
  put(0, 'RIFF');
  file.setUint32(4, 36 + samples, true);
  put(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, rate, true);
  file.setUint32(28, rate, true);
  file.setUint16(32, 1, true);
  file.setUint16(34, 8, true);
  put(36, 'data');
  file.setUint32(40, samples, true);
  for (let at = 0; at < samples; at += 1) file.setUint8(44 + at, 128 + Math.round(20 * Math.sin((at * 2 * Math.PI * 220) / rate)));
  return new Uint8Array(file.buffer);
}

function failureOf(item: OutgoingFile): FileSendFailure | undefined {
  const name = nameOf(item);
  if (name.startsWith('full')) return { kind: 'disk-full', needed: 4.2e9, free: 1.1e9 };
  if (name.startsWith('gone')) return { kind: 'unreadable' };
  return name.startsWith('vast') ? { kind: 'too-large', limit: 2 ** 40 } : undefined;
}

function nameOf(item: OutgoingFile): string {
  switch (item.kind) {
    case 'file':
      return item.file.name;
    case 'folder':
      return item.name;
    case 'voice':
      return 'voice.webm';
  }
}

function sizeOf(item: OutgoingFile): number {
  switch (item.kind) {
    case 'file':
      return item.file.size;
    case 'folder':
      return item.entries.reduce((sum, { file }) => sum + file.size, 0);
    case 'voice':
      return item.recording.blob.size;
  }
}
