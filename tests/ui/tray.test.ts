import { describe, expect, it, vi } from 'vitest';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed, type Result } from '../../src/lib/result.ts';
import type { ConversationId, MessageId } from '../../src/protocol/ids.ts';
import type {
  Files,
  FileSendFailure,
  OutgoingFile,
  VoiceFailure,
  VoiceProgress,
  VoiceRecorder,
  VoiceRecording,
} from '../../src/ui/files/contract.ts';
import { TrayView } from '../../src/ui/files/send/tray-view.svelte.ts';
import { MAX_VOICE_MS, VoiceView } from '../../src/ui/files/voice-recorder/voice-view.svelte.ts';

const BOB = 'bob' as ConversationId;
const SENT = succeed('message' as MessageId);
const chosen = (name: string, type = '') => ({ kind: 'file' as const, file: new File([name], name, { type }) });

/** Files that are sent, or not, as `answers` says for each in turn; what was asked is written down. */
function filesThatAnswer(...answers: readonly Result<MessageId, FileSendFailure>[]) {
  const sent: { readonly items: readonly OutgoingFile[]; readonly text: string }[] = [];
  const files: Pick<Files, 'send' | 'keepsTraces'> = {
    keepsTraces: ({ type }) => Promise.resolve(type === 'image/heic'),
    send(_conversation, items, text) {
      sent.push({ items, text });
      return Promise.resolve(items.map((item, at) => ({ item, result: answers[at] ?? SENT })));
    },
  };
  return { files: files as Files, sent };
}

describe('the tray', () => {
  it('sends all that lies on it with the text, and is empty', async () => {
    const { files, sent } = filesThatAnswer();
    const tray = new TrayView(files, BOB);
    tray.add([chosen('a.txt'), chosen('b.png', 'image/png')]);
    tray.isOriginal = true;
    expect(await tray.send('look')).toBe(true);
    expect(tray.isEmpty).toBe(true);
    expect(sent).toMatchObject([{ text: 'look', items: [{ original: true }, { original: true }] }]);
  });

  it('gets back what could not be sent, with why, before what was put on it meanwhile', async () => {
    const { files } = filesThatAnswer(SENT, fail({ kind: 'unreadable' }));
    const tray = new TrayView(files, BOB);
    tray.add([chosen('a.txt'), chosen('b.txt')]);
    const sending = tray.send('look');
    tray.add([chosen('c.txt')]);
    expect(await sending).toBe(false);
    expect(tray.items).toMatchObject([{ chosen: chosen('b.txt'), failure: { kind: 'unreadable' } }, { failure: undefined }]);
    expect(tray.hasReturned).toBe(false);
  });

  it('gives the text back, once, when it went with nothing', async () => {
    const { files } = filesThatAnswer(fail({ kind: 'cancelled' }));
    const tray = new TrayView(files, BOB);
    tray.add([chosen('a.txt')]);
    await tray.send('look');
    expect([tray.takeReturned(), tray.takeReturned()]).toEqual(['look', '']);
  });

  it('asks about quality only for pictures that can be made anew', () => {
    const tray = new TrayView(filesThatAnswer().files, BOB);
    tray.add([chosen('a.svg', 'image/svg+xml'), chosen('b.mp4', 'video/mp4')]);
    expect(tray.hasPictures).toBe(false);
    tray.add([chosen('c.jpg', 'image/jpeg')]);
    expect(tray.hasPictures).toBe(true);
  });

  it('knows what goes with what its maker wrote into it, and asks nothing about that', async () => {
    const tray = new TrayView(filesThatAnswer().files, BOB);
    tray.add([chosen('a.heic', 'image/heic'), chosen('b.txt')]);
    await vi.waitFor(() => expect(tray.items[0]?.keepsTraces).toBe(true));
    expect(tray.items).toMatchObject([{ keepsTraces: true }, { keepsTraces: false }]);
    expect(tray.hasPictures).toBe(false);
  });

  it('tells what was left out of what was dropped, until something else is put on it', async () => {
    const tray = new TrayView(filesThatAnswer().files, BOB);
    await tray.addWhenRead(Promise.resolve({ chosen: [chosen('a.txt')], leftOut: ['everything'] }));
    expect([tray.items.length, tray.leftOut, tray.foundNothing]).toEqual([1, ['everything'], false]);
    tray.add([chosen('b.txt')]);
    expect(tray.leftOut).toEqual([]);
    await tray.addWhenRead(Promise.resolve({ chosen: [], leftOut: [] }));
    expect(tray.foundNothing).toBe(true);
  });
});

