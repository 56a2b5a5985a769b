/** Canned files in canned talks: in every phase there is, arriving at some speed, given to others. They do what they are told. */
import { blankConversation, type Conversation, type Message } from '../../src/chat/ports.ts';
import type { FileSettings } from '../../src/files/ports.ts';
import { Cell } from '../../src/lib/observable.ts';
import { succeed } from '../../src/lib/result.ts';
import { fileIdOf, messageIdOf, type AccountId, type ConversationId, type FileId, type MessageId } from '../../src/protocol/ids.ts';
import type { Attachment, AttachmentView } from '../../src/session/attachment.ts';
import type { FileItem, Files, FileState, OutgoingFile, Speed, Transfer, Usage } from '../../src/ui/files/contract.ts';
import type { Language, Me } from '../../src/ui/parley.ts';
import { createFakeSending } from './fake-sending.ts';
import { fakePdf, fakePicture, fakeSound, fakeThumbnail, fakeVideo, fakeWaveform } from './fake-media.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How often what is under way moves on. */
const TICK_MS = 400;
const SPEED = 2_100_000;

type Phase = FileState['phase'];
const COMPLETE: Phase = { kind: 'complete' };

interface FakeTalks {
  readonly conversations: Cell<readonly Conversation[]>;
  talkOf(id: ConversationId): Cell<readonly Message[]>;
}

interface FakeFilesOptions {
  readonly scene: string;
  readonly language: Language;
  readonly me: Me;
  readonly now: number;
  readonly talks: FakeTalks;
  /** Where files are said: a talk of two, and one of a group, each with its people. */
  readonly places: readonly { readonly conversation: ConversationId; readonly people: readonly AccountId[] }[];
}

interface FakeFile {
  readonly attachment: Attachment;
  readonly conversation: ConversationId;
  readonly state: Cell<FileState>;
  readonly make: () => Promise<Blob>;
  readonly isMine: boolean;
}

interface Line {
  readonly mine?: boolean;
  readonly name: string;
  readonly mime?: string;
  readonly size: number;
  readonly view?: AttachmentView;
  readonly make?: () => Promise<Blob>;
  readonly text?: string;
  readonly phase?: Phase;
  /** Part that is here. */
  readonly here?: number;
  /** Parts that are with those who take it. */
  readonly takers?: readonly number[];
  /** Said so many minutes after the one before. */
  readonly after?: number;
}

const NAMES = {
  en: {
    trip: 'Ridge at dawn',
    caption: 'This is where we turn left. The path behind the chapel is open again.',
    notes: 'Notes of Tuesday',
  },
  zh: { trip: '清晨的山脊', caption: '就在这里左转。小教堂后面的路又可以走了。', notes: '周二的记录' },
} as const;

