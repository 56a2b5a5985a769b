import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/ports.ts';
import { makeFormat } from '../../src/i18n/format.ts';
import { en } from '../../src/i18n/en.ts';
import type { ConversationId, FileId, MessageId } from '../../src/protocol/ids.ts';
import type { Attachment, AttachmentView } from '../../src/session/attachment.ts';
import { rowsOf } from '../../src/ui/chat/rows.ts';
import { limitsWith } from '../../src/ui/files/ask-limits.ts';
import type { FileItem, FileState } from '../../src/ui/files/contract.ts';
import { sortOf } from '../../src/ui/files/file-kind.ts';
import { fitted } from '../../src/ui/files/fitted.ts';
import { byMonth, filterMedia, mediaInOrder, nextVoice } from '../../src/ui/files/media-list.ts';
import { pictureTypeOf } from '../../src/ui/files/picture-type.ts';
import { splitName } from '../../src/ui/files/shortened-name.ts';
import { partHere, partThere, stateSentence } from '../../src/ui/files/state-sentence.ts';
import { totalSpeed } from '../../src/ui/files/total-speed.ts';
import { FITTED, moved, zoomedAt } from '../../src/ui/files/zoom.ts';
import { fakeId } from './fake-people.ts';

const bob = fakeId('Bob');
const NOON = new Date(2026, 2, 4, 12).getTime();
const NOTHING = new Uint8Array();
const PICTURE: AttachmentView = { kind: 'picture', width: 4, height: 3, thumbnail: NOTHING };
const VOICE: AttachmentView = { kind: 'voice', duration: 12_000, waveform: NOTHING };

function attachment(name: string, view: AttachmentView = { kind: 'plain' }, mime = 'application/octet-stream'): Attachment {
  return { file: name as FileId, name, mime, size: 12_000_000, view };
}

function item(name: string, view: AttachmentView, wall: number): FileItem {
  return {
    attachment: attachment(name, view),
    place: { conversation: 'talk' as ConversationId, message: name as MessageId, author: bob, wall },
    isHere: true,
  };
}

describe('pictures said in one go', () => {
  /** Bob's messages: seconds since noon, and what is said with a picture. */
  const pictures = (...said: readonly (readonly [number, string])[]): readonly Message[] =>
    said.map(([seconds, text], at) => ({
      id: String(at) as MessageId,
      conversation: 'talk' as ConversationId,
      lamport: at + 1,
      wall: NOON + seconds * 1_000,
      text,
      direction: 'in',
      author: bob,
      file: attachment('a.jpg', PICTURE),
    }));
  const albums = (messages: readonly Message[], newAfter?: number): readonly number[] =>
    rowsOf(messages, newAfter).map(({ album }) => album.length);

  it('stand together while each comes within a minute of the one before', () => {
    expect(albums(pictures([0, 'look'], [30, ''], [80, ''], [150, '']))).toEqual([3, 0]);
  });

  it('begin anew where something is said of one', () => {
    expect(albums(pictures([0, ''], [1, ''], [2, 'and this'], [3, '']))).toEqual([2, 2]);
  });

  it('are parted by the line above what is new', () => {
    expect(albums(pictures([0, ''], [1, ''], [2, ''], [3, '']), 2)).toEqual([2, 2]);
  });

  it('are drawn again only when one is added', () => {
    const messages = pictures([0, ''], [1, ''], [2, '']);
    const [before] = rowsOf(messages.slice(0, 2), undefined);
    const [same] = rowsOf(messages.slice(0, 2), undefined);
    const [more] = rowsOf(messages, undefined);
    expect(same).toBe(before);
    expect(more?.album).toHaveLength(3);
  });
});

describe('splitName', () => {
  it('keeps the ending and what stands right before it', () => {
    expect(splitName('Notes of a long meeting (2).pdf')).toEqual({ start: 'Notes of a long meeting', end: ' (2).pdf' });
  });

  it('leaves short names whole, and never cuts inside a character', () => {
    expect(splitName('a.pdf')).toEqual({ start: '', end: 'a.pdf' });
    expect(splitName('\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'.repeat(12)).end).toBe('\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'.repeat(4));
  });

  it('takes no sentence for an ending', () => {
    expect(splitName('report.final version of Tuesday').end).toBe('sday');
  });
});

