import { afterEach, describe, expect, it, vi } from 'vitest';
import { equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { CHUNK_BYTES } from '../../src/protocol/file-manifest.ts';
import { conversationOf, conversationWith, type FileId, type GroupId } from '../../src/protocol/ids.ts';
import { setup, type Person, type World } from '../support/world.ts';
import { aWhile, done, fourInGroup } from './group-people.ts';

vi.setConfig({ testTimeout: 30_000 });

const DAY_MS = 86_400_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function friends() {
  const people = await setup('alice', 'bob');
  world = people;
  await people.introduce(people.alice, people.bob);
  return people;
}

/** Bytes of so many chunks, and a few more; no two chunks alike. */
function bytesOf(chunks: number, seed = 7): Bytes {
  return Uint8Array.from(
    { length: Math.round(chunks * CHUNK_BYTES) + 123 },
    (_, index) => (index * seed + (index >> 16) + (index >> 8)) & 255,
  );
}

async function arrival(people: World, person: Person, file: FileId): Promise<Bytes | undefined> {
  for (let waited = 0; waited < 60_000; waited += 1_000) {
    await people.network.clock.advance(1_000);
    const content = await person.contentOf(file);
    if (content) return content;
  }
  return undefined;
}

/** Compared at once: what a matcher would say of thousands of bytes nobody could read. */
async function arrives(people: World, person: Person, file: FileId, content: Bytes): Promise<boolean> {
  const came = await arrival(people, person, file);
  return came !== undefined && equalBytes(came, content);
}

function chunksAt(person: Person): number {
  return Math.max(0, ...[...person.shelf.contents.values()].map(({ chunks }) => chunks.size));
}

/** All connections end, and none is made, once so many chunks have come. */
async function cutAfter(people: World, person: Person, chunks: number): Promise<void> {
  const { shelf } = person;
  const put = shelf.put;
  shelf.put = (...chunk) => {
    if (chunksAt(person) === chunks) {
      people.network.stopServer();
      people.network.cutLinks();
    }
    return put(...chunk);
  };
  await people.network.clock.advance(5_000);
  shelf.put = put;
  expect(chunksAt(person)).toBeGreaterThanOrEqual(chunks);
}

describe('alice sends bob files', () => {
  it('a file is in bob’s browser, whole and as it was, and its message says what it is', async () => {
    const { alice, bob, ...people } = await friends();
    const content = bytesOf(40);
    const file = await alice.sendFile(bob, '../map of Skye.pdf', content, 'Look at this');
    expect(await arrives(people, bob, file, content)).toBe(true);
    const [message] = await bob.messages(alice);
    expect(message).toMatchObject({ direction: 'in', text: 'Look at this', file: { file, size: content.length, view: { kind: 'plain' } } });
    expect(message?.file?.name).toContain('map of Skye.pdf');
    expect(message?.file?.name).not.toContain('/');
    expect(await bob.conversation(alice)).toMatchObject({ unread: 1, last: { text: 'Look at this', file: { kind: 'plain' } } });
    const [own] = await alice.messages(bob);
    expect(own).toMatchObject({ direction: 'out', status: 'delivered', file: { file } });
    expect(alice.refusals).toEqual([]);
    expect(bob.refusals).toEqual([]);
  });

  it('an empty file, and texts between files, come in the order they were sent', async () => {
    const { alice, bob, ...people } = await friends();
    await alice.send(bob, 'first');
    const empty = await alice.sendFile(bob, 'empty.txt', new Uint8Array(0));
    await alice.send(bob, 'third');
    await alice.sendFile(bob, 'fourth.txt', bytesOf(1));
    await aWhile(people);
    expect((await bob.messages(alice)).map(({ file, text }) => file?.name ?? text)).toEqual(['first', 'empty.txt', 'third', 'fourth.txt']);
    expect(await arrives(people, bob, empty, new Uint8Array(0))).toBe(true);
  });

  it('bob is away for days: the message and then the file wait for him', async () => {
    const { alice, bob, ...people } = await friends();
    await bob.close();
    const content = bytesOf(3);
    const file = await alice.sendFile(bob, 'minutes.txt', content);
    await people.network.clock.advance(3 * DAY_MS);
    await bob.open();
    expect(await arrives(people, bob, file, content)).toBe(true);
  });

  it('alice is away when bob comes back: he sees the message, and gets the file when she is here again', async () => {
    const { alice, bob, ...people } = await friends();
    const content = bytesOf(400);
    const file = await alice.sendFile(bob, 'film.mp4', content);
    await cutAfter(people, bob, 50);
    await alice.close();
    await bob.close();
    people.network.startServer();
    await people.network.clock.advance(DAY_MS);
    await bob.open();
    await aWhile(people);
    expect(await bob.contentOf(file)).toBeUndefined();
    await alice.open();
    expect(await arrives(people, bob, file, content)).toBe(true);
  });

  it('both browsers are killed midway: what came is not sent again', async () => {
    const { alice, bob, ...people } = await friends();
    const content = bytesOf(600);
    const file = await alice.sendFile(bob, 'film.mp4', content);
    await cutAfter(people, bob, 50);
    await bob.die();
    await alice.die();
    people.network.startServer();
    const came = chunksAt(bob);
    expect(came).toBeLessThan(601);
    const before = bob.shelf.calls.put;
    await alice.open();
    await bob.open();
    expect(await arrives(people, bob, file, content)).toBe(true);
    expect(bob.shelf.calls.put - before).toBeLessThanOrEqual(601 - came);
  });

  it('bob passes it on to carol, who never met alice, without taking it in again', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    await people.introduce(alice, bob);
    await people.introduce(bob, carol);
    const content = bytesOf(5);
    const file = await alice.sendFile(bob, 'poem.txt', content);
    await arrival(people, bob, file);
    await alice.close();
    const slots = bob.shelf.contents.size;
    const manifest = await bob.app.files.manifestOf(file);
    if (!manifest) throw new Error('bob has no such file');
    await bob.app.chat.sendFile(conversationWith(carol.id), '', manifest);
    expect(await arrives(people, carol, file, content)).toBe(true);
    expect(bob.shelf.contents.size).toBe(slots);
  });

  it('a contact is removed: their files go, unless another talk has them', async () => {
    const { alice, bob, ...people } = await friends();
    const file = await alice.sendFile(bob, 'poem.txt', bytesOf(2));
    await arrival(people, bob, file);
    expect(await bob.fileNames()).toEqual(['poem.txt']);
    await bob.app.session.remove(alice.id, await bob.app.chat.forget(conversationWith(alice.id)));
    await aWhile(people);
    expect(await bob.fileNames()).toEqual([]);
    expect(bob.shelf.used).toBe(0);
    expect(await alice.contentOf(file)).toBeDefined();
  });

  it('[T4] to a contact in review nothing goes until alice has looked', async () => {
    const { alice, bob, ...people } = await setup('alice', 'bob', 'mallory');
    world = people;
    await people.introduce(alice, bob);
    await bob.close();
    people.mallory.called = 'Bob';
    await people.mallory.close();
    await people.mallory.open();
    await people.introduce(alice, people.mallory);
    expect(alice.contact(people.mallory)?.review).toBeDefined();
    const content = bytesOf(2);
    const file = await alice.sendFile(people.mallory, 'plan.txt', content);
    await aWhile(people);
    expect(await people.mallory.messages(alice)).toEqual([]);
    expect(await people.mallory.fileNames()).toEqual([]);
    await alice.app.trust.acknowledgeReview(people.mallory.id);
    expect(await arrives(people, people.mallory, file, content)).toBe(true);
  });
});

