/** Coming to a group with a link: whoever of its members is there opens the door, and what a stranger can do there is little. */
import { afterEach, describe, expect, it } from 'vitest';
import type { VerifiedDevice } from '../../src/identity/device.ts';
import { textOf, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { accountKeyOf, type GroupId, type MemberTag } from '../../src/protocol/ids.ts';
import type { GroupDoor, Knock, KnockAnswer, KnockFailure, Knocking } from '../../src/session/knocking.ts';
import { doorTag, doorTopic, isDoorTag } from '../../src/session/meeting.ts';
import { fellowOf, GroupMail, isLinked, makeFellows } from '../support/fellowship.ts';
import { setup, type Person, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const SECRET = new Uint8Array(32).fill(5);
const GROUP = 'group' as GroupId;
const DOOR: GroupDoor = { group: GROUP, inviteId: 'invite', topicSecret: SECRET, expires: undefined };
const WELCOME: KnockAnswer = { kind: 'welcome', welcome: utf8('come in') };

/** A member at the door, and who has knocked. */
function keepDoor(person: Person, answer: KnockAnswer = WELCOME, door = DOOR): Knock[] {
  const knocks: Knock[] = [];
  person.app.session.onKnock((knock) => {
    knocks.push(knock);
    return Promise.resolve(answer);
  });
  person.app.session.openDoors([door]);
  return knocks;
}

class Joiner {
  readonly answers: { readonly welcome: string | undefined; readonly by: VerifiedDevice }[] = [];
  readonly failures: KnockFailure['kind'][] = [];
  readonly knocking: Knocking;

  constructor(person: Person, inviter: Person, { secret = SECRET, request = utf8('let me in') }: { secret?: Bytes; request?: Bytes } = {}) {
    this.knocking = person.app.session.knock({
      topicSecret: secret,
      inviter: inviter.id,
      request,
      events: {
        answered: (welcome, by) => this.answers.push({ welcome: textOf(welcome), by }),
        failed: ({ kind }) => this.failures.push(kind),
      },
    });
  }
}

function joinedBy(people: World, topic = doorTopic(SECRET)): readonly MemberTag[] {
  return people.network.serverLog.flatMap((sight) => (sight.kind === 'joined' && sight.topic === topic ? [sight.member] : []));
}

describe('[I23] [I24] a joiner', () => {
  it('is answered by the inviter, each proven to the other', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    const knocks = keepDoor(alice);
    keepDoor(bob);
    await people.settle();
    const joiner = new Joiner(carol, alice);
    await people.network.clock.advance(5_000);
    expect(joiner.answers).toEqual([{ welcome: 'come in', by: fellowOf(alice).device }]);
    expect(knocks).toEqual([{ group: GROUP, inviteId: 'invite', from: fellowOf(carol).device, request: utf8('let me in') }]);
    expect(joiner.failures).toEqual([]);
    await people.network.clock.advance(60_000);
    expect(people.network.links()).toEqual([]);
  });

  it('is answered by whichever member is here when the inviter is not', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    await alice.close();
    keepDoor(bob);
    const joiner = new Joiner(carol, alice);
    await people.network.clock.advance(5_000);
    expect(joiner.answers.map(({ by }) => by.account)).toEqual([bob.id]);
  });

  it('waits until somebody comes, and hears that nobody is here', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    const joiner = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(600_000);
    expect(joiner.failures).toEqual(['nobody-here-yet']);
    keepDoor(people.alice);
    await people.network.clock.advance(5_000);
    expect(joiner.answers).toHaveLength(1);
  });

  it('whom the answer does not satisfy asks another, and nobody twice', async () => {
    const people = await setup('alice', 'bob', 'carol');
    world = people;
    const { alice, bob, carol } = people;
    for (const member of [alice, bob]) keepDoor(member);
    const joiner = new Joiner(carol, alice);
    await people.network.clock.advance(5_000);
    joiner.knocking.askAnother();
    await people.network.clock.advance(5_000);
    joiner.knocking.askAnother();
    await people.network.clock.advance(60_000);
    expect(joiner.answers.map(({ by }) => by.account)).toEqual([alice.id, bob.id]);
    expect(joiner.failures).toEqual(['nobody-here-yet']);
  });

  it('several at once are all answered', async () => {
    const people = await setup('alice', 'bob', 'carol', 'dave');
    world = people;
    const { alice, bob, carol, dave } = people;
    const knocks = keepDoor(alice);
    const joiners = [bob, carol, dave].map((person) => new Joiner(person, alice, { request: utf8(person.name) }));
    await people.network.clock.advance(10_000);
    expect(joiners.map(({ answers }) => answers.length)).toEqual([1, 1, 1]);
    expect(knocks.map(({ from, request }) => [from.account, textOf(request)]).sort()).toEqual(
      [bob, carol, dave].map(({ id, name }) => [id, name]).sort(),
    );
  });

  it('goes on when a link breaks before the answer', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    keepDoor(people.alice);
    let frames = 0;
    people.network.tapLinks({ splice: false, frame: ({ bytes }) => (++frames === 4 ? [] : [bytes]) });
    const joiner = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(120_000);
    expect(joiner.answers).toHaveLength(1);
  });

  it('and a member who then has each other as fellows are linked', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    const { alice, carol } = people;
    keepDoor(alice);
    const joiner = new Joiner(carol, alice);
    await people.network.clock.advance(5_000);
    const [answer] = joiner.answers;
    joiner.knocking.close();
    await makeFellows(alice, carol);
    expect(answer?.by).toEqual(fellowOf(alice).device);
    carol.app.session.wantLink(alice.id, 'group', true);
    await people.network.clock.until(() => isLinked(carol, alice), 'the two to be linked');
    expect(new GroupMail(carol).send(alice, 'here I am')).toBe(true);
  });
});

