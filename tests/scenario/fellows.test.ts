/** Members of a group who are no contacts: they find each other, and nothing more than a group needs goes between them. */
import { afterEach, describe, expect, it } from 'vitest';
import { verifyCredential } from '../../src/identity/credential.ts';
import type { ContentOf } from '../../src/protocol/content.ts';
import { FellowTies, type Fellow } from '../../src/session/fellow.ts';
import type { Published } from '../support/memory-rendezvous.ts';
import { contactNamed } from '../support/contacts.ts';
import { fellowOf, GroupMail, hearAnswers, isLinked, makeFellows } from '../support/fellowship.ts';
import { identityOf } from '../support/identities.ts';
import { valueOf } from '../support/value-of.ts';
import { setup, type Person, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const GROUP = new Uint8Array(32).fill(7);
const answer = (word: ContentOf<'groupAnswer'>['answer']) => ({ type: 'groupAnswer', group: GROUP, answer: word }) as const;

async function fellows(): Promise<{ world: World; alice: Person; bob: Person }> {
  const people = await setup('alice', 'bob');
  world = people;
  await makeFellows(people.alice, people.bob);
  await people.settle();
  return { world: people, alice: people.alice, bob: people.bob };
}

function want(one: Person, other: Person, wanted = true): void {
  one.app.session.wantLink(other.id, 'group', wanted);
}

async function linked({ network }: World, one: Person, other: Person): Promise<void> {
  await network.clock.until(() => isLinked(one, other) && isLinked(other, one), 'the two to be linked');
}

describe('[S9] two fellows', () => {
  it('see each other and link when one of them has a reason, each knowing the other’s device', async () => {
    const { world, alice, bob } = await fellows();
    expect(alice.sees(bob)).toBe('online');
    expect(isLinked(alice, bob)).toBe(false);
    const [ofAlice, ofBob] = [new GroupMail(alice), new GroupMail(bob)];
    want(alice, bob);
    await linked(world, alice, bob);
    expect(ofAlice.send(bob, 'to bob')).toBe(true);
    expect(ofBob.send(alice, 'to alice')).toBe(true);
    await world.settle();
    expect(ofBob.received).toEqual([{ from: alice.id, device: fellowOf(alice).device, text: 'to bob' }]);
    expect(ofAlice.received).toEqual([{ from: bob.id, device: fellowOf(bob).device, text: 'to alice' }]);
    expect(alice.contact(bob)).toBeUndefined();
  });

  it('without a link nothing is sent, and that is said', async () => {
    const { alice, bob } = await fellows();
    expect(new GroupMail(alice).send(bob, 'too early')).toBe(false);
    expect(alice.app.session.groupChannel.waiting(bob.id)).toBe(0);
  });

  it('keep a link while there is a reason, and no longer', async () => {
    const { world, alice, bob } = await fellows();
    let lost = 0;
    alice.app.session.on('link-lost', () => (lost += 1));
    want(alice, bob);
    want(bob, alice);
    alice.app.session.wantLink(bob.id, 'another group', true);
    await linked(world, alice, bob);
    await world.network.clock.advance(600_000);
    want(alice, bob, false);
    await world.network.clock.advance(600_000);
    expect(isLinked(alice, bob)).toBe(true);
    expect(lost).toBe(0);
    alice.app.session.wantLink(bob.id, 'another group', false);
    want(bob, alice, false);
    await world.network.clock.advance(600_000);
    expect(isLinked(alice, bob)).toBe(false);
  });

  it('hear of links that come and go', async () => {
    const { world, alice, bob } = await fellows();
    const events: string[] = [];
    alice.app.session.on('link-secured', ({ account, device }) =>
      events.push(`secured ${account === bob.id && device.account === bob.id}`),
    );
    alice.app.session.on('link-lost', (account) => events.push(`lost ${account === bob.id}`));
    want(alice, bob);
    await linked(world, alice, bob);
    alice.app.session.groupChannel.close(bob.id);
    await world.network.clock.advance(60_000);
    expect(events).toEqual(['secured true', 'lost true', 'secured true']);
  });

  it('get what was said while one was away, once', async () => {
    const { world, alice, bob } = await fellows();
    await bob.close();
    await alice.app.session.send(bob.id, [{ reference: 'r', content: answer('declined'), writes: [] }]);
    await alice.die();
    await bob.open();
    await alice.open();
    const received = hearAnswers(bob);
    await makeFellows(alice, bob);
    await world.network.clock.advance(60_000);
    expect(received).toEqual([{ from: alice.id, answer: 'declined' }]);
    expect(await alice.app.stores.session.outbox(bob.id, 0, 1)).toEqual([]);
  });

  it('who has come to another device is met by what that device shares with ours', async () => {
    const { world, alice, bob } = await fellows();
    await bob.restoreOnNewDevice();
    await makeFellows(alice, bob);
    want(alice, bob);
    await linked(world, alice, bob);
    const mail = new GroupMail(bob);
    new GroupMail(alice).send(bob, 'to the new one');
    await world.settle();
    expect(mail.texts).toEqual(['to the new one']);
  });

  it('across midnight, when the topics change', async () => {
    const { world, alice, bob } = await fellows();
    await world.network.clock.advance(90_000_000);
    want(bob, alice);
    await linked(world, alice, bob);
  });
});

describe('[S9] who is no fellow', () => {
  it('does not find us, whatever they know of us', async () => {
    const people = await setup('alice', 'bob', 'mallory');
    world = people;
    const { alice, bob, mallory } = people;
    await makeFellows(alice, bob);
    await mallory.app.session.setFellows([fellowOf(alice), fellowOf(bob)]);
    const mail = new GroupMail(alice);
    want(mallory, alice);
    await people.network.clock.advance(120_000);
    expect(isLinked(mallory, alice)).toBe(false);
    expect(mallory.sees(alice)).toBe('offline');
    expect(mail.received).toEqual([]);
  });

  it('another member does not find where two others meet', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    const [ofAlice, ofBob, ofCarol] = [alice, bob, carol].map(({ device }) => new FellowTies(device));
    for (const ties of [ofAlice, ofBob, ofCarol]) ties?.replace([alice, bob, carol].map(fellowOf));
    const shared = ofAlice?.get(bob.id)?.secret;
    expect(shared).toHaveLength(32);
    expect(ofBob?.get(alice.id)?.secret).toEqual(shared);
    for (const other of [alice, bob]) expect(ofCarol?.get(other.id)?.secret).not.toEqual(shared);
    await makeFellows(alice, bob, carol);
    await people.settle();
    const topics = people.network.serverLog.flatMap((sight) => (sight.kind === 'joined' ? [sight.topic] : []));
    for (const topic of new Set(topics)) expect(topics.filter((each) => each === topic)).toHaveLength(2);
  });

  it('is left, and what was kept of the talk with them goes', async () => {
    const { world, alice, bob } = await fellows();
    want(alice, bob);
    await linked(world, alice, bob);
    await world.settle();
    expect(await alice.app.stores.session.peer(bob.id)).toBeDefined();
    await alice.app.session.setFellows([]);
    await world.settle();
    expect(isLinked(alice, bob)).toBe(false);
    expect(alice.sees(bob)).toBe('offline');
    expect(await alice.app.stores.session.peer(bob.id)).toBeUndefined();
  });

  it('but what waits for them stays until they are one again', async () => {
    const { world, alice, bob } = await fellows();
    await bob.close();
    await alice.app.session.send(bob.id, [{ reference: 'r', content: answer('withdrawn'), writes: [] }]);
    await alice.app.session.setFellows([]);
    expect(await alice.app.stores.session.outbox(bob.id, 0, 1)).toHaveLength(1);
    await bob.open();
    const received = hearAnswers(bob);
    await makeFellows(alice, bob);
    await world.network.clock.advance(60_000);
    expect(received).toEqual([{ from: alice.id, answer: 'withdrawn' }]);
  });
});

