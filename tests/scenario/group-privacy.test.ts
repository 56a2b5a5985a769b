import { afterEach, describe, expect, it } from 'vitest';
import { toBase64url } from '../../src/lib/bytes.ts';
import { createGroup, writeOperation } from '../../src/membership/drafting.ts';
import { History } from '../../src/membership/history.ts';
import { openMessage, restoreMessage } from '../../src/groups/message.ts';
import { readOperation } from '../../src/membership/operation.ts';
import type { GroupPolicy } from '../../src/membership/policy.ts';
import { resolve } from '../../src/membership/resolver.ts';
import { encode } from '../../src/protocol/codec.ts';
import { groupFrame, type GroupWord } from '../../src/protocol/group-frame.ts';
import type { GroupAct } from '../../src/protocol/group-operation.ts';
import { accountKeyOf, bytesOf, type GroupId } from '../../src/protocol/ids.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { setup, type Person, type World } from '../support/world.ts';
import { aWhile, done, fourInGroup } from './group-people.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const DAY_MS = 86_400_000;

/** Signs what this person's own client would never: an act upon all they have of the group. */
async function forge(author: Person, group: GroupId, act: GroupAct): Promise<Uint8Array<ArrayBuffer>> {
  const history = new History(group);
  for (const { envelope } of await author.app.stores.groups.operations(group)) {
    const operation = readOperation(envelope);
    if (operation.ok) history.add(operation.value, '');
  }
  const state = resolve(history, { tip: undefined });
  if (!state) throw new Error('Nothing is known of the group');
  return writeOperation(history, state, author.device, act, { wall: 0, place: 0 }).envelope;
}

/** Puts a word on the link to somebody, as a changed client could. */
function tell(from: Person, to: Person, group: GroupId, word: GroupWord): boolean {
  return from.app.session.groupChannel.send(to.id, encode(groupFrame, { group: bytesOf(group), word }));
}

function give(operation: Uint8Array<ArrayBuffer>): GroupWord {
  return { type: 'give', last: false, operations: [operation], boxes: [], messages: [], marks: [] };
}

describe('[33] a removed member', () => {
  it('opens nothing that was said afterwards, with all that is in their store and whatever is handed to them', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, dave } = people;
    await alice.say(group, 'before');
    await aWhile(people);
    await done(people, alice.app.groups.remove(group, dave.id));
    await alice.say(group, 'after');
    await aWhile(people);
    const device = toBase64url(alice.device.signing.publicKey);
    const messages = (await bob.app.stores.groups.log(group, device, 1, 10)).flatMap(({ envelope }) => restoreMessage(envelope) ?? []);
    const secrets = (await dave.app.stores.groups.parcels(group, 'secrets')).map(({ name, body }) => ({ name, body }));
    const opened = messages.map((message) => secrets.some(({ body }) => openMessage(message, new Secret('epoch', body.slice(1))).ok));
    expect(opened).toEqual([true, false]);
  });

  it('gets nothing by asking: neither messages nor boxes nor operations after their removal', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, dave } = people;
    await alice.say(group, 'before');
    await aWhile(people);
    await done(people, alice.app.groups.remove(group, dave.id));
    await aWhile(people);
    await done(people, alice.app.groups.rename(group, 'Without dave'));
    await alice.say(group, 'after');
    await aWhile(people);
    const before = (await dave.app.stores.groups.operations(group)).length;
    alice.app.session.wantLink(dave.id, 'test', true);
    await aWhile(people);
    const device = alice.device.signing.publicKey.slice(0, 8);
    const heard: unknown[] = [];
    dave.app.session.on('group-frame', ({ body }) => heard.push(body));
    const isLinked = tell(dave, alice, group, {
      type: 'want',
      operations: [{ device, count: 0 }],
      ids: [],
      logs: [{ device, from: 1, to: 10 }],
      boxes: [],
    });
    tell(dave, alice, group, { type: 'vector', ask: true, heads: [], operations: [], logs: [], marks: [] });
    await aWhile(people);
    expect(isLinked).toBe(true);
    expect(heard).not.toEqual([]);
    expect(await dave.app.stores.groups.operations(group)).toHaveLength(before);
    expect(await dave.app.stores.groups.log(group, toBase64url(alice.device.signing.publicKey), 1, 10)).toHaveLength(1);
    expect(dave.group(group).name).toBe('Climbing');
    expect(bob.group(group).name).toBe('Without dave');
  });
});

