import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRecord, FileWish } from '../../src/files/ports.ts';
import type { BackupRow } from '../../src/identity/backup-record.ts';
import type { AccountId, FileId, MessageId } from '../../src/protocol/ids.ts';
import { conversationWith } from '../../src/protocol/ids.ts';
import type { Attachment } from '../../src/session/attachment.ts';
import { openShelf, rowsOnDisk, seen, type Shelf } from './shelf.ts';

const bob = 'CANARY-bob' as AccountId;
const withBob = conversationWith(bob);

function place(message: string) {
  return { conversation: withBob, message: message as MessageId, author: bob, wall: 1_700_000_000_000 };
}

function picture(file: string): Attachment {
  const view = { kind: 'picture', width: 4000, height: 3000, thumbnail: new Uint8Array([0xff, 0xd8, 1, 2, 3]) } as const;
  return { file: file as FileId, name: 'CANARY-holiday.jpg', mime: 'image/jpeg', size: 5_000_000, view };
}

function record(file: string, wish: FileWish = 'wanted'): FileRecord {
  return {
    file: file as FileId,
    key: new Uint8Array(32).fill(1),
    root: new Uint8Array(32).fill(2),
    attachment: picture(file),
    wish,
    slot: 'CANARY-slot',
    places: [place('one')],
  };
}

describe('alice’s file store', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(() => alice.close());

  const put = (...records: readonly FileRecord[]) => alice.commit(records.map((each) => alice.files.update(each.file, () => each)));

  it('keeps what is known of files, and says nothing of it to who holds the disk', async () => {
    await put(record('CANARY-1'), record('CANARY-2', 'complete'));
    expect(await alice.files.record('CANARY-1' as FileId)).toEqual(record('CANARY-1'));
    expect(await alice.files.all()).toHaveLength(2);
    const dump = (await rowsOnDisk(alice, 'files')).map((row) => Object.values(row).map(latin1).join('\n')).join('\n');
    expect(dump).not.toMatch(/CANARY|image/);
  });

  it('gives each of two changes in one commit what the one before it left', async () => {
    await put(record('one'));
    const adding = (message: string) =>
      alice.files.update('one' as FileId, (before) => before && { ...before, places: [...before.places, place(message)] });
    await alice.commit([adding('two'), adding('three')]);
    const kept = await alice.files.record('one' as FileId);
    expect(kept?.places.map(({ message }) => message)).toEqual(['one', 'two', 'three']);
  });

  it('forgets a file whose change leaves nothing of it, and one that is deleted', async () => {
    await put(record('one'), record('two'), record('three'));
    await alice.commit([alice.files.update('one' as FileId, () => undefined), alice.files.delete('two' as FileId)]);
    expect((await alice.files.all()).map(({ file }) => file)).toEqual(['three']);
  });

  it('makes nothing of a change to what is not there', async () => {
    await alice.commit([alice.files.update('one' as FileId, (before) => before && { ...before, wish: 'paused' })]);
    expect(await alice.files.all()).toEqual([]);
  });

  it('keeps from which size on files wait to be asked for', async () => {
    expect(await alice.files.settings()).toBeUndefined();
    await alice.commit([alice.files.putSettings({ askAbove: 50_000_000 })]);
    expect(await alice.files.settings()).toEqual({ askAbove: 50_000_000 });
    await alice.commit([alice.files.putSettings({ askAbove: undefined })]);
    expect(await alice.files.settings()).toEqual({ askAbove: undefined });
  });

  it('gives a backup its records; what was whole here can be fetched again there', async () => {
    await put(record('whole', 'complete'), record('coming', 'wanted'), record('stopped', 'paused'));
    await alice.commit([alice.files.putSettings({ askAbove: 7 })]);
    const rows: BackupRow[] = [];
    await alice.backup.readRows(
      (row) => rows.push(row),
      () => undefined,
    );
    const restored = await openShelf('alice again');
    await restored.backup.writeRows(rows);
    const wishes = (await restored.files.all()).map(({ file, wish }) => [file, wish]);
    expect(Object.fromEntries(wishes)).toEqual({ whole: 'removed', coming: 'wanted', stopped: 'paused' });
    expect((await restored.files.record('whole' as FileId))?.key).toEqual(record('whole').key);
    expect(await restored.files.settings()).toEqual({ askAbove: 7 });
    await restored.close();
  });

  it('is given with the message: the timeline and the list show a file, and messages without one have none', async () => {
    const base = { conversation: withBob, wall: 0, text: '', direction: 'in', author: bob } as const;
    const bare = { ...base, id: 'bare' as MessageId, lamport: 1 };
    const filed = { ...base, id: 'filed' as MessageId, lamport: 2, file: picture('one') };
    const last = { direction: 'in', text: '', author: bob, wall: 0, file: { kind: 'picture', name: 'CANARY-holiday.jpg' } } as const;
    const add = alice.chat.addMessages(withBob, [bare, filed], (before) => ({ ...before, last, lamport: 2 }));
    await alice.commit([add, alice.files.update(record('one').file, () => record('one'))]);
    expect(await alice.chat.message(withBob, filed.id)).toEqual(filed);
    expect(await alice.chat.message(withBob, bare.id)).not.toHaveProperty('file');
    expect(await seen(alice.chat.watchTimeline(withBob, 10))).toEqual([bare, filed]);
    expect((await seen(alice.chat.watchConversations()))[0]?.last).toEqual(last);
  });
});

function latin1(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
}
