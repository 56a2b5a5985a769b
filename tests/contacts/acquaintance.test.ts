import { describe, expect, it } from 'vitest';
import { introduce, meetDevice } from '../../src/contacts/acquaintance.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { isSameName } from '../../src/contacts/same-name.ts';
import { MAX_DEVICES } from '../../src/protocol/credential.ts';
import type { AccountId } from '../../src/protocol/ids.ts';

const NOW = 1_700_000_000_000;
const device = (account: string, key = 1, listVersion = 1) => ({
  account: account as AccountId,
  deviceKey: new Uint8Array(32).fill(key),
  listVersion,
});
const introduction = (account: string, name: string, key = 1, listVersion = 1) => ({
  device: device(account, key, listVersion),
  name,
  pairSecret: new Uint8Array(32).fill(key),
});

function met(...args: Parameters<typeof introduction>): Contact {
  const acquaintance = introduce(introduction(...args), [], NOW);
  if (!acquaintance) throw new Error('refused');
  return acquaintance.contact;
}

describe('[T3] a device of a contact', () => {
  it('is no news when it is the first', () => {
    expect(introduce(introduction('bob', 'bob'), [], NOW)?.notices).toEqual([]);
  });

  it('is no news when it was met before', () => {
    const bob = met('bob', 'bob');
    expect(meetDevice(bob, device('bob', 1))).toEqual({ contact: bob, notices: [] });
  });

  it('is told when it is new, whether on a link or with an invite', () => {
    const bob = met('bob', 'bob');
    const later = meetDevice(bob, device('bob', 2, 5));
    expect(later.notices).toEqual(['new-device']);
    expect(later.contact).toMatchObject({ deviceListVersion: 5, verified: false });
    expect(introduce(introduction('bob', 'bob', 2), [bob], NOW)?.notices).toEqual(['new-device']);
    expect(meetDevice(later.contact, device('bob', 2, 5)).notices).toEqual([]);
  });

  it('does not make the list of those met grow without end', () => {
    let bob = met('bob', 'bob');
    for (let key = 2; key < 40; key++) bob = meetDevice(bob, device('bob', key)).contact;
    expect(bob.devices).toHaveLength(MAX_DEVICES);
  });
});

describe('[T5] an introduction to somebody known', () => {
  it('keeps what the person decided about the account', () => {
    const bob: Contact = { ...met('bob', 'bob'), verified: true, since: 5 };
    const renewed = introduce(introduction('bob', 'Robert', 2), [bob], NOW)?.contact;
    expect(renewed).toMatchObject({ verified: true, since: 5, name: 'Robert' });
    expect(renewed?.pairSecret).toEqual(new Uint8Array(32).fill(2));
  });

  it('is refused by a device the account has moved on from', () => {
    const bob = met('bob', 'bob', 2, 7);
    expect(introduce(introduction('bob', 'bob', 1, 6), [bob], NOW)).toBeUndefined();
  });
});

describe('[T4] somebody who is called like a contact', () => {
  const bob = met('bob', 'bob');

  it('is in review, and told of', () => {
    const newcomer = introduce(introduction('other', 'Bob'), [bob], NOW);
    expect(newcomer?.contact.review).toEqual({ kind: 'same-name', other: 'bob' });
    expect(newcomer?.notices).toEqual(['same-name']);
  });

  it('is in review when a contact takes the name later', () => {
    const carol: Contact = { ...met('carol', 'carol'), verified: true };
    expect(introduce(introduction('carol', 'bob'), [bob, carol], NOW)?.contact.review).toEqual({ kind: 'same-name', other: 'bob' });
  });

  it('is not asked about again once it was looked at', () => {
    const looked: Contact = { ...met('other', 'Bob'), review: undefined };
    const again = introduce(introduction('other', 'Bob', 3), [bob, looked], NOW);
    expect(again?.contact.review).toBeUndefined();
    expect(again?.notices).toEqual(['new-device']);
  });

  it('is not told of twice while the review is open', () => {
    const [waiting] = [introduce(introduction('other', 'Bob'), [bob], NOW)].flatMap((each) => (each ? [each.contact] : []));
    if (!waiting) throw new Error('refused');
    expect(introduce(introduction('other', 'Bob'), [bob, waiting], NOW)?.notices).toEqual([]);
  });

  it.each([
    ['bob', 'BOB'],
    ['bob', 'b о b'.replaceAll(' ', '')],
    ['alice', 'аlіcе'],
    ['Ann Lee', 'AnnLee'],
    ['Ann Lee', 'Ann-Lee.'],
    ['小明', '小 明'],
    ['José', 'Jose'],
    ['paul', 'pau1'],
  ])('%s would be taken for %s', (one, other) => {
    expect(isSameName(one, other)).toBe(true);
  });

  it.each([
    ['bob', 'rob'],
    ['小明', '小红'],
    ['', ''],
    ['!', '?'],
  ])('%j is not %j', (one, other) => {
    expect(isSameName(one, other)).toBe(false);
  });
});
