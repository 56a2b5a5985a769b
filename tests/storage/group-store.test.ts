import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDBIndex, IDBObjectStore } from 'fake-indexeddb';
import { OWN_PARCELS, type LogEntry, type StoredEnvelope } from '../../src/groups/ports.ts';
import type { BackupRow } from '../../src/identity/backup-record.ts';
import { toBase64url, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { conversationOf, type GroupId, type OperationId } from '../../src/protocol/ids.ts';
import { openShelf, plant, rowsOnDisk, type Row, type Shelf } from './shelf.ts';

const climbers = 'CANARY-climbers' as GroupId;
const choir = 'CANARY-choir' as GroupId;
const laptop = 'CANARY-laptop';
const phone = 'CANARY-phone';
const TABLES = ['groups', 'groupOperations', 'groupLog', 'groupExtents', 'groupParcels'];

const bytesOf = (text: string): Bytes => utf8(`CANARY-${text}`);
/** As long as operations are. */
const idOf = (name: string): OperationId =>
  toBase64url(new Uint8Array(32).map((_, at) => name.charCodeAt(at % name.length))) as OperationId;
const operation = (name: string, group = climbers, length = 400): StoredEnvelope => ({
  id: `${name}-${idOf(name)}` as OperationId,
  group,
  envelope: utf8(`CANARY-${name} `.padEnd(length, '.')),
});
const entry = (seq: number, device = laptop, group = climbers): LogEntry => ({ ...operation(`${device}-${seq}`, group), device, seq });
const entries = (from: number, to: number, device = laptop): LogEntry[] =>
  Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, device));
const idsOf = (all: readonly StoredEnvelope[]): string[] => all.map(({ id }) => id);
const numbersOf = (all: readonly LogEntry[]): number[] => all.map(({ seq }) => seq);