describe('[I25] what members say no to', () => {
  for (const reason of ['invite-used', 'invite-expired', 'group-over'] as const) {
    it(`${reason}: the joiner hears it once everybody here has said so`, async () => {
      const people = await setup('alice', 'bob', 'carol');
      world = people;
      const { alice, bob, carol } = people;
      const asked = [alice, bob].map((member) => keepDoor(member, { kind: 'refused', reason }));
      const joiner = new Joiner(carol, alice);
      await people.network.clock.advance(60_000);
      expect(joiner.failures).toEqual([reason]);
      expect(asked.map(({ length }) => length)).toEqual([1, 1]);
    });
  }

  it('one says no and another yes: somebody with the link cannot keep others out', async () => {
    const people = await setup('alice', 'mallory', 'carol');
    world = people;
    keepDoor(people.mallory, { kind: 'refused', reason: 'group-over' });
    const joiner = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(10_000);
    expect(joiner.failures).toEqual(['group-over']);
    keepDoor(people.alice);
    await people.network.clock.advance(10_000);
    expect(joiner.answers.map(({ by }) => by.account)).toEqual([people.alice.id]);
  });
});

describe('[I23] who does not hold the link', () => {
  it('finds nobody, and is found by nobody', async () => {
    const people = await setup('alice', 'mallory');
    world = people;
    const knocks = keepDoor(people.alice);
    const joiner = new Joiner(people.mallory, people.alice, { secret: new Uint8Array(32).fill(6) });
    await people.network.clock.advance(60_000);
    expect(knocks).toEqual([]);
    expect(joiner.failures).toEqual(['nobody-here-yet']);
  });

  it('the server sees tags that say nothing, and no name or request', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    keepDoor(people.alice);
    new Joiner(people.carol, people.alice, { request: utf8('canary in the mine') });
    await people.network.clock.advance(5_000);
    const seen = people.network.serverLog
      .map((sight) =>
        JSON.stringify(sight, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
      )
      .join('\n');
    for (const canary of ['canary', 'alice', people.alice.id, people.carol.id]) expect(seen).not.toContain(canary);
    expect(joinedBy(people)).toHaveLength(2);
  });
});