describe('[25] what somebody has no right to', () => {
  it('is ignored by the others when their client sends it nevertheless', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, carol, dave } = people;
    const acts: readonly GroupAct[] = [
      { type: 'rename', name: 'Dave’s' },
      { type: 'kick', account: accountKeyOf(carol.id), seen: [] },
      { type: 'grant', account: accountKeyOf(dave.id) },
      { type: 'disband' },
      { type: 'muteAll' },
    ];
    dave.app.session.wantLink(alice.id, 'test', true);
    await aWhile(people);
    for (const act of acts) expect(tell(dave, alice, group, give(await forge(dave, group, act)))).toBe(true);
    await aWhile(people);
    for (const person of [alice, bob, carol]) {
      expect(person.group(group)).toMatchObject({ phase: 'active', name: 'Climbing', allMuted: false });
      expect(person.membersOf(group)).toEqual(['alice', 'bob', 'carol', 'dave']);
    }
    await alice.say(group, 'Nice try');
    await aWhile(people);
    expect(await bob.heard(group)).toEqual(['Nice try']);
  });

  it('[40] bytes that are nothing end the link, and the group goes on', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, dave } = people;
    dave.app.session.wantLink(alice.id, 'test', true);
    await aWhile(people);
    expect(tell(dave, alice, group, give(new Uint8Array(200)))).toBe(true);
    await people.settle();
    expect(tell(dave, alice, group, give(new Uint8Array(1)))).toBe(false);
    await aWhile(people);
    await alice.say(group, 'Anyway');
    await aWhile(people);
    expect(await bob.heard(group)).toEqual(['Anyway']);
  });

  it('another group’s operations stay out', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, dave } = people;
    const kemKey = new Uint8Array(1_216);
    const policy: GroupPolicy = { history: { kind: 'all' }, invites: 'everybody' };
    const other = createGroup(dave.device, { name: 'x', picture: undefined, policy, ownerName: 'dave', kemKey }, { wall: 0, place: 0 });
    const before = await alice.app.stores.groups.operations(group);
    dave.app.session.wantLink(alice.id, 'test', true);
    await aWhile(people);
    expect(tell(dave, alice, group, give(other.envelope))).toBe(true);
    await aWhile(people);
    expect(await alice.app.stores.groups.operations(group)).toHaveLength(before.length);
  });
});

describe('[35] a new member reads of before exactly what the group lets them', () => {
  const cases: readonly (readonly [string, GroupPolicy['history'], readonly string[]])[] = [
    ['nothing', { kind: 'none' }, ['now']],
    ['nothing from before they came', { kind: 'since-joining' }, ['now']],
    ['of the last two days', { kind: 'days', days: 2 }, ['a day ago', 'just before', 'now']],
    ['all of it', { kind: 'all' }, ['long ago', 'a day ago', 'just before', 'now']],
  ];
  it.each(cases)('%s', async (_, history, expected) => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    await people.introduce(alice, bob);
    await people.introduce(alice, carol);
    const group = await alice.createGroup('Reading', [bob], { history, invites: 'admins' });
    await people.settle();
    await bob.acceptGroup(group);
    await aWhile(people);
    await alice.say(group, 'long ago');
    await aWhile(people);
    await people.network.clock.advance(4 * DAY_MS);
    await bob.say(group, 'a day ago');
    await aWhile(people);
    await people.network.clock.advance(DAY_MS);
    await alice.say(group, 'just before');
    await aWhile(people);
    await done(people, alice.app.groups.inviteFriends(group, [carol.id]));
    await carol.acceptGroup(group);
    await aWhile(people);
    await alice.say(group, 'now');
    await aWhile(people);
    expect(await carol.heard(group)).toEqual(expected);
    expect((await carol.groupMessages(group)).filter(({ direction }) => direction === 'in')).toHaveLength(expected.length);
  });
});