export function createFakeFiles({ scene, language, me, now, talks, places }: FakeFilesOptions): Files {
  const all = new Map<FileId, FakeFile>();
  const items = new Map<ConversationId, Cell<readonly FileItem[]>>();
  const transfers = new Cell<readonly Transfer[]>([]);
  const usage = new Cell<Usage | undefined>(undefined);
  const settings = new Cell<FileSettings>({ askAbove: 25e6 });
  const itemsOf = (conversation: ConversationId): Cell<readonly FileItem[]> => {
    const known = items.get(conversation);
    if (known) return known;
    const made = new Cell<readonly FileItem[]>([]);
    items.set(conversation, made);
    return made;
  };

  function add(
    conversation: ConversationId,
    author: AccountId | undefined,
    line: Line,
    wall: number,
    takers: readonly AccountId[],
  ): MessageId {
    const file = fileIdOf(crypto.getRandomValues(new Uint8Array(32)));
    const { name, size, mime = 'application/octet-stream', view = { kind: 'plain' } } = line;
    const attachment: Attachment = { file, name, size, mime, view };
    const phase = line.phase ?? COMPLETE;
    const state = new Cell<FileState>({
      size,
      here: phase.kind === 'complete' ? size : Math.floor(size * (line.here ?? 0)),
      phase,
      takers: (line.takers ?? []).flatMap((part, at) => {
        const account = takers[at];
        return account
          ? [{ account, there: Math.floor(size * part), speed: part < 1 && at < 2 ? speedOf(size * (1 - part)) : undefined }]
          : [];
      }),
    });
    const make = line.make ?? (() => Promise.resolve(new Blob([`${name}\n`.repeat(2_000)], { type: 'text/plain' })));
    all.set(file, { attachment, conversation, state, make, isMine: author === undefined });
    const talk = talks.talkOf(conversation);
    const lamport = (talk.value.at(-1)?.lamport ?? 0) + 1;
    const base = {
      id: messageIdOf(crypto.getRandomValues(new Uint8Array(16))),
      conversation,
      lamport,
      wall,
      text: line.text ?? '',
      file: attachment,
    };
    const message: Message = author ? { ...base, direction: 'in', author } : { ...base, direction: 'out', status: 'delivered' };
    talk.set([...talk.value, message]);
    const item: FileItem = {
      attachment,
      place: { conversation, message: base.id, author: author ?? me.id, wall },
      isHere: phase.kind === 'complete',
    };
    itemsOf(conversation).set([item, ...itemsOf(conversation).value]);
    const known = talks.conversations.value.find(({ id }) => id === conversation) ?? blankConversation(conversation);
    const { kind } = view;
    const last = {
      wall,
      text: base.text,
      file: { kind, name, ...(kind === 'voice' && { duration: view.duration }) },
      ...(author ? { direction: 'in' as const, author } : { direction: 'out' as const }),
    };
    talks.conversations.set([
      ...talks.conversations.value.filter((each) => each !== known),
      { ...known, lamport, last, touched: wall, unread: 0, readUpTo: lamport },
    ]);
    return base.id;
  }

  function retell(): void {
    transfers.set(
      [...all.values()].flatMap(({ attachment, conversation, state: { value } }): Transfer[] => {
        const { file, size } = attachment;
        const { phase, here, takers } = value;
        if (phase.kind === 'arriving') return [{ file, attachment, conversation, direction: 'in', part: here / size, speed: phase.speed }];
        const going = takers.filter(({ speed }) => speed !== undefined);
        const [first] = going;
        return first?.speed ? [{ file, attachment, conversation, direction: 'out', part: first.there / size, speed: first.speed }] : [];
      }),
    );
    const conversations = [...items].map(([conversation, { value }]) => {
      const files = value.filter(({ isHere }) => isHere).map((item) => ({ ...item, bytes: item.attachment.size }));
      return { conversation, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files };
    });
    const used = conversations.reduce((sum, { bytes }) => sum + bytes, 6_400_000);
    usage.set({ total: { used, quota: 12e9 }, conversations });
  }

  function change(file: FileId, changes: Partial<FileState>): void {
    const known = all.get(file);
    if (!known) return;
    known.state.set({ ...known.state.value, ...changes });
    const isHere = known.state.value.phase.kind === 'complete';
    const list = itemsOf(known.conversation);
    if (list.value.some((item) => item.attachment.file === file && item.isHere !== isHere))
      list.set(list.value.map((item) => (item.attachment.file === file ? { ...item, isHere } : item)));
    retell();
  }

  function tick(): void {
    for (const [file, { state }] of all) {
      const { phase, here, size, takers } = state.value;
      if (phase.kind === 'arriving') {
        const more = Math.min(here + (SPEED * TICK_MS) / 1_000, size);
        change(file, { here: more, phase: more >= size ? COMPLETE : { kind: 'arriving', speed: speedOf(size - more) } });
      }
      if (takers.some(({ speed }) => speed))
        change(file, {
          takers: takers.map((taker) => {
            if (!taker.speed) return taker;
            const there = Math.min(taker.there + (SPEED * TICK_MS) / 2_000, size);
            return { ...taker, there, speed: there >= size ? undefined : speedOf(size - there) };
          }),
        });
    }
  }

  for (const [at, { conversation, people }] of places.entries()) {
    const lines = at === 0 ? talkOfTwo(language) : talkOfGroup(language);
    // Not further apart than needed for pictures to stand together, the last a moment ago.
    const times = lines.map(({ after = 0.3 }) => after);
    const whole = times.reduce((sum, minutes) => sum + minutes, 0);
    let past = 0;
    lines.forEach((line, index) => {
      past += times[index] ?? 0;
      const author = line.mine ? undefined : people[0];
      add(conversation, author, line, now - (whole - past) * MINUTE, people);
    });
  }
  retell();
  // A still picture is wanted for photographs.
  if (!scene.endsWith('-still')) setInterval(tick, TICK_MS);

  const stored = (file: FileId): FakeFile | undefined => all.get(file);
  return {
    ...createFakeSending((conversation, item, text) => {
      const people = places.find((each) => each.conversation === conversation)?.people ?? [];
      const line: Line = { ...lineOf(item), mine: true, text, takers: [0.1] };
      const message = add(conversation, undefined, line, Date.now(), people);
      retell();
      return message;
    }, scene),
    forward(place, to) {
      const item = itemsOf(place.conversation).value.find((each) => each.place.message === place.message);
      const from = item && stored(item.attachment.file);
      if (from) {
        const { attachment, make } = from;
        for (const conversation of to) add(conversation, undefined, { ...attachment, make }, Date.now(), []);
      }
      return Promise.resolve(succeed(undefined));
    },
    watch: (file) => stored(file)?.state ?? new Cell<FileState>({ size: 0, here: 0, phase: { kind: 'removed' }, takers: [] }),
    download(file) {
      const size = stored(file)?.attachment.size ?? 0;
      change(file, { phase: { kind: 'arriving', speed: speedOf(size) } });
      return Promise.resolve();
    },
    pause(file) {
      const known = stored(file);
      if (known?.isMine) change(file, { takers: known.state.value.takers.map((taker) => ({ ...taker, speed: undefined })) });
      else change(file, { phase: { kind: 'paused' } });
      return Promise.resolve();
    },
    cancel(file) {
      change(file, { phase: { kind: 'removed' }, here: 0 });
      return Promise.resolve();
    },
    transfers,
    async address(file) {
      const known = stored(file);
      const { kind } = known?.attachment.view ?? { kind: 'plain' };
      if (!known || (kind !== 'video' && kind !== 'audio' && kind !== 'voice')) return undefined;
      const url = URL.createObjectURL(await known.make());
      return { url, dispose: () => URL.revokeObjectURL(url) };
    },
    bytes: (file) => {
      const known = stored(file);
      return known?.state.value.phase.kind === 'complete' ? known.make() : Promise.resolve(undefined);
    },
    async save(_file, progress) {
      for (let part = 0; part < 1; part += 0.2) {
        progress(part);
        // Saving takes its time, so that the screen's progress can be seen.
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      return succeed(undefined);
    },
    inConversation: itemsOf,
    usage,
    free(files) {
      for (const file of files) change(file, { phase: { kind: 'removed' }, here: 0 });
      return Promise.resolve();
    },
    settings,
    change(changed) {
      settings.set(changed);
      return Promise.resolve();
    },
  };
}

function speedOf(left: number): Speed {
  return { bytesPerSecond: SPEED, remaining: left / SPEED };
}

function factsOf(item: OutgoingFile): { readonly name: string; readonly size: number } {
  switch (item.kind) {
    case 'file':
      return { name: item.file.name, size: item.file.size };
    case 'folder':
      return { name: `${item.name}.zip`, size: item.entries.reduce((sum, { file }) => sum + file.size, 0) };
    case 'voice':
      return { name: 'voice.webm', size: item.recording.blob.size };
  }
}

function lineOf(item: OutgoingFile): Line {
  const facts = factsOf(item);
  if (item.kind === 'voice') {
    const { blob, duration, waveform } = item.recording;
    return { ...facts, mime: blob.type, view: { kind: 'voice', duration, waveform }, make: () => Promise.resolve(blob) };
  }
  if (item.kind === 'folder') return { ...facts, mime: 'application/zip' };
  const { file } = item;
  if (!file.type.startsWith('image/')) return { ...facts, mime: file.type, make: () => Promise.resolve(file) };
  return { ...facts, ...picture(1_200, 900, 1), make: () => Promise.resolve(file) };
}

function picture(width: number, height: number, hue: number): Pick<Line, 'mime' | 'view' | 'make'> {
  const small = 40 / Math.max(width, height);
  const thumbnail = fakeThumbnail(Math.max(Math.round(width * small), 4), Math.max(Math.round(height * small), 4), hue);
  return { mime: 'image/jpeg', view: { kind: 'picture', width, height, thumbnail }, make: () => fakePicture(width, height, hue) };
}

function video(hue: number): Pick<Line, 'mime' | 'view' | 'make'> {
  const thumbnail = fakeThumbnail(40, 23, hue);
  return {
    mime: 'video/webm',
    view: { kind: 'video', width: 1_280, height: 720, duration: 95_000, thumbnail },
    make: () => fakeVideo(640, 360, hue),
  };
}

function voice(duration: number, seed: number): Pick<Line, 'mime' | 'view' | 'make'> {
  return {
    mime: 'audio/wav',
    view: { kind: 'voice', duration, waveform: fakeWaveform(seed) },
    make: () => Promise.resolve(fakeSound(duration)),
  };
}

function talkOfTwo(language: Language): readonly Line[] {
  const words = NAMES[language];
  const pdf = { mime: 'application/pdf', make: () => Promise.resolve(fakePdf()) };
  return [
    { name: `${words.trip}.jpg`, size: 2_410_000, ...picture(1_600, 1_067, 0.4), text: words.caption, after: 3 * (DAY / MINUTE) },
    { name: 'IMG_20260304_081233.jpg', size: 3_100_000, ...picture(900, 1_600, 2), mine: true, after: 8 },
    { name: 'panorama.jpg', size: 41_000_000, ...picture(4_000, 700, 3), phase: { kind: 'offered' }, after: 8 },
    { name: `${words.notes}.txt`, size: 24_800, mime: 'text/plain', after: 8 },
    { name: `${words.notes} — the whole long version with all that was said and decided in the end (2).pdf`, size: 1_204_000, ...pdf },
    { name: 'budget.xlsx', size: 88_000, mime: 'application/vnd.ms-excel', phase: { kind: 'removed' } },
    { name: 'holiday-video-of-everybody.mp4', size: 640_000_000, mime: 'application/zip', phase: { kind: 'paused' }, here: 0.31 },
    { name: 'backup.tar.gz', size: 88_000_000, phase: { kind: 'arriving', speed: speedOf(6e7) }, here: 0.34 },
    { name: 'map-of-the-valley.zip', size: 9_000_000, phase: { kind: 'waiting' }, here: 0.5 },
    { name: 'old-letter.doc', size: 1_000_000, phase: { kind: 'stopped', why: 'gone' } },
    { name: 'model.stl', size: 7_000_000_000, phase: { kind: 'stopped', why: 'disk-full', needed: 2_300_000_000 } },
    { name: 'سفر-reverse.exe', size: 3_000_000 },
    { name: 'slides.pptx', size: 52_000_000, mine: true, takers: [0.45], after: 6 },
    { name: 'clip.webm', size: 18_400_000, ...video(4), after: 6 },
    { name: 'long-clip.webm', size: 220_000_000, ...video(5), phase: { kind: 'arriving', speed: speedOf(1.6e8) }, here: 0.22 },
    { name: 'voice.wav', size: 98_000, ...voice(12_400, 1), after: 6 },
    { name: 'voice.wav', size: 40_000, ...voice(4_000, 2) },
    { name: 'voice.wav', size: 61_000, ...voice(8_000, 3), mine: true, after: 6 },
    {
      name: 'Evening song.mp3',
      size: 4_200_000,
      mime: 'audio/mpeg',
      view: { kind: 'audio', duration: 194_000 },
      make: () => Promise.resolve(fakeSound(20_000)),
      after: 6,
    },
    ...[0, 1, 2, 3, 4, 5].map((at) => ({
      name: `walk-${at + 1}.jpg`,
      size: 2_000_000 + at * 10_000,
      ...picture(at % 2 ? 900 : 1_400, 1_000, at),
      ...(at === 2 && { phase: { kind: 'offered' as const } }),
      after: at === 0 ? 6 : 0.1,
    })),
  ];
}

function talkOfGroup(language: Language): readonly Line[] {
  const words = NAMES[language];
  return [
    { name: `${words.trip}.jpg`, size: 2_410_000, ...picture(1_600, 1_067, 1.4), text: words.caption },
    { name: 'route.gpx', size: 240_000, mime: 'application/gpx+xml', phase: { kind: 'waiting' }, after: 6 },
    ...[0, 1, 2].map((at) => ({
      name: `hut-${at + 1}.jpg`,
      size: 1_800_000,
      ...picture(1_200, 900, at + 2),
      mine: true,
      after: at === 0 ? 6 : 0.1,
    })),
    { name: 'film-of-the-day.mov', size: 380_000_000, mine: true, takers: [1, 1, 0.62, 0.2, 0.1], after: 6 },
    { name: 'voice.wav', size: 98_000, ...voice(31_000, 5), after: 6 },
  ];
}