describe('alice’s store of groups', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await alice.close();
  });

  const reopen = async (): Promise<void> => {
    await alice.close();
    alice = await openShelf('alice', alice.engine);
  };
  const addOperations = (...operations: StoredEnvelope[]): Promise<void> => alice.commit([alice.groups.addOperations(operations)]);
  const addLog = (...log: LogEntry[]): Promise<void> => alice.commit([alice.groups.addLog(log)]);
  const fill = (group: GroupId): Promise<void> =>
    alice.commit([
      alice.groups.putGroup(group, bytesOf('state')),
      alice.groups.addOperations([operation('op', group)]),
      alice.groups.addLog([entry(1, laptop, group)]),
      alice.groups.putParcel(group, 'mark', 'CANARY-name', bytesOf('body')),
    ]);

  it('leaves nothing readable on the disk', async () => {
    await fill(climbers);
    for (const table of TABLES) {
      const rows = await rowsOnDisk(alice, table);
      expect(rows, table).toHaveLength(1);
      expect(rows.map(textOf).join('\n'), table).not.toMatch(/CANARY|mark/);
    }
  });

  it('gives back what a group said of itself last', async () => {
    await alice.commit([alice.groups.putGroup(climbers, bytesOf('one')), alice.groups.putGroup(choir, bytesOf('other'))]);
    await alice.commit([alice.groups.putGroup(climbers, bytesOf('two'))]);
    const found = new Map((await alice.groups.groups()).map(({ group, state }) => [group, state]));
    expect(found).toEqual(
      new Map([
        [climbers, bytesOf('two')],
        [choir, bytesOf('other')],
      ]),
    );
  });

  it('forgets a group whole, and no other', async () => {
    await fill(climbers);
    await fill(choir);
    await alice.commit([alice.groups.deleteGroup(climbers)]);
    for (const table of TABLES) expect(await rowsOnDisk(alice, table), table).toHaveLength(1);
    expect(idsOf(await alice.groups.operations(choir))).toHaveLength(1);
    expect(await alice.groups.operations(climbers)).toEqual([]);
    expect(await alice.groups.logVector(climbers)).toEqual(new Map());
  });

  it('keeps what comes in one commit with the end of what was before', async () => {
    await addOperations(operation('a'), operation('b'));
    await alice.groups.operations(climbers);
    await alice.commit([alice.groups.deleteGroup(climbers), alice.groups.addOperations([operation('b')])]);
    expect(idsOf(await alice.groups.operations(climbers))).toEqual(idsOf([operation('b')]));
  });

  it('[B4] goes into a backup and comes back, without what is this device’s own', async () => {
    await fill(climbers);
    await addOperations(...Array.from({ length: 200 }, (_, at) => operation(`op ${at}`)));
    await addLog(...entries(2, 200), entry(202));
    await alice.commit([alice.groups.putParcel(climbers, OWN_PARCELS, 'counters', bytesOf('own'))]);
    const rows: BackupRow[] = [];
    await alice.backup.readRows((row) => rows.push(row), vi.fn());
    const returned = await openShelf('alice, elsewhere');
    await returned.backup.writeRows(rows);

    expect(await returned.groups.groups()).toEqual(await alice.groups.groups());
    expect(await returned.groups.operations(climbers)).toEqual(await alice.groups.operations(climbers));
    expect(await returned.groups.log(climbers, laptop, 1, 300)).toEqual(await alice.groups.log(climbers, laptop, 1, 300));
    expect(await returned.groups.logVector(climbers)).toEqual(new Map([[laptop, 200]]));
    expect(await returned.groups.parcels(climbers, 'mark')).toHaveLength(1);
    expect(await alice.groups.parcels(climbers, OWN_PARCELS)).toHaveLength(1);
    expect(await returned.groups.parcels(climbers, OWN_PARCELS)).toEqual([]);
    expect(returned.damaged).toEqual([]);
    await returned.close();
  });

  describe('operations', () => {
    it('come back as they were, in the order they came, across closing and opening', async () => {
      const all = Array.from({ length: 300 }, (_, at) => operation(`op ${at}`));
      for (let at = 0; at < all.length; at += 7) await addOperations(...all.slice(at, at + 7));
      expect(await alice.groups.operations(climbers)).toEqual(all);
      await reopen();
      expect(await alice.groups.operations(climbers)).toEqual(all);
      await addOperations(operation('one more'));
      expect(await alice.groups.operations(climbers)).toEqual([...all, operation('one more')]);
    });

    it('are kept once, however often they come', async () => {
      await addOperations(operation('a'), operation('b'), operation('a'));
      await addOperations(operation('b'), operation('c'));
      await reopen();
      await addOperations(operation('a'), operation('d'));
      await alice.commit([alice.groups.addOperations([operation('e')]), alice.groups.addOperations([operation('e')])]);
      expect(idsOf(await alice.groups.operations(climbers))).toEqual(idsOf(['a', 'b', 'c', 'd', 'e'].map((name) => operation(name))));
      expect(bytesIn(await rowsOnDisk(alice, 'groupOperations'))).toBeLessThan(6 * 500);
    });

    it('of a commit that failed are added when they come again', async () => {
      const failing = alice.chat.updateConversation(conversationOf(climbers), () => {
        throw new Error('the last write fails');
      });
      // Carried out one after another, for the first two share a table.
      const writes = [alice.groups.addOperations([operation('a')]), alice.groups.deleteGroup(choir), failing];
      await expect(alice.commit(writes)).rejects.toThrow('the last write fails');
      await addOperations(operation('a'));
      expect(idsOf(await alice.groups.operations(climbers))).toEqual(idsOf([operation('a')]));
    });

    it('of all are read in one question, ten thousand of them in some hundred rows', async () => {
      const all = Array.from({ length: 10_000 }, (_, at) => operation(`op ${at}`));
      for (let at = 0; at < all.length; at += 500) await addOperations(...all.slice(at, at + 500));
      await reopen();
      const questions = [vi.spyOn(IDBIndex.prototype, 'getAll'), vi.spyOn(IDBIndex.prototype, 'openCursor')];
      expect(await alice.groups.operations(climbers)).toHaveLength(10_000);
      expect(questions.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
      expect((await rowsOnDisk(alice, 'groupOperations')).length).toBeLessThan(130);
    });

    it('that come one by one fill the same rows', async () => {
      for (let at = 0; at < 200; at++) await addOperations(operation(`op ${at}`));
      expect((await rowsOnDisk(alice, 'groupOperations')).length).toBeLessThan(4);
    });

    it('that were damaged can be had again, and the rest is there', async () => {
      const all = Array.from({ length: 200 }, (_, at) => operation(`op ${at}`));
      for (const each of all) await addOperations(each);
      await reopen();
      const last = (await rowsOnDisk(alice, 'groupOperations')).toSorted((a, b) => Number(a['place']) - Number(b['place'])).at(-1);
      await plant(alice, 'groupOperations', { ...last, box: new Uint8Array(80) });
      expect((await alice.groups.operations(climbers)).length).toBeLessThan(200);
      await addOperations(...all);
      expect(new Set(idsOf(await alice.groups.operations(climbers)))).toEqual(new Set(idsOf(all)));
      expect(alice.damaged.length).toBeGreaterThan(0);
    });

    it('do not wander from one group to another', async () => {
      await addOperations(operation('a'), operation('b', choir));
      const rows = await rowsOnDisk(alice, 'groupOperations');
      const [one, other] = rows;
      await plant(alice, 'groupOperations', { ...one, group: other?.['group'] });
      await plant(alice, 'groupOperations', { ...other, group: one?.['group'] });
      expect(await alice.groups.operations(climbers)).toEqual([]);
      expect(await alice.groups.operations(choir)).toEqual([]);
    });
  });

  describe('the log', () => {
    it('gives one device’s messages from a number on, as many as asked for', async () => {
      await addLog(...entries(1, 300), ...entries(1, 5, phone));
      expect(await alice.groups.log(climbers, laptop, 1, 2)).toEqual(entries(1, 2));
      expect(numbersOf(await alice.groups.log(climbers, laptop, 120, 50))).toEqual(numbersOf(entries(120, 169)));
      expect(numbersOf(await alice.groups.log(climbers, laptop, 299, 50))).toEqual([299, 300]);
      expect(await alice.groups.log(climbers, phone, 1, 99)).toEqual(entries(1, 5, phone));
      expect(await alice.groups.log(climbers, phone, 6, 99)).toEqual([]);
      expect(await alice.groups.log(choir, laptop, 1, 99)).toEqual([]);
    });

    it('is in order whatever way it came, and knows where something is missing', async () => {
      for (const each of [3, 1, 9, 4, 2, 7, 8]) await addLog(entry(each));
      expect(numbersOf(await alice.groups.log(climbers, laptop, 1, 99))).toEqual([1, 2, 3, 4, 7, 8, 9]);
      expect(numbersOf(await alice.groups.log(climbers, laptop, 3, 3))).toEqual([3, 4, 7]);
      expect(await alice.groups.logVector(climbers)).toEqual(new Map([[laptop, 4]]));
      await addLog(entry(6), entry(5));
      expect(await alice.groups.logVector(climbers)).toEqual(new Map([[laptop, 9]]));
      await reopen();
      await addLog(entry(11), entry(1, phone));
      expect(await alice.groups.logVector(climbers)).toEqual(
        new Map([
          [laptop, 9],
          [phone, 1],
        ]),
      );
    });

    it('is in order when what came together had a gap between', async () => {
      await addLog(entry(1), entry(4));
      await addLog(entry(3), entry(2));
      expect(numbersOf(await alice.groups.log(climbers, laptop, 1, 2))).toEqual([1, 2]);
      expect(numbersOf(await alice.groups.log(climbers, laptop, 2, 9))).toEqual([2, 3, 4]);
    });

    it('of a device whose beginning is not there says that everything is missing', async () => {
      await addLog(...entries(5, 9));
      expect(await alice.groups.logVector(climbers)).toEqual(new Map([[laptop, 0]]));
    });

    it('says how far it goes behind a number that somebody begins with', async () => {
      await addLog(...entries(5, 9), entry(12), ...entries(1, 2, phone));
      const behind = (number: number) => alice.groups.logVector(climbers, (device) => (device === laptop ? number : 0));
      const found = await Promise.all([3, 4, 7, 9, 10, 11].map(async (number) => (await behind(number)).get(laptop)));
      expect(found).toEqual([3, 9, 9, 9, 10, 12]);
      expect((await behind(4)).get(phone)).toBe(2);
    });

    it('keeps what was first at a place', async () => {
      await addLog(...entries(1, 3));
      await addLog({ ...entry(2), envelope: bytesOf('another') }, entry(4), { ...entry(4), envelope: bytesOf('another') });
      expect(await alice.groups.log(climbers, laptop, 1, 9)).toEqual(entries(1, 4));
    });

    it('takes a thousand messages of four devices in two writes of few rows', async () => {
      const puts = vi.spyOn(IDBObjectStore.prototype, 'put');
      await addLog(...['a', 'b', 'c', 'd'].flatMap((device) => entries(1, 250, device)));
      expect(puts.mock.calls.length).toBeLessThanOrEqual(4 * 2 + 4);
      expect(await alice.groups.logVector(climbers)).toEqual(new Map(['a', 'b', 'c', 'd'].map((device) => [device, 250])));
    });

    it('reads messages that came one by one as those that came together', async () => {
      for (const each of entries(1, 40)) await addLog(each);
      await addLog(...entries(41, 140));
      expect(await alice.groups.log(climbers, laptop, 1, 200)).toEqual(entries(1, 140));
      expect(numbersOf(await alice.groups.log(climbers, laptop, 30, 20))).toEqual(numbersOf(entries(30, 49)));
    });

    it('finds out again what is there when that was damaged', async () => {
      await addLog(...entries(1, 5));
      const [row] = await rowsOnDisk(alice, 'groupExtents');
      await plant(alice, 'groupExtents', { ...row, box: new Uint8Array(80) });
      await addLog(...entries(4, 6));
      expect(await alice.groups.logVector(climbers)).toEqual(new Map([[laptop, 6]]));
      expect(await alice.groups.log(climbers, laptop, 1, 9)).toEqual(entries(1, 6));
    });

    it('goes on behind a page that was damaged', async () => {
      for (const each of entries(1, 12)) await addLog(each);
      const second = (await rowsOnDisk(alice, 'groupLog')).find((row) => row['last'] === 2);
      await plant(alice, 'groupLog', { ...second, box: new Uint8Array(80) });
      expect(numbersOf(await alice.groups.log(climbers, laptop, 1, 4))).toEqual([1, 3, 4, 5]);
    });
  });

  describe('parcels', () => {
    const put = (kind: string, name: string, body: string) => alice.groups.putParcel(climbers, kind, name, bytesOf(body));

    it('are found by kind, and the latest of a name counts', async () => {
      await alice.commit([put('mark', 'laptop', 'one'), put('mark', 'phone', 'two'), put('box', 'laptop', 'three')]);
      await alice.commit([put('mark', 'laptop', 'four')]);
      const marks = await alice.groups.parcels(climbers, 'mark');
      expect(new Map(marks.map(({ name, body }) => [name, body]))).toEqual(
        new Map([
          ['laptop', bytesOf('four')],
          ['phone', bytesOf('two')],
        ]),
      );
      expect(await alice.groups.parcels(choir, 'mark')).toEqual([]);
    });

    it('are gone when they are deleted', async () => {
      await alice.commit([put('mark', 'laptop', 'one'), put('mark', 'phone', 'two')]);
      await alice.commit([alice.groups.deleteParcel(climbers, 'mark', 'laptop'), alice.groups.deleteParcel(climbers, 'mark', 'nobody')]);
      expect(await alice.groups.parcels(climbers, 'mark')).toEqual([{ name: 'phone', body: bytesOf('two') }]);
    });
  });
});

function textOf(row: Row): string {
  return Object.values(row)
    .map((value) => (value instanceof Uint8Array ? String.fromCharCode(...value) : String(value)))
    .join('\n');
}

function bytesIn(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + (row['box'] as Uint8Array).length, 0);
}
