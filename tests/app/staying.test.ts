import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fail } from '../../src/lib/result.ts';
import type { SecuritySettings } from '../../src/ui/parley.ts';
import { PASSWORD } from '../identity/household.ts';
import { dumpOf, plantIn, rowsIn } from '../storage/shelf.ts';
import { valueOf } from '../support/value-of.ts';
import { Browser, isWiped, type Tab } from './tabs.ts';

const NEW_PASSWORD = 'wooden-lantern-orbit-77';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LENIENT: SecuritySettings = { lockAfterMinutes: undefined, lockWhenHidden: false, staysInHours: 12 };

describe('alice at her browser', () => {
  let browser: Browser;
  let tab: Tab;
  beforeEach(async () => {
    browser = new Browser();
    tab = await browser.openTab();
    await tab.register('Alice');
    return () => browser.close();
  });

  const change = async (settings: Partial<SecuritySettings>) => valueOf(await tab.home.security.change({ ...LENIENT, ...settings }));
  /** The page goes away without a word, as on a reload. */
  const reload = async (left: Tab = tab): Promise<Tab> => {
    left.vanish();
    return browser.openTab();
  };

  describe('who reloads', () => {
    it('[V8] is inside again, without a password', async () => {
      const again = await reload();
      expect(again.phase).toBe('inside');
      expect(again.home.me).toEqual(tab.home.me);
    });

    it('[V9] is asked once the time is over', async () => {
      browser.clock.jump(12 * HOUR);
      const again = await reload();
      expect(again.phase).toBe('outside');
      expect(await browser.rows('sessions')).toEqual([]);
    });

    it('[V9] is asked in the strict setting, and when hiding the page locks it', async () => {
      await change({ staysInHours: 0 });
      expect((await reload()).phase).toBe('outside');
      await change({ staysInHours: 12 });
      expect(await browser.rows('sessions')).toHaveLength(1);
      await change({ lockWhenHidden: true });
      expect((await reload()).phase).toBe('outside');
    });

    it('[V9] is asked after locking and after logging out', async () => {
      await tab.home.lock();
      expect(tab.outside.userName).toBe('Alice');
      expect((await browser.openTab()).phase).toBe('outside');
      valueOf(await tab.door.logIn('Alice', PASSWORD));
      await tab.home.logOut();
      expect(tab.outside.userName).toBeUndefined();
      expect(await browser.rows('sessions')).toEqual([]);
    });

    it('[V9] has what was kept made anew with a new password', async () => {
      const [before] = await browser.rows('sessions');
      valueOf(await tab.home.security.changePassword(PASSWORD, NEW_PASSWORD));
      const [after] = await browser.rows('sessions');
      expect(after?.['sealed']).not.toEqual(before?.['sealed']);
      expect((await reload()).phase).toBe('inside');
    });

    it('[V9] keeps her settings', async () => {
      await change({ lockAfterMinutes: 7, staysInHours: 3 });
      const again = await reload();
      const shown: SecuritySettings[] = [];
      again.home.security.settings.subscribe((settings) => shown.push(settings));
      expect(shown).toEqual([{ lockAfterMinutes: 7, lockWhenHidden: false, staysInHours: 3 }]);
    });

    it('[V8] gets in again when the disk was tampered with only by password', async () => {
      const [row] = await browser.rows('sessions');
      await plantIn(browser.engine, 'parley', 'sessions', { ...row, until: browser.clock.now() + 1000 * HOUR });
      expect((await reload()).phase).toBe('outside');
    });
  });

  describe('who is away', () => {
    it('[V9] finds the page locked after as many idle minutes as she chose', async () => {
      await change({ lockAfterMinutes: 5 });
      await browser.clock.advance(4 * MINUTE);
      await tab.touch();
      await browser.clock.advance(5 * MINUTE - 1);
      expect(tab.phase).toBe('inside');
      await browser.clock.advance(20_000);
      await tab.becomes('outside');
      expect(tab.outside.userName).toBe('Alice');
      expect(isWiped(tab.vault)).toBe(true);
    });

    it('[V9] finds it locked by the first touch after the device slept', async () => {
      await change({ lockAfterMinutes: 5 });
      browser.clock.jump(HOUR);
      await tab.touch();
      await tab.becomes('outside');
    });

    it('[V9] is not helped by a clock that is set back', async () => {
      await change({ lockAfterMinutes: 5 });
      browser.clock.jump(-HOUR);
      await browser.clock.advance(5 * MINUTE);
      await tab.becomes('outside');
    });

    it('[V9] finds it locked when her log-in has run out, and not before', async () => {
      await browser.clock.advance(11 * HOUR);
      await tab.touch();
      await browser.clock.advance(12 * HOUR - MINUTE);
      expect(tab.phase).toBe('inside');
      await browser.clock.advance(MINUTE);
      await tab.becomes('outside');
      expect(await browser.rows('sessions')).toEqual([]);
    });

    it('[V9] finds it open for ever when she wants neither', async () => {
      await change({ staysInHours: 0 });
      await browser.clock.advance(30 * HOUR);
      expect(tab.phase).toBe('inside');
    });

    it('[V9] finds it locked as soon as it was hidden, when she chose so', async () => {
      tab.visible.set(false);
      await tab.settle();
      expect(tab.phase).toBe('inside');
      await change({ lockWhenHidden: true });
      await tab.settle();
      await tab.becomes('outside');
    });
  });

  describe('who has more tabs', () => {
    it('[V8] uses the account here without a password, and there again', async () => {
      const other = await browser.openTab();
      expect(other.phase).toBe('elsewhere');
      await other.useHere();
      expect(other.phase).toBe('inside');
      await tab.becomes('elsewhere');
      expect(isWiped(tab.vault)).toBe(true);
      await tab.useHere();
      expect(tab.phase).toBe('inside');
      await other.becomes('elsewhere');
    });

    it('[V9] is asked here in the strict setting', async () => {
      await change({ staysInHours: 0 });
      const other = await browser.openTab();
      await other.useHere();
      await other.becomes('outside');
      await tab.becomes('elsewhere');
      await tab.useHere();
      expect(tab.outside.userName).toBe('Alice');
    });

    it('[V11] attack 56: locks all of them at once, and no key is left in any', async () => {
      await change({ staysInHours: 0 });
      const waiting = await browser.openTab();
      await waiting.comeBackToDoor();
      const opening = vi.spyOn(waiting.accounts, 'open');
      valueOf(await waiting.door.logIn('Alice', PASSWORD));
      const held = valueOf(await (opening.mock.results[0]?.value as ReturnType<typeof waiting.accounts.open>));
      expect(isWiped(held)).toBe(false);
      expect(waiting.phase).toBe('elsewhere');
      await change({});
      const asked = await browser.openTab();
      expect(asked.phase).toBe('elsewhere');

      await tab.home.lock();
      await Promise.all([tab, waiting, asked].map((each) => each.becomes('outside')));
      expect(waiting.outside.userName).toBe('Alice');
      expect(isWiped(held)).toBe(true);
      expect(tab.vaults.every(isWiped)).toBe(true);
      expect(await browser.rows('sessions')).toEqual([]);
      expect((await browser.openTab()).phase).toBe('outside');
    });

    it('[V11] attack 56: is heard where the browser knows no locks and both have it open', async () => {
      const unguarded = new Browser({ hasLocks: false });
      const one = await unguarded.openTab();
      await one.register('Alice');
      const other = await unguarded.openTab();
      expect([one.phase, other.phase]).toEqual(['inside', 'inside']);
      await one.home.lock();
      await Promise.all([one, other].map((each) => each.becomes('outside')));
      expect([...one.vaults, ...other.vaults].every(isWiped)).toBe(true);
      unguarded.close();
    });

    it('[V11] leaves bob’s alone', async () => {
      const bobs = await browser.openTab();
      await bobs.comeBackToDoor();
      await bobs.register('Bob');
      await tab.home.lock();
      await bobs.settle();
      expect(bobs.home.me.name).toBe('Bob');
      expect((await reload(bobs)).home.me.name).toBe('Bob');
    });

    it('[V11] that takes over while the other locks finds the door', async () => {
      const other = await browser.openTab();
      const locking = tab.home.lock();
      await other.useHere();
      await locking;
      await other.becomes('outside');
    });
  });

  describe('who shares the browser with bob', () => {
    it('[V12] has an account of her own beside his', async () => {
      await tab.home.logOut();
      await tab.register('Bob');
      const bob = tab.home.me;
      await tab.home.logOut();
      valueOf(await tab.door.logIn('alice', PASSWORD));
      expect(tab.home.me.name).toBe('Alice');
      expect(tab.home.me.id).not.toBe(bob.id);
    });

    it('[V12] deletes hers from inside, with the password, and nothing of it is left', async () => {
      const { database } = tab.vault;
      expect(await tab.home.security.deleteAccount('not her password')).toEqual(fail({ kind: 'wrong-password', freeTries: 4 }));
      expect(tab.phase).toBe('inside');
      valueOf(await tab.home.security.deleteAccount(PASSWORD));
      expect(tab.outside.hasAccounts).toBe(false);
      expect(tab.vaults.every(isWiped)).toBe(true);
      expect(await browser.databases()).not.toContain(database);
      expect(await tab.door.logIn('Alice', PASSWORD)).toEqual(fail({ kind: 'no-such-account' }));
      expect(await browser.rows('sessions')).toEqual([]);
      expect(await browser.rows('accounts')).toEqual([]);
    });

    it('[V12] deletes it from the door while another tab has it open, which then is at the door too', async () => {
      const other = await browser.openTab();
      await other.comeBackToDoor();
      valueOf(await other.door.forgetAccount('ALICE'));
      await Promise.all([tab, other].map((each) => each.becomes('outside')));
      expect(tab.outside.hasAccounts).toBe(false);
      expect(tab.vaults.every(isWiped)).toBe(true);
      expect(await browser.databases()).toEqual(['parley']);
      expect(await other.door.forgetAccount('Alice')).toEqual(fail({ kind: 'no-such-account' }));
    });
  });

  it('[V13] attack 55: what lies on her disk shows nothing of her', async () => {
    const words = ['Alice', 'alice', PASSWORD, NEW_PASSWORD, tab.home.me.id];
    await change({ lockAfterMinutes: 5 });
    valueOf(await tab.home.security.addPasskey());
    valueOf(await tab.home.security.changePassword(PASSWORD, NEW_PASSWORD));
    const vault = tab.vault;
    const keys = [vault.key, vault.device.signing.secret, vault.device.agreement.secret].map((secret) => secret.expose());
    const disk = await dumpOf(browser.engine);
    expect(disk.length).toBeGreaterThan(3);
    const bytes = Buffer.concat(disk.flatMap(bytesOf));
    for (const word of words) expect(bytes.includes(word)).toBe(false);
    for (const key of keys) expect(bytes.includes(Buffer.from(key))).toBe(false);
    expect(bytes.includes(vault.database)).toBe(true);
    expect((await rowsIn(browser.engine, 'parley', 'sessions'))[0]).toMatchObject({ key: { extractable: false } });
  });
});

/** All text and all bytes in a row. */
function bytesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [Buffer.from(name), ...bytesOf(part)]);
}