/** A microphone whose recording is told what to tell, and writes down what it was told. */
function microphone(refusal?: VoiceFailure) {
  const progress = new Cell<VoiceProgress>({ phase: 'recording', duration: 0, level: 0 });
  const told: string[] = [];
  const recording: VoiceRecording = {
    progress,
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    soFar: () => Promise.resolve(new Blob()),
    finish() {
      told.push('finish');
      return Promise.resolve({ blob: new Blob(), duration: progress.value.duration, waveform: new Uint8Array(64) });
    },
    discard: () => told.push('discard'),
  };
  const recorder: VoiceRecorder = { begin: () => Promise.resolve(refusal ? fail(refusal) : succeed(recording)) };
  const say = (duration: number, phase: VoiceProgress['phase'] = 'recording') => progress.set({ phase, duration, level: 100 });
  return { recorder, told, say };
}

describe('a voice message', () => {
  it('is sent when the button that was held is let go', async () => {
    const { files, sent } = filesThatAnswer();
    const { recorder, say } = microphone();
    const voice = new VoiceView(files, recorder, BOB);
    await voice.press();
    say(2_000);
    expect(await voice.letGo('stay', 2_000)).toBe(true);
    expect(sent).toMatchObject([{ items: [{ kind: 'voice', recording: { duration: 2_000 } }] }]);
    expect(voice.isIdle).toBe(true);
  });

  it('is thrown away when the finger slid left', async () => {
    const { files, sent } = filesThatAnswer();
    const { recorder, told, say } = microphone();
    const voice = new VoiceView(files, recorder, BOB);
    await voice.press();
    say(2_000);
    expect(await voice.letGo('cancel', 2_000)).toBe(false);
    expect([sent, told, voice.isIdle]).toEqual([[], ['discard'], true]);
  });

  it('goes on with the hands free after a click, and after the finger slid up', async () => {
    for (const [slide, heldFor] of [['stay', 100] as const, ['lock', 2_000] as const]) {
      const { recorder, told, say } = microphone();
      const voice = new VoiceView(filesThatAnswer().files, recorder, BOB);
      await voice.press();
      say(2_000);
      await voice.letGo(slide, heldFor);
      expect([voice.phase, told]).toMatchObject([{ kind: 'recording', holding: false }, []]);
    }
  });

  it('is never sent by a finger that let go while the browser was asking', async () => {
    const { files, sent } = filesThatAnswer();
    const { recorder } = microphone();
    const voice = new VoiceView(files, recorder, BOB);
    const pressing = voice.press();
    await voice.letGo('stay', 5_000);
    await pressing;
    expect(voice.phase).toMatchObject({ kind: 'recording', holding: false });
    expect(sent).toEqual([]);
  });

  it('is not sent when it was a slip of the finger', async () => {
    const { files, sent } = filesThatAnswer();
    const { recorder, say } = microphone();
    const voice = new VoiceView(files, recorder, BOB);
    await voice.press();
    say(300);
    await voice.letGo('stay', 400);
    expect([voice.failure, sent]).toEqual([{ kind: 'too-short' }, []]);
  });

  it('lets the microphone go when the talk is left, and is still there', async () => {
    const { recorder, told, say } = microphone();
    const voice = new VoiceView(filesThatAnswer().files, recorder, BOB);
    await voice.start();
    say(5_000);
    await voice.leave();
    expect([voice.phase, told]).toMatchObject([{ kind: 'ready', because: 'left' }, ['finish']]);
  });

  it('does not begin after the talk was left while the browser was asking', async () => {
    const { recorder, told } = microphone();
    const voice = new VoiceView(filesThatAnswer().files, recorder, BOB);
    const starting = voice.start();
    await voice.leave();
    await starting;
    expect([voice.isIdle, told]).toEqual([true, ['discard']]);
  });

  it('ends by itself when it is as long as it may be, or the microphone goes away', async () => {
    for (const [duration, phase, because] of [[MAX_VOICE_MS, 'recording', 'longest'] as const, [5_000, 'ended', 'ended'] as const]) {
      const { recorder, say } = microphone();
      const voice = new VoiceView(filesThatAnswer().files, recorder, BOB);
      await voice.start();
      say(duration, phase);
      await Promise.resolve();
      expect(voice.phase).toMatchObject({ kind: 'ready', because });
    }
  });

  it('that could not be sent is still there, with why, and can be sent again', async () => {
    const { files } = filesThatAnswer(fail({ kind: 'no-shelf' }));
    const { recorder, say } = microphone();
    const voice = new VoiceView(files, recorder, BOB);
    await voice.start();
    say(5_000);
    expect(await voice.send()).toBe(false);
    expect(voice.phase).toMatchObject({ kind: 'ready', because: { kind: 'no-shelf' } });
    expect(await voice.send()).toBe(false);
  });

  it('says why it cannot be recorded', async () => {
    const voice = new VoiceView(filesThatAnswer().files, microphone({ kind: 'refused' }).recorder, BOB);
    await voice.start();
    expect(voice.failure).toEqual({ kind: 'refused' });
  });
});