describe('[D10] what a fellow may not do', () => {
  /** Bob takes alice for a contact by what the two share as fellows, so his app holds nothing back. */
  async function bobPretends(): Promise<{ world: World; alice: Person; bob: Person }> {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    const ties = new FellowTies(bob.device);
    ties.replace([fellowOf(alice)]);
    const stores = bob.app.stores.contacts;
    await stores.commit([stores.putContact(contactNamed(alice.id, 'alice', { pairSecret: ties.get(alice.id)?.secret }))]);
    await bob.close();
    await bob.open();
    await alice.app.session.setFellows([fellowOf(bob)]);
    return { world: people, alice, bob };
  }

  it('write as contacts do: it is not shown, and what comes after it arrives', async () => {
    const { world, alice, bob } = await bobPretends();
    const refused: unknown[] = [];
    alice.app.session.on('content-refused', (what) => refused.push(what));
    const received = hearAnswers(alice);
    await bob.send(alice, 'psst');
    await bob.app.session.send(alice.id, [{ reference: 'r', content: answer('declined'), writes: [] }]);
    await world.network.clock.advance(60_000);
    expect(refused).toEqual([{ from: bob.id, type: 'text' }]);
    expect(received).toEqual([{ from: bob.id, answer: 'declined' }]);
    expect(await alice.textsFrom(bob)).toEqual([]);
    expect(await alice.conversation(bob)).toBeUndefined();
    expect(alice.contact(bob)).toBeUndefined();
  });

  it('ask us into another group', async () => {
    const { world, alice, bob } = await bobPretends();
    const refused: unknown[] = [];
    alice.app.session.on('content-refused', (what) => refused.push(what));
    await bob.app.session.send(alice.id, [{ reference: 'r', content: { type: 'groupInvitation', invitation: GROUP }, writes: [] }]);
    await world.network.clock.advance(60_000);
    expect(refused).toEqual([{ from: bob.id, type: 'groupInvitation' }]);
  });
});