describe('files in a group', () => {
  async function scene() {
    const { people, group } = await fourInGroup();
    world = people;
    return { ...people, group };
  }
  const fileCalled = async (person: Person, group: GroupId, name: string): Promise<FileId> => {
    const message = (await person.groupMessages(group)).find(({ file }) => file?.name === name);
    if (!message?.file) throw new Error(`${person.name} knows no ${name}`);
    return message.file.file;
  };

  it('everybody gets it, and carol from bob when alice has left', async () => {
    const { alice, bob, carol, group, ...people } = await scene();
    await carol.close();
    const content = bytesOf(30);
    const file = await alice.sendFile(group, 'route.gpx', content, 'For Sunday');
    expect(await arrives(people, bob, file, content)).toBe(true);
    await alice.close();
    await people.network.clock.advance(DAY_MS);
    await carol.open();
    expect(await arrives(people, carol, file, content)).toBe(true);
    expect(await carol.heard(group)).toEqual(['For Sunday']);
    expect(await fileCalled(carol, group, 'route.gpx')).toBe(file);
  });

  it('who was removed gets nothing of what is sent afterwards', async () => {
    const { alice, bob, dave, group, ...people } = await scene();
    await done(people, alice.app.groups.remove(group, dave.id));
    await aWhile(people);
    const content = bytesOf(2);
    const file = await alice.sendFile(group, 'without dave.txt', content);
    expect(await arrives(people, bob, file, content)).toBe(true);
    expect(await dave.fileNames()).toEqual([]);
    expect(await dave.contentOf(file)).toBeUndefined();
  });

  it('who comes later gets the files of the history they are granted', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    await people.introduce(alice, bob);
    await people.introduce(alice, carol);
    const group = await alice.createGroup('Climbing', [bob], { history: { kind: 'all' }, invites: 'everybody' });
    await people.settle();
    await bob.acceptGroup(group);
    await aWhile(people);
    const content = bytesOf(4);
    const file = await bob.sendFile(group, 'before.txt', content);
    await arrival(people, alice, file);
    await done(people, alice.app.groups.inviteFriends(group, [carol.id]));
    await carol.acceptGroup(group);
    expect(await arrives(people, carol, file, content)).toBe(true);
    expect(await fileCalled(carol, group, 'before.txt')).toBe(file);
  });

  it('what a removed member sent beyond what was seen goes with its message', async () => {
    const { alice, bob, carol, dave, group, ...people } = await scene();
    people.network.cutLinks(alice.name);
    people.network.dropConnection(alice.name);
    await alice.close();
    const file = await dave.sendFile(group, 'late.txt', bytesOf(2));
    await arrival(people, bob, file);
    await bob.close();
    await carol.close();
    await dave.close();
    await alice.open();
    await done(people, alice.app.groups.remove(group, dave.id));
    await bob.open();
    await aWhile(people);
    expect((await bob.groupMessages(group)).filter((message) => message.file)).toEqual([]);
    expect(await bob.fileNames()).toEqual([]);
    expect(bob.shelf.used).toBe(0);
  });

  it('a group that is forgotten takes its files along', async () => {
    const { alice, bob, group, ...people } = await scene();
    const file = await alice.sendFile(group, 'route.gpx', bytesOf(2));
    await arrival(people, bob, file);
    await done(people, bob.app.groups.leave(group));
    expect(await bob.fileNames()).toEqual(['route.gpx']);
    await bob.app.groups.forget(group);
    await aWhile(people);
    expect(await bob.fileNames()).toEqual([]);
    expect(await bob.app.stores.chat.conversation(conversationOf(group))).toBeUndefined();
  });
});
