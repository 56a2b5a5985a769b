import { beforeEach, describe, expect, it } from 'vitest';
import { judgeAuthor, wasAdminKnowing, type Authorship } from '../../src/membership/authorship.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { fromBase64url } from '../../src/lib/bytes.ts';
import { operationIdOf } from '../../src/protocol/ids.ts';
import { seededRandom } from '../support/seeded-random.ts';
import * as acts from './acts.ts';
import { creation, fabricatedAuthor, type Author } from './authors.ts';
import { Replica } from './replica.ts';

const random = seededRandom(21);
const [alice, bob, carol, dave, mallory] = [
  fabricatedAuthor('alice', random),
  fabricatedAuthor('bob', random),
  fabricatedAuthor('carol', random),
  fabricatedAuthor('dave', random),
  fabricatedAuthor('mallory', random),
];
/** Alice is owner, bob is an admin, carol and dave are members. */
let group: Replica;
let start: readonly Operation[];

beforeEach(() => {
  group = new Replica(alice, creation(alice, random));
  for (const whom of [bob, carol, dave]) group.admits(whom);
  group.does(acts.grant(bob));
  start = group.history.heads;
});

const seenOf = ({ device }: Author, seq: number) => [{ device: fromBase64url(device) ?? new Uint8Array(32), seq }];

/** What becomes of somebody's message with this number, who says to have known these operations. */
function message(author: Author, seq: number, knowing: readonly Operation[] = group.history.heads, wall = 0): Authorship {
  const { account, device } = author;
  const control = knowing.map(({ id }) => id);
  return judgeAuthor(group.history, group.state, { account, device, seq, control, wall });
}

describe('a message', () => {
  it('is shown when a member wrote it', () => {
    expect(message(dave, 1)).toBe('shown');
  });

  it('waits for what its author knew', () => {
    const unknown = { account: dave.account, device: dave.device, seq: 1, control: [operationIdOf(new Uint8Array(32))], wall: 0 };

    expect(judgeAuthor(group.history, group.state, unknown)).toBe('pending');
  });

  it('is nobody’s who was not let in, or not by what they knew (attack 23)', () => {
    const [made] = group.history.operations;

    expect(message(mallory, 1)).toBe('foreign');
    expect(message({ ...dave, device: mallory.device }, 1)).toBe('foreign');
    expect(message({ ...mallory, device: dave.device }, 1)).toBe('foreign');
    expect(message(dave, 1, made && [made])).toBe('foreign');
  });

  it('of somebody removed is hidden beyond what had come, and refused when they knew (G21, attack 36)', () => {
    group.does(acts.kick(dave, seenOf(dave, 5)));

    expect(message(dave, 5, start)).toBe('shown');
    expect(message(dave, 6, start)).toBe('hidden');
    expect(message(dave, 6)).toBe('foreign');
  });

  it('of another device of theirs than those that were counted is hidden', () => {
    group.does(acts.kick(dave, seenOf(bob, 5)));

    expect(message(dave, 1, start)).toBe('hidden');
  });

  it('of somebody who came back is shown, and what they say to have written meanwhile is not (attack 30)', () => {
    const kicked = group.does(acts.kick(dave, seenOf(dave, 5)));
    group.admits(dave);

    expect(message(dave, 6)).toBe('shown');
    expect(message(dave, 6, start)).toBe('hidden');
    expect(message(dave, 6, [kicked])).toBe('foreign');
  });

  it('of somebody who left ends where they said it does', () => {
    const member = new Replica(dave, group.history.at(0));
    member.hearsAllFrom(group);
    group.hears(member.does({ type: 'leave', seen: seenOf(dave, 2) }));

    expect([message(dave, 2, start), message(dave, 3, start)]).toEqual(['shown', 'hidden']);
  });

  it('of somebody muted is hidden beyond what had come, whether they knew or not (G22, attack 36)', () => {
    const muted = group.does(acts.mute(dave, undefined, seenOf(dave, 3)));

    expect(message(dave, 3, start)).toBe('shown');
    expect(message(dave, 4, start)).toBe('hidden');
    expect(message(dave, 4)).toBe('hidden');
    group.does(acts.unmute(dave));
    expect(message(dave, 5)).toBe('shown');
    expect(message(dave, 4, [muted])).toBe('hidden');
  });

  it('of somebody muted for a time is hidden until their clock says it is over', () => {
    group.does(acts.mute(dave, 1_000, []));

    expect([message(dave, 1, start, 999), message(dave, 2, start, 1_000)]).toEqual(['hidden', 'shown']);
  });

  it('of somebody who was muted and is an admin now is shown; not what they say to have written before', () => {
    group.does(acts.mute(dave, undefined, []));
    group.does(acts.grant(dave));

    expect(message(dave, 1)).toBe('shown');
    expect(message(dave, 1, start)).toBe('hidden');
  });

  it('while all are muted is hidden but from admins, of whoever knew (G23)', () => {
    group.does(acts.muteAll);

    expect([message(dave, 1), message(bob, 1), message(alice, 1)]).toEqual(['hidden', 'shown', 'shown']);
    expect(message(dave, 1, start)).toBe('shown');
    group.does(acts.unmuteAll);
    expect(message(dave, 2)).toBe('shown');
  });

  it('is hidden of whoever was let in by somebody without the right (G18, attack 29)', () => {
    const demoting = new Replica(alice, group.history.at(0));
    demoting.hearsAllFrom(group);
    const admin = new Replica(bob, group.history.at(0));
    admin.hearsAllFrom(group);
    const admitted = admin.admits(mallory);
    group.hears(admitted, demoting.does(acts.revoke(bob)));

    expect(message(mallory, 1, [admitted])).toBe('hidden');
  });

  it('is refused once its author knows that the group is over (G14)', () => {
    group.does(acts.disband);

    expect([message(dave, 1, start), message(dave, 2)]).toEqual(['shown', 'foreign']);
  });
});

describe('calling all', () => {
  const isAdmin = (who: Author, knowing: readonly Operation[]) =>
    wasAdminKnowing(
      group.history,
      group.state,
      who.account,
      knowing.map(({ id }) => id),
    );

  it('is for whoever was owner or admin by what they knew', () => {
    group.does(acts.revoke(bob));
    const now = group.history.heads;

    expect([isAdmin(alice, now), isAdmin(bob, start), isAdmin(bob, now), isAdmin(carol, now)]).toEqual([true, true, false, false]);
  });
});