describe('from fellow to contact and back', () => {
  it('fellows become contacts: what waited arrives, and they talk', async () => {
    const { world, alice, bob } = await fellows();
    world.network.obstructLinks(true);
    const received = hearAnswers(bob);
    await alice.app.session.send(bob.id, [{ reference: 'r', content: answer('declined'), writes: [] }]);
    await world.settle();
    world.network.obstructLinks(false);
    await world.introduce(alice, bob);
    await alice.send(bob, 'now we know each other');
    await world.network.clock.advance(60_000);
    expect(received).toEqual([{ from: alice.id, answer: 'declined' }]);
    expect(await bob.textsFrom(alice)).toEqual(['now we know each other']);
  });

  it('a link between them as fellows gives way to one as contacts, and nothing written in between is refused', async () => {
    const { world, alice, bob } = await fellows();
    want(alice, bob);
    want(bob, alice);
    await linked(world, alice, bob);
    const refused: unknown[] = [];
    for (const person of [alice, bob]) person.app.session.on('content-refused', (what) => refused.push(what));
    const link = await alice.invite();
    await bob.accept(link);
    await world.network.clock.until(() => alice.hasContact(bob), 'alice to have bob');
    await alice.send(bob, 'from the first moment');
    await world.network.clock.advance(120_000);
    expect(await bob.textsFrom(alice)).toEqual(['from the first moment']);
    expect(refused).toEqual([]);
    expect(isLinked(alice, bob)).toBe(true);
  });

  it('contacts who become fellows as well stay linked', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    await people.introduce(alice, bob);
    want(alice, bob);
    await linked(people, alice, bob);
    let lost = 0;
    alice.app.session.on('link-lost', () => (lost += 1));
    await makeFellows(alice, bob);
    await people.settle();
    await makeFellows(alice);
    await people.settle();
    expect(lost).toBe(0);
    await alice.send(bob, 'as ever');
    await people.settle();
    expect(await bob.textsFrom(alice)).toEqual(['as ever']);
  });

  it('removed as a contact, still a fellow: groups go on, and what is written waits rather than being refused', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    await people.introduce(alice, bob);
    await makeFellows(alice, bob);
    await bob.app.session.remove(alice.id, []);
    const refused: unknown[] = [];
    bob.app.session.on('content-refused', (what) => refused.push(what));
    await people.network.clock.advance(420_000);
    await alice.send(bob, 'do you still read this?');
    want(bob, alice);
    await people.network.clock.advance(60_000);
    expect(isLinked(alice, bob)).toBe(true);
    const mail = new GroupMail(bob);
    expect(new GroupMail(alice).send(bob, 'in the group')).toBe(true);
    await people.settle();
    expect(mail.texts).toEqual(['in the group']);
    expect(refused).toEqual([]);
    expect((await alice.messages(bob)).map((message) => 'status' in message && message.status)).toEqual(['queued']);
    await people.introduce(bob, alice);
    await people.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toContain('do you still read this?');
  });

  it('removed as a contact: what waits for the group’s sake is not removed with them', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    await people.introduce(alice, bob);
    await makeFellows(alice, bob);
    await bob.close();
    await people.network.clock.advance(60_000);
    await alice.send(bob, 'never mind');
    await alice.app.session.send(bob.id, [{ reference: 'r', content: answer('declined'), writes: [] }]);
    await alice.app.session.remove(bob.id, []);
    await bob.open();
    const received = hearAnswers(bob);
    await makeFellows(alice, bob);
    await people.network.clock.advance(60_000);
    expect(received).toEqual([{ from: alice.id, answer: 'declined' }]);
    expect(await bob.textsFrom(alice)).toEqual([]);
  });
});

