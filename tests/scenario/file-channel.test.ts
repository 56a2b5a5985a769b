/** What goes over links for the sake of files: words and chunks, between contacts and fellows alike. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/lib/bytes.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { MAX_BULK_BYTES } from '../../src/protocol/bulk.ts';
import { isLinked, makeFellows } from '../support/fellowship.ts';
import { setup, type Person, type World } from '../support/world.ts';

const SIX_MINUTES = 360_000;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The files' room would end the link at what it did not ask for: here it is the channel that is looked at. */
async function setupWithoutFiles() {
  const people = await setup('alice', 'bob');
  for (const { app } of [people.alice, people.bob]) app.files.close();
  return people;
}

async function linkedFriends(): Promise<{ world: World; alice: Person; bob: Person }> {
  const people = await setupWithoutFiles();
  world = people;
  await people.introduce(people.alice, people.bob);
  await link(people, people.alice, people.bob);
  return { world: people, alice: people.alice, bob: people.bob };
}

async function link({ network, settle }: World, one: Person, other: Person): Promise<void> {
  one.app.session.wantLink(other.id, 'files', true);
  await network.clock.until(() => isLinked(one, other) && isLinked(other, one), 'the two to be linked');
  one.app.session.wantLink(other.id, 'files', false);
  await settle();
}

/** What the files' room of somebody would be told. */
class Ears {
  readonly words: unknown[] = [];
  readonly chunks: Bytes[] = [];
  drained = 0;

  constructor({ app }: Person) {
    app.session.on('file-word', ({ from, device, body }) => this.words.push({ from, by: device.account, body }));
    app.session.on('file-chunk', ({ body }) => this.chunks.push(body));
    app.session.on('bulk-drained', () => this.drained++);
  }
}

describe('[X40] on a proven link', () => {
  it('alice’s words and chunks reach bob, and he knows whose words they are', async () => {
    const { world, alice, bob } = await linkedFriends();
    const ofBob = new Ears(bob);
    const { fileChannel } = alice.app.session;
    expect(fileChannel.tell(bob.id, utf8('seek'))).toBe(true);
    expect(fileChannel.send(bob.id, utf8('chunk'))).toBe(true);
    await world.settle();
    expect(ofBob.words).toEqual([{ from: alice.id, by: alice.id, body: utf8('seek') }]);
    expect(ofBob.chunks).toEqual([utf8('chunk')]);
  });

  it('alice is told when there is room again, and what there was no room for was not sent', async () => {
    const { world, alice, bob } = await linkedFriends();
    const [ofAlice, ofBob] = [new Ears(alice), new Ears(bob)];
    const { fileChannel } = alice.app.session;
    world.network.frames.hold();
    const chunk = new Uint8Array(MAX_BULK_BYTES);
    const room = fileChannel.room(bob.id);
    for (let sent = 0; sent < room; sent++) expect(fileChannel.send(bob.id, chunk)).toBe(true);
    expect([fileChannel.room(bob.id), fileChannel.send(bob.id, chunk), ofAlice.drained]).toEqual([0, false, 0]);
    world.network.frames.release();
    await world.settle();
    await world.network.clock.until(() => ofBob.chunks.length === room, 'all chunks');
    expect([ofAlice.drained, fileChannel.room(bob.id)]).toEqual([1, room]);
  });

  it('fellows who are no contacts give each other files as well', async () => {
    const people = await setupWithoutFiles();
    world = people;
    const { alice, bob } = people;
    await makeFellows(alice, bob);
    await people.settle();
    await link(people, alice, bob);
    const ofBob = new Ears(bob);
    expect(alice.app.session.fileChannel.tell(bob.id, utf8('seek'))).toBe(true);
    expect(alice.app.session.fileChannel.send(bob.id, utf8('chunk'))).toBe(true);
    await people.settle();
    expect([ofBob.words.length, ofBob.chunks.length]).toEqual([1, 1]);
  });
});

describe('links and files', () => {
  it('without a link nothing is sent, and that is said', async () => {
    const people = await setupWithoutFiles();
    world = people;
    await people.introduce(people.alice, people.bob);
    await people.network.clock.advance(SIX_MINUTES);
    const { fileChannel } = people.alice.app.session;
    expect(isLinked(people.alice, people.bob)).toBe(false);
    expect([
      fileChannel.room(people.bob.id),
      fileChannel.tell(people.bob.id, utf8('x')),
      fileChannel.send(people.bob.id, utf8('x')),
    ]).toEqual([0, false, false]);
  });

  it('chunks keep the link from being idle at both ends', async () => {
    const { world, alice, bob } = await linkedFriends();
    for (let minute = 0; minute < 8; minute++) {
      alice.app.session.fileChannel.send(bob.id, utf8('chunk'));
      await world.network.clock.advance(60_000);
    }
    expect(isLinked(alice, bob)).toBe(true);
    await world.network.clock.advance(SIX_MINUTES + 60_000);
    expect(isLinked(alice, bob)).toBe(false);
  });

  it('whoever broke the rules of files loses the link', async () => {
    const { world, alice, bob } = await linkedFriends();
    alice.app.session.fileChannel.close(bob.id);
    await world.settle();
    expect([isLinked(alice, bob), isLinked(bob, alice)]).toEqual([false, false]);
  });

  it('bulk before the proof ends the link', async () => {
    const people = await setupWithoutFiles();
    world = people;
    const { alice, bob, network } = people;
    await people.introduce(alice, bob);
    await network.clock.advance(SIX_MINUTES);
    const ofBob = new Ears(bob);
    network.tapLinks({ splice: false, frame: () => [] });
    alice.app.session.wantLink(bob.id, 'files', true);
    await network.clock.until(() => network.links().length > 0, 'a link that nobody has proven anything on');
    await people.settle();
    network.links()[0]?.injectBulk('bob', utf8('chunk'));
    await people.settle();
    expect(network.links()).toEqual([]);
    expect(ofBob.chunks).toEqual([]);
  });
});
