import { afterEach, describe, expect, it } from 'vitest';
import { toBase64url } from '../../src/lib/bytes.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { invitation, invitationFragment, readInvitation, type Invitation } from '../../src/protocol/invitation.ts';
import type { LinkAdversary } from '../support/memory-links.ts';
import { setup, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function people() {
  const all = await setup('alice', 'bob', 'carol');
  world = all;
  return all;
}

function rewritten(link: string, change: (invite: Invitation) => Invitation): string {
  const read = readInvitation(link);
  if (!read.ok) throw new Error('the link reads');
  return invitationFragment(change(read.value));
}

/** Loses everything alice sends on a link but her part of the handshake. */
function withoutAcceptance(): LinkAdversary {
  let fromAlice = 0;
  return { splice: false, frame: ({ bytes, from }) => (from === 'alice' && ++fromAlice > 1 ? [] : [bytes]) };
}

describe('alice invites bob', () => {
  it('[I6] both have each other, by the names they gave themselves, and the invite is used', async () => {
    const { alice, bob, introduce } = await people();
    await introduce(alice, bob);
    expect(alice.contact(bob)).toMatchObject({ name: 'bob', phase: 'active' });
    expect(bob.contact(alice)).toMatchObject({ name: 'alice', phase: 'active', acceptance: undefined });
    expect(await alice.app.stores.contacts.invites()).toMatchObject([{ used: true, claimedBy: bob.id }]);
  });

  it('[I8] both derived the same pair secret, and it is not the invite’s', async () => {
    const { alice, bob, introduce } = await people();
    await introduce(alice, bob);
    expect(alice.contact(bob)?.pairSecret).toEqual(bob.contact(alice)?.pairSecret);
  });

  it('bob’s browser was closed when he accepted: it goes on when he is back', async () => {
    const { alice, bob, network, settle } = await people();
    const link = await alice.invite();
    network.stopServer();
    await bob.accept(link);
    await bob.close();
    network.startServer();
    await bob.open();
    await settle();
    expect(alice.hasContact(bob) && bob.hasContact(alice)).toBe(true);
  });

  it('[I6] whichever frame of the introduction is the last before the link breaks, the two end as contacts', async () => {
    for (let survivors = 0; survivors <= 8; survivors++) {
      const { alice, bob, network, settle } = await people();
      let passed = 0;
      network.tapLinks({
        splice: false,
        frame: ({ bytes }) => {
          passed += 1;
          if (passed === survivors + 1) queueMicrotask(() => network.cutLinks());
          return passed > survivors ? [] : [bytes];
        },
      });
      await bob.accept(await alice.invite());
      await settle();
      network.tapLinks();
      network.cutLinks();
      await network.clock.advance(60_000);
      await settle();
      expect(alice.hasContact(bob) && bob.hasContact(alice), `with ${survivors} frames let through`).toBe(true);
      await alice.send(bob, 'hello');
      await network.clock.advance(10_000);
      await settle();
      expect(await bob.texts(alice), `with ${survivors} frames let through`).toEqual(['hello']);
      expect(await alice.app.stores.contacts.invites()).toMatchObject([{ used: true }]);
      await world?.close();
    }
  });

  it('[I6] bob dies between asking and hearing the answer, and comes back', async () => {
    const { alice, bob, network, settle } = await people();
    network.tapLinks(withoutAcceptance());
    await bob.accept(await alice.invite());
    await settle();
    expect(bob.hasContact(alice)).toBe(false);
    await bob.die();
    network.tapLinks();
    await bob.open();
    await network.clock.advance(30_000);
    expect(alice.hasContact(bob) && bob.hasContact(alice)).toBe(true);
  });
});

describe('attack 10: an invite that is not what it should be', () => {
  it('[I2] alice never comes back: after a day bob is told that the invite has expired', async () => {
    const { alice, bob, network, settle } = await people();
    const link = await alice.invite();
    await alice.close();
    await bob.accept(link);
    await network.clock.advance(86_400_000);
    await settle();
    expect(bob.contact(alice)).toBeUndefined();
    expect(bob.failures).toEqual([{ contact: 'alice', failure: 'invite-expired' }]);
  });

  it('[I5] carol comes with the link bob has used, and is told it is used', async () => {
    const { alice, bob, carol, settle } = await people();
    const link = await alice.invite();
    await bob.accept(link);
    await settle();
    await carol.accept(link);
    await settle();
    expect(carol.contact(alice)).toBeUndefined();
    expect(alice.contact(carol)).toBeUndefined();
    expect(carol.failures).toEqual([{ contact: 'alice', failure: 'invite-used' }]);
  });

  it('[I5] carol comes while bob has claimed it and not confirmed, and is told at once', async () => {
    const { alice, bob, carol, network, settle } = await people();
    const link = await alice.invite();
    network.tapLinks(withoutAcceptance());
    await bob.accept(link);
    await settle();
    network.tapLinks();
    await bob.die();
    await carol.accept(link);
    await settle();
    expect(carol.failures).toEqual([{ contact: 'alice', failure: 'invite-used' }]);
    expect(alice.hasContact(carol)).toBe(false);
  });

  it('[I2] an expired invite is refused before anything is sent', async () => {
    const { alice, bob, network } = await people();
    const link = await alice.invite();
    await network.clock.advance(86_400_000);
    await expect(bob.accept(link)).rejects.toThrow('invite-expired');
    expect(await alice.app.stores.contacts.invites()).toEqual([]);
  });

  it('[I2] a link whose expiry was moved by hand finds nobody waiting', async () => {
    const { alice, bob, network, settle } = await people();
    const link = rewritten(await alice.invite(), (invite) => ({ ...invite, expires: invite.expires + 86_400 }));
    await network.clock.advance(86_400_000);
    await bob.accept(link);
    await settle();
    expect(bob.hasContact(alice)).toBe(false);
  });

  it('[I4] the link names another account than alice’s: bob refuses whoever answers', async () => {
    const { alice, bob, carol, settle } = await people();
    const link = rewritten(await alice.invite(), (invite) => {
      const forged = readInvitation(invitationFragment({ ...invite, account: carol.device.signing.publicKey }));
      if (!forged.ok) throw new Error('reads');
      return forged.value;
    });
    await bob.accept(link);
    await settle();
    expect(bob.failures).toEqual([{ contact: 'alice', failure: 'invite-refused' }]);
    expect(alice.hasContact(bob)).toBe(false);
  });

  it('[I4] a link with the right topic and a wrong secret cannot exist: another secret meets nobody', async () => {
    const { alice, bob, network } = await people();
    const link = rewritten(await alice.invite(), (invite) => ({ ...invite, secret: new Uint8Array(32).fill(7) }));
    await bob.accept(link);
    await network.clock.advance(60_000);
    expect(alice.hasContact(bob) || bob.hasContact(alice)).toBe(false);
  });

  it('[I3] an invite to oneself is refused', async () => {
    const { alice } = await people();
    await expect(alice.accept(await alice.invite())).rejects.toThrow('invite-own');
  });

  it('[I3] every truncation of a link is refused, and so is a text that is no link', async () => {
    const { alice, bob } = await people();
    const link = await alice.invite();
    for (let length = link.indexOf('#i=') + 3; length < link.length; length++) {
      expect(bob.app.contacts.examine(link.slice(0, length))).toMatchObject({ ok: false, failure: { kind: 'invite-damaged' } });
    }
    expect(bob.app.contacts.examine('hello')).toMatchObject({ ok: false, failure: { kind: 'not-an-invite' } });
  });

  it('[C1] an invite of another version is refused', async () => {
    const { alice, bob } = await people();
    const read = readInvitation(await alice.invite());
    if (!read.ok) throw new Error('reads');
    const bytes = encode(invitation, read.value);
    bytes[0] = 2;
    expect(decode(invitation, bytes).ok).toBe(false);
    expect(bob.app.contacts.examine(`#i=${toBase64url(bytes)}`)).toMatchObject({ failure: { kind: 'invite-damaged' } });
  });
});
