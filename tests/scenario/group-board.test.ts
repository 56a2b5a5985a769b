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

/** The exchange between two boards takes turns of the event loop of its own, more than any fixed number on a busy machine. */
async function shown(people: World, { text }: { readonly text: () => string }, wanted: string): Promise<void> {
  await aWhile(people);
  await people.network.clock.until(() => text() === wanted, `the board to say “${wanted}”`);
}

describe('the board of a group', () => {
  it('is one text for all who have it open, and is there again later', async () => {
    const { people, group } = await fourInGroup();
    world = people;
    const { alice, bob, carol } = people;
    const [ofAlice, ofBob] = [await openBoard(alice, group), await openBoard(bob, group)];
    await aWhile(people);
    ofAlice.board.edit(0, 0, 'ropes');
    await shown(people, ofBob, 'ropes');
    ofBob.board.edit(5, 0, ', shoes');
    await shown(people, ofAlice, 'ropes, shoes');
    await shown(people, ofBob, 'ropes, shoes');

    ofBob.board.close();
    const ofCarol = await openBoard(carol, group);
    await shown(people, ofCarol, 'ropes, shoes');

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
    await shown(people, ofBob, 'for us');
    await done(people, alice.app.groups.remove(group, bob.id));
    await aWhile(people);
    ofAlice.board.edit(0, 0, 'only ');
    ofBob.board.edit(0, 0, 'not ');
    await aWhile(people);
    expect([ofAlice.text(), ofBob.text()]).toEqual(['only for us', 'for us']);
  });
});