describe('[I26] limits at a door', () => {
  it('five failed proofs shut it for ten minutes', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    const knocks = keepDoor(people.alice, { kind: 'wrong-proof' });
    const joiner = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(300_000);
    expect(knocks).toHaveLength(5);
    joiner.knocking.close();
    const honest = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(10_000);
    expect(honest.failures).toEqual(['nobody-here-yet']);
    await people.network.clock.advance(900_000);
    expect(knocks.length).toBeGreaterThan(5);
  });

  it('[H9] three may be proving themselves at once, and those who keep quiet do not keep others out for long', async () => {
    const crowd = Array.from({ length: 6 }, (_, number) => `mallory ${number}`);
    const people: World = await setup('alice', 'carol', ...crowd);
    world = people;
    const [alice, carol] = [people.person('alice'), people.person('carol')];
    keepDoor(alice);
    people.network.tapLinks({ splice: false, frame: ({ from, bytes }) => (from.startsWith('mallory') ? [] : [bytes]) });
    const quiet = crowd.map((name) => new Joiner(people.person(name), alice));
    let most = 0;
    for (let second = 0; second < 20; second++) {
      await people.network.clock.advance(1_000);
      most = Math.max(most, people.network.links().length);
    }
    expect(most).toBe(3);
    for (const { knocking } of quiet) knocking.close();
    const honest = new Joiner(carol, alice);
    await people.network.clock.advance(60_000);
    expect(honest.answers).toHaveLength(1);
  });

  it('[I22] it is left when the invitation expires', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    const knocks = keepDoor(people.alice, WELCOME, { ...DOOR, expires: people.network.clock.now() + 60_000 });
    await people.network.clock.advance(120_000);
    const joiner = new Joiner(people.carol, people.alice);
    await people.network.clock.advance(60_000);
    expect(knocks).toEqual([]);
    expect(joiner.failures).toEqual(['nobody-here-yet']);
  });

  it('[I22] who is invisible stands at no door, and stands there again when to be seen', async () => {
    const people = await setup('alice', 'carol');
    world = people;
    const { alice, carol } = people;
    await alice.app.presence.choose('invisible');
    const knocks = keepDoor(alice);
    const joiner = new Joiner(carol, alice);
    await people.network.clock.advance(10_000);
    expect(joiner.failures).toEqual(['nobody-here-yet']);
    await alice.app.presence.choose('online');
    await people.network.clock.advance(10_000);
    expect(knocks).toHaveLength(1);
  });

  it('[I22] of many members some leave: eight stay, and the joiner is answered', async () => {
    const names = Array.from({ length: 11 }, (_, number) => `member ${number}`);
    const people: World = await setup('carol', ...names);
    world = people;
    const carol = people.person('carol');
    const members = names.map((name) => people.person(name));
    for (const member of members) keepDoor(member);
    await people.network.clock.advance(61_000);
    const tags = members.map(({ id }) => doorTag(SECRET, accountKeyOf(id))).sort();
    const left = people.network.serverLog.filter((sight) => sight.kind === 'left' && sight.topic === doorTopic(SECRET));
    expect(left).toHaveLength(3);
    expect(tags.every((tag) => isDoorTag(SECRET, tag))).toBe(true);
    const joiner = new Joiner(carol, members[0] ?? carol);
    await people.network.clock.advance(10_000);
    expect(joiner.answers).toHaveLength(1);
    // Those who left look in again, so that no stranger with tags of their own can stand in for all of them.
    await people.network.clock.advance(370_000);
    expect(joinedBy(people).length).toBeGreaterThan(11 + 1 + 2);
  });

  it('nobody is at one door on both sides', async () => {
    const people = await setup('alice', 'bob');
    world = people;
    const knocks = keepDoor(people.alice);
    keepDoor(people.bob);
    const joiner = new Joiner(people.alice, people.bob);
    people.alice.app.session.openDoors([DOOR]);
    await people.network.clock.advance(4_000);
    expect(joiner.answers.map(({ by }) => by.account)).toEqual([people.bob.id]);
    joiner.knocking.close();
    const other = new Joiner(people.bob, people.alice);
    await people.network.clock.advance(10_000);
    expect(other.answers).toHaveLength(1);
    expect(knocks).toHaveLength(1);
  });
});
