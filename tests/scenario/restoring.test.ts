import { decode } from 'cborg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupRow } from '../../src/identity/backup-record.ts';
import { toHex } from '../../src/lib/bytes.ts';
import type { OutboxEntry } from '../../src/session/ports.ts';
import { setup, type Person } from '../support/world.ts';

const noticesOf = async (person: Person, other: Person) =>
  (await person.messages(other)).flatMap((message) => (message.direction === 'notice' ? [message.notice] : []));
const streamTo = async (person: Person, other: Person) => {
  const state = await person.app.stores.session.peer(other.id);
  return state && toHex(state.outgoing.stream);
};

describe('alice restores a backup in another browser', () => {
  let world: Awaited<ReturnType<typeof setup<'alice' | 'bob'>>>;
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    world = await setup('alice', 'bob');
    ({ alice, bob } = world);
    await world.introduce(alice, bob);
    await alice.send(bob, 'one');
    await bob.send(alice, 'two');
    await world.settle();
  });
  afterEach(() => world.close());

  it('[B4, attack 20] and goes on: both ways, nothing twice, no stream and no device key again', async () => {
    const backup = await alice.backUp();
    // What comes after the backup moves the sessions on; an old state brought back would use their keys again.
    await alice.send(bob, 'three');
    await bob.send(alice, 'four');
    await world.settle();
    const streamBefore = await streamTo(alice, bob);
    await alice.close();

    const returned = await world.restore(alice, backup, 'alice’s new browser');
    await returned.send(bob, 'five');
    await world.settle();
    await bob.send(alice, 'six');
    await returned.send(bob, 'seven');
    await world.settle();

    // What the backup did not know of and what was written from it are from one moment: either may be shown first (M2).
    expect((await bob.textsFrom(alice)).toSorted()).toEqual(['five', 'one', 'seven', 'three']);
    expect(await returned.textsFrom(bob)).toEqual(['two', 'six']);
    expect((await returned.messages(bob)).filter(({ direction }) => direction === 'out')).toMatchObject([
      { text: 'one', status: 'delivered' },
      { text: 'five', status: 'delivered' },
      { text: 'seven', status: 'delivered' },
    ]);
    expect(await streamTo(returned, bob)).not.toBe(streamBefore);
    expect(returned.device.signing.publicKey).not.toEqual(alice.device.signing.publicKey);
    expect(returned.device.agreement.publicKey).not.toEqual(alice.device.agreement.publicKey);
  });

  it('[B4] takes along nothing that was sealed, and none of what seals', async () => {
    await bob.close();
    await alice.send(bob, 'waits, sealed or not');
    await world.settle();
    const backup = await alice.backUp();
    expect(new Set(backup.map(({ table }) => table))).not.toContain('peers');
    const waiting = backup.filter(({ table }) => table === 'outbox').map(({ value }) => decode(value) as OutboxEntry);
    expect(waiting).toMatchObject([{ reference: expect.any(String) as string }]);
    expect(waiting.every(({ sealed }) => sealed === undefined)).toBe(true);
  });

  it('[T3] bob is told of the new device, once, and she stays verified', async () => {
    await bob.app.trust.setVerified(alice.id, true);
    const backup = await alice.backUp();
    await alice.close();
    const returned = await world.restore(alice, backup, 'alice’s new browser');
    await returned.send(bob, 'me again');
    await world.settle();
    expect(await noticesOf(bob, alice)).toEqual(['new-device']);
    expect(bob.contact(alice)).toMatchObject({ verified: true, review: undefined });
    await returned.close();
    await returned.open();
    await returned.send(bob, 'and again');
    await world.settle();
    expect(await noticesOf(bob, alice)).toEqual(['new-device']);
  });

  it('[B5, M4] what waited when the backup was made arrives, once, though her old browser had sent it', async () => {
    await bob.close();
    await alice.send(bob, 'written while bob was away');
    const backup = await alice.backUp();
    await bob.open();
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'written while bob was away']);
    await alice.close();

    const returned = await world.restore(alice, backup, 'alice’s new browser');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'written while bob was away']);
    expect((await returned.messages(bob)).at(-1)).toMatchObject({ text: 'written while bob was away', status: 'delivered' });
  });

  it('[B5] what waited arrives when the old browser never sent it', async () => {
    await bob.close();
    await alice.send(bob, 'from a browser that is gone');
    const backup: readonly BackupRow[] = await alice.backUp();
    await alice.die();
    await world.restore(alice, backup, 'alice’s new browser');
    await bob.open();
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'from a browser that is gone']);
  });

  it('[K4] her old browser is refused from then on', async () => {
    const backup = await alice.backUp();
    await alice.close();
    await world.network.clock.advance(1);
    const returned = await world.restore(alice, backup, 'alice’s new browser');
    await returned.send(bob, 'from the new one');
    await world.settle();
    await returned.close();
    await alice.open();
    await alice.send(bob, 'from the old one');
    await world.settle();
    expect(await bob.textsFrom(alice)).toEqual(['one', 'from the new one']);
  });
});