describe('what is said of a file', () => {
  const format = makeFormat('en');
  const state = (phase: FileState['phase'], here = 0): FileState => ({ size: 12_000_000, here, phase, takers: [] });
  const say = (of: FileState, giver?: string): string => stateSentence(of, { words: en.files, format, giver });

  it('tells how much came, how fast, and how long it will take', () => {
    const speed = { bytesPerSecond: 2_000_000, remaining: 150 };
    expect(say(state({ kind: 'arriving', speed }, 4_100_000))).toBe('4.1 MB of 12 MB · 2 MB/s · 3 minutes left');
    expect(say(state({ kind: 'arriving', speed: { ...speed, remaining: undefined } }))).toBe('12 MB · 2 MB/s');
  });

  it('names whom it waits for where there is one', () => {
    expect(say(state({ kind: 'waiting' }), 'Bob')).toBe('12 MB · waiting for Bob');
    expect(say(state({ kind: 'waiting' }))).toBe('12 MB · waiting for somebody who has it');
  });

  it('says why it stopped', () => {
    expect(say(state({ kind: 'stopped', why: 'disk-full', needed: 2e9 }))).toContain('2 GB');
    expect(say(state({ kind: 'stopped', why: 'gone' }))).toBe(en.files.state.gone);
  });

  it('has a bar only while something is on its way', () => {
    expect(partHere(state({ kind: 'paused' }, 3_000_000))).toBe(0.25);
    expect(partHere(state({ kind: 'complete' }, 12_000_000))).toBeUndefined();
    const taker = { account: bob, there: 6_000_000, speed: undefined };
    expect(partThere({ size: 12_000_000, takers: [taker, { ...taker, there: 12_000_000 }] })).toBe(0.75);
    expect(partThere({ size: 12_000_000, takers: [{ ...taker, there: 12_000_000 }] })).toBeUndefined();
    expect(partThere({ size: 12_000_000, takers: [] })).toBeUndefined();
  });

  it('sums what is under way, and waits for the last', () => {
    const one = {
      file: 'a' as FileId,
      attachment: attachment('a'),
      direction: 'in',
      conversation: 'talk' as ConversationId,
      part: 0,
    } as const;
    const speeds = [
      { bytesPerSecond: 10, remaining: 5 },
      { bytesPerSecond: 20, remaining: undefined },
      { bytesPerSecond: 30, remaining: 70 },
    ];
    expect(totalSpeed(speeds.map((speed) => ({ ...one, speed })))).toEqual({ bytesPerSecond: 60, remaining: 70 });
  });
});

describe('the files of a talk', () => {
  const april = new Date(2026, 3, 2).getTime();
  const all = [
    item('walk.jpg', PICTURE, april),
    item('b', VOICE, NOON + 2),
    item('notes.pdf', { kind: 'plain' }, NOON + 1),
    item('a', VOICE, NOON),
  ];

  it('stand by month, newest first', () => {
    expect(byMonth(all).map(({ items }) => items.length)).toEqual([1, 3]);
  });

  it('are found by kind and by name', () => {
    expect(filterMedia(all, 'voices', '')).toHaveLength(2);
    expect(filterMedia(all, 'all', 'NOTES').map(({ attachment: { name } }) => name)).toEqual(['notes.pdf']);
  });

  it('are leafed through in the order they were said', () => {
    const older = item('old.jpg', PICTURE, NOON - 1);
    expect(mediaInOrder([...all, older]).map(({ attachment: { name } }) => name)).toEqual(['old.jpg', 'walk.jpg']);
    const [, later, , first] = all;
    expect(first && nextVoice(all, first.place)).toBe(later);
    expect(later && nextVoice(all, later.place)).toBeUndefined();
  });
});

describe('what is shown', () => {
  it('is known by its first bytes, and a drawing that can hold programs is no picture', () => {
    expect(pictureTypeOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toBe('image/jpeg');
    expect(pictureTypeOf(new TextEncoder().encode('RIFF....WEBPVP8 '))).toBe('image/webp');
    expect(pictureTypeOf(new TextEncoder().encode('<svg onload=…'))).toBeUndefined();
    expect(sortOf(attachment('a.svg', { kind: 'plain' }, 'image/svg+xml'))).toBe('other');
    expect(sortOf(attachment('a.html', { kind: 'plain' }, 'text/html'))).toBe('other');
  });

  it('is sorted by its type, else by its ending', () => {
    expect(sortOf(attachment('x', { kind: 'plain' }, 'application/pdf'))).toBe('pdf');
    expect(sortOf(attachment('LOG.TXT'))).toBe('text');
    expect(sortOf(attachment('a.constructor'))).toBe('other');
  });

  it('has its place before it is here, whatever shape it claims', () => {
    expect(fitted({ width: 1_600, height: 800 })).toEqual({ width: 320, height: 160 });
    expect(fitted({ width: 60_000, height: 1 })).toEqual({ width: 320, height: 110 });
    expect(fitted({ width: 0, height: 0 }).width).toBe(320);
  });
});

describe('zoom', () => {
  const sizes = { picture: { width: 800, height: 400 }, screen: { width: 800, height: 600 } };

  it('keeps what is under the pointer there', () => {
    const at = { x: 200, y: 0 };
    const zoom = zoomedAt(FITTED, 2, at, sizes);
    expect((at.x - zoom.x) / zoom.scale).toBe(200);
  });

  it('goes no smaller than the window and no further than the edge', () => {
    expect(zoomedAt({ scale: 2, x: 400, y: 0 }, 0.1, { x: 0, y: 0 }, sizes)).toEqual(FITTED);
    expect(moved({ scale: 2, x: 0, y: 0 }, { x: 9_999, y: -9_999 }, sizes)).toEqual({ scale: 2, x: 400, y: -100 });
  });
});

it('offers the limit in force even if it is none of the usual ones', () => {
  expect(limitsWith(25e6)).toEqual([5e6, 25e6, 100e6, 1e9, undefined]);
  expect(limitsWith(2 ** 25)).toContain(2 ** 25);
});