describe('a disk that is full', () => {
  it('a contact who could not be removed is met and written to as before', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const { alice, bob } = people;
    await people.introduce(alice, bob);
    const disk = alice.fillDisk();
    await expect(alice.app.session.remove(bob.id, [])).rejects.toMatchObject({ kind: 'storage-full' });
    disk.free();
    await alice.send(bob, 'still friends');
    await people.network.clock.advance(60_000);
    expect(await bob.textsFrom(alice)).toEqual(['still friends']);
  });
});

describe('many fellows', () => {
  it('of a full group cost two topics each, and the same list again costs nothing', async () => {
    const people = await setup('alice');
    world = people;
    const { alice } = people;
    const crowd = Array.from({ length: 255 }, (_, number): Fellow => {
      const device = valueOf(verifyCredential(identityOf(`fellow ${number}`).device.credential));
      return { id: device.account, device };
    });
    const joins = () => people.network.serverLog.filter(({ kind }) => kind === 'joined').length;
    const before = joins();
    await alice.app.session.setFellows(crowd);
    await people.settle();
    const added = joins() - before;
    expect(added).toBe(2 * 255);
    await alice.app.session.setFellows(crowd);
    await people.settle();
    expect(joins() - before).toBe(added);
  });
});

describe('[S7] somebody who locks and unlocks a dozen times', () => {
  it('is linked within seconds of the last time, not when the other tries again', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    await people.introduce(people.alice, people.bob);
    const [offerer, answerer] = people.alice.id < people.bob.id ? [people.alice, people.bob] : [people.bob, people.alice];
    for (const restless of [offerer, answerer]) {
      const patient = restless === offerer ? answerer : offerer;
      for (let time = 0; time < 14; time++) {
        await restless.send(patient, `time ${time}`);
        await people.settle();
        await restless.close();
        await restless.open();
      }
      await restless.send(patient, 'at last');
      await people.network.clock.advance(4_000);
      expect(await patient.textsFrom(restless)).toContain('at last');
      await people.network.clock.advance(60_000);
    }
  });

  it('the server sends old calls again and again: no more links are made of them than the limit allows', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    await people.introduce(people.alice, people.bob);
    const seen: Published[] = [];
    people.network.corruptServer((message) => {
      seen.push(message);
      return [message];
    });
    await people.alice.send(people.bob, 'hello');
    await people.settle();
    for (let round = 0; round < 20; round++) for (const message of seen.slice(0, 20)) people.network.injectBody(message);
    await people.network.clock.advance(30_000);
    expect(people.network.links().length).toBeLessThanOrEqual(1);
  });
});
