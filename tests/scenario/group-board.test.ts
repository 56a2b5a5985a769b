import { afterEach, describe, expect, it } from 'vitest';
import type { GroupId } from '../../src/protocol/ids.ts';
import type { Person, World } from '../support/world.ts';
import { aWhile, done, fourInGroup } from './group-people.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function openBoard(person: Person, group: GroupId) {
  const board = await person.app.groups.openBoard(group);
  let text = '';
  board.content.subscribe((content) => (text = content.text));
  return { board, text: () => text };
}

describe('the board of a group', () => {
  it('is one text for all who have it open, and is there again later', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, carol } = people;
    const [ofAlice, ofBob] = [await openBoard(alice, group), await openBoard(bob, group)];
    await aWhile(people);
    ofAlice.board.edit(0, 0, 'ropes');
    await people.settle();
    ofBob.board.edit(5, 0, ', shoes');
    await aWhile(people);
    expect([ofAlice.text(), ofBob.text()]).toEqual(['ropes, shoes', 'ropes, shoes']);

    ofBob.board.close();
    const ofCarol = await openBoard(carol, group);
    await aWhile(people);
    expect(ofCarol.text()).toBe('ropes, shoes');

    await bob.close();
    await bob.open();
    expect((await openBoard(bob, group)).text()).toBe('ropes, shoes');
  });

  it('is shut to whoever is no member any more', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob } = people;
    const [ofAlice, ofBob] = [await openBoard(alice, group), await openBoard(bob, group)];
    ofAlice.board.edit(0, 0, 'for us');
    await aWhile(people);
    await done(people, alice.app.groups.remove(group, bob.id));
    await aWhile(people);
    ofAlice.board.edit(0, 0, 'only ');
    ofBob.board.edit(0, 0, 'not ');
    await aWhile(people);
    expect([ofAlice.text(), ofBob.text()]).toEqual(['only for us', 'for us']);
  });
});
