import { beforeEach, describe, expect, it } from 'vitest';
import { recoveryWords } from '../../src/crypto/recovery-phrase.ts';
import type { Accounts } from '../../src/identity/accounts.ts';
import type { OpenVault } from '../../src/identity/open-vault.ts';
import { fail } from '../../src/lib/result.ts';
import { valueOf } from '../support/value-of.ts';
import { Household, PASSWORD, settleIn } from './household.ts';

const NEW_PASSWORD = 'wooden-lantern-orbit-77';
const WRONG = 'not her password';
const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;
const YEAR = 365 * 24 * HOUR;

describe('the ways into alice’s account', () => {
  let home: Household;
  let accounts: Accounts;
  let alice: OpenVault;
  let words: string;
  beforeEach(async () => {
    home = new Household();
    accounts = await home.openPage();
    ({ vault: alice, words } = await settleIn(accounts, 'Alice'));
    return () => home.close();
  });

  const tryWrong = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await accounts.open('Alice', WRONG);
  };
  const lockedFor = (milliseconds: number) => fail({ kind: 'locked-out', until: home.clock.now() + milliseconds });

  describe('with a wrong password', () => {
    it('[V6] attack 50: five wrong ones, and the right one has to wait; a reload, another tab and a clock set back do not help', async () => {
      await tryWrong(4);
      expect(await accounts.open('Alice', WRONG)).toEqual(lockedFor(30 * SECOND));
      expect(await accounts.open('Alice', PASSWORD)).toEqual(lockedFor(30 * SECOND));

      const afterReload = await home.openPage();
      expect(await afterReload.open('Alice', PASSWORD)).toEqual(lockedFor(30 * SECOND));
      home.clock.jump(-YEAR);
      expect(await afterReload.open('Alice', PASSWORD)).toEqual(lockedFor(30 * SECOND));
      home.clock.jump(30 * SECOND);
      expect((await afterReload.open('Alice', PASSWORD)).ok).toBe(true);
    });

    it('[V6] attack 50: a right and a wrong password cost one hash each, a locked door none', async () => {
      const before = home.hasher.asked.length;
      await accounts.open('Alice', PASSWORD);
      await accounts.open('Alice', WRONG);
      const [right, wrong] = home.hasher.asked.slice(before);
      expect(wrong).toEqual(right);
      await tryWrong(4);
      const locked = home.hasher.asked.length;
      await accounts.open('Alice', PASSWORD);
      expect(home.hasher.asked).toHaveLength(locked);
      expect(locked).toBe(before + 6);
    });

    it('[V6] attack 50: leaving the page while it is looked at does not make it free', async () => {
      const left = await home.openPage();
      home.hasher.stall();
      for (let time = 0; time < 5; time++) void left.open('Alice', WRONG);
      await expect.poll(async () => (await home.stored('Alice')).tries?.count).toBe(5);
      expect(await accounts.open('Alice', PASSWORD)).toEqual(lockedFor(30 * SECOND));
    });

    it('[V6] attack 50: twenty tries at once are five', async () => {
      const before = home.hasher.asked.length;
      const pages = await Promise.all(Array.from({ length: 20 }, () => home.openPage()));
      const answers = await Promise.all(pages.map((page) => page.open('Alice', WRONG)));
      expect(home.hasher.asked).toHaveLength(before + 5);
      expect(answers.filter((answer) => !answer.ok && answer.failure.kind === 'wrong-password')).toHaveLength(4);
    });

    it('[V6] the right one makes up for it, and so do words and a passkey', async () => {
      await tryWrong(4);
      await accounts.open('Alice', PASSWORD);
      expect((await home.stored('Alice')).tries).toBeUndefined();
      valueOf(await (await accounts.keyringOf(alice)).addPasskey());
      await tryWrong(5);
      expect((await accounts.openWithPasskey('Alice')).ok).toBe(true);
      expect((await home.stored('Alice')).tries).toBeUndefined();
      await tryWrong(5);
      expect((await accounts.recover('Alice', words, NEW_PASSWORD)).ok).toBe(true);
      expect((await home.stored('Alice')).tries).toBeUndefined();
    });

    it('[V6] slows alice’s account alone, and inside as well as at the door', async () => {
      await settleIn(accounts, 'Bob');
      const keyring = await accounts.keyringOf(alice);
      await tryWrong(3);
      expect(await keyring.confirm(WRONG)).toEqual(fail({ kind: 'wrong-password', freeTries: 1 }));
      expect(await keyring.changePassword(WRONG, NEW_PASSWORD)).toEqual(lockedFor(30 * SECOND));
      expect(await keyring.confirm(PASSWORD)).toEqual(lockedFor(30 * SECOND));
      expect((await accounts.open('Bob', PASSWORD)).ok).toBe(true);
    });
  });

  describe('with another password', () => {
    it('[V4] the new one opens what the old one did, and the old one nothing', async () => {
      const before = await home.stored('Alice');
      const keyring = await accounts.keyringOf(alice);
      expect(await keyring.changePassword(PASSWORD, NEW_PASSWORD)).toEqual({ ok: true, value: undefined });
      expect(await accounts.open('Alice', PASSWORD)).toEqual(fail({ kind: 'wrong-password', freeTries: 4 }));
      const opened = valueOf(await accounts.open('Alice', NEW_PASSWORD));
      expect(opened.tableKey('messages')).toEqual(alice.tableKey('messages'));
      expect((await home.stored('Alice')).vault).toHaveLength(before.vault.length);
    });

    it('[V4] not without the old one, and not with a weak one', async () => {
      const keyring = await accounts.keyringOf(alice);
      expect(await keyring.changePassword(PASSWORD, 'password1')).toEqual(fail({ kind: 'password-weak' }));
      expect(await keyring.changePassword(PASSWORD, 'alicealice1')).toEqual(fail({ kind: 'password-weak' }));
      expect((await home.stored('Alice')).tries).toBeUndefined();
      expect((await keyring.changePassword(WRONG, NEW_PASSWORD)).ok).toBe(false);
      expect((await accounts.open('Alice', PASSWORD)).ok).toBe(true);
    });
  });

  describe('with the 24 words', () => {
    it('[V5] open it and set a new password', async () => {
      const recovered = valueOf(await accounts.recover('alice', words.toUpperCase(), NEW_PASSWORD));
      expect(recovered.database).toBe(alice.database);
      expect(recovered.device.account).toBe(alice.device.account);
      expect((await accounts.open('Alice', PASSWORD)).ok).toBe(false);
      expect((await accounts.open('Alice', NEW_PASSWORD)).ok).toBe(true);
    });

    it('[V5] are told apart: too few, unknown ones by place, a slip, another’s', async () => {
      const typed = words.split(' ');
      const recover = (attempted: readonly string[]) => accounts.recover('Alice', attempted.join(' '), NEW_PASSWORD);
      expect(await recover(typed.slice(1))).toEqual(fail({ kind: 'words-count', count: 23 }));
      expect(await recover(typed.with(2, 'abandom').with(20, 'qi'))).toEqual(fail({ kind: 'words-unknown', places: [3, 21] }));
      const slipped = typed
        .with(0, typed[0] === 'zoo' ? 'zone' : 'zoo')
        .with(1, 'zoo')
        .with(2, 'zoo');
      expect(await recover(slipped)).toEqual(fail({ kind: 'words-wrong' }));
      expect(await recover(recoveryWords(new Uint8Array(32)))).toEqual(fail({ kind: 'words-wrong' }));
      expect(await accounts.recover('Bob', words, NEW_PASSWORD)).toEqual(fail({ kind: 'no-such-account' }));
      expect(await accounts.recover('Alice', words, 'password1')).toEqual(fail({ kind: 'password-weak' }));
      expect((await accounts.open('Alice', PASSWORD)).ok).toBe(true);
    });
  });

  describe('with a passkey', () => {
    it('[V10] attack 54: it opens the account, and no other makes the secret', async () => {
      expect(await accounts.hasPasskey('Alice')).toBe(false);
      const keyring = await accounts.keyringOf(alice);
      valueOf(await keyring.addPasskey());
      expect(await accounts.hasPasskey('alice')).toBe(true);
      const opened = valueOf(await accounts.openWithPasskey('Alice'));
      expect(opened.tableKey('messages')).toEqual(alice.tableKey('messages'));
      home.passkeys.swapSecrets();
      expect(await accounts.openWithPasskey('Alice')).toEqual(fail({ kind: 'passkey-unknown' }));
    });

    it('[V10] attack 54: never the only way in: password and words stay, and removing it closes it', async () => {
      const keyring = await accounts.keyringOf(alice);
      valueOf(await keyring.addPasskey());
      expect((await accounts.open('Alice', PASSWORD)).ok).toBe(true);
      const shown: unknown[] = [];
      keyring.passkeys.subscribe((passkeys) => shown.push(passkeys));
      const [passkey] = shown.flat() as { id: string; created: number }[];
      expect(passkey?.created).toBe(home.clock.now());
      await keyring.removePasskey(passkey?.id ?? '');
      expect(shown.at(-1)).toEqual([]);
      expect(home.passkeys.forgotten).toEqual([passkey?.id]);
      expect(await accounts.hasPasskey('Alice')).toBe(false);
      expect(await accounts.openWithPasskey('Alice')).toEqual(fail({ kind: 'passkey-unknown' }));
      expect((await accounts.recover('Alice', words, NEW_PASSWORD)).ok).toBe(true);
    });

    it('[V10] survives a new password, as a password survives a new passkey', async () => {
      const keyring = await accounts.keyringOf(alice);
      valueOf(await keyring.addPasskey());
      valueOf(await keyring.changePassword(PASSWORD, NEW_PASSWORD));
      expect((await accounts.openWithPasskey('Alice')).ok).toBe(true);
      expect((await accounts.open('Alice', NEW_PASSWORD)).ok).toBe(true);
    });

    it('[V10] says what it is when it is not there, cancelled, or had already', async () => {
      const keyring = await accounts.keyringOf(alice);
      expect(await accounts.openWithPasskey('Bob')).toEqual(fail({ kind: 'no-such-account' }));
      valueOf(await keyring.addPasskey());
      expect(await keyring.addPasskey()).toEqual(fail({ kind: 'passkey-exists' }));
      home.passkeys.mood = 'cancels';
      expect(await keyring.addPasskey()).toEqual(fail({ kind: 'passkey-cancelled' }));
      expect(await accounts.openWithPasskey('Alice')).toEqual(fail({ kind: 'passkey-cancelled' }));
      home.passkeys.possible = false;
      expect(await accounts.hasPasskey('Alice')).toBe(false);
      expect(keyring.canHavePasskey).toBe(false);
    });

    it('[V14] its secrets are wiped when used', async () => {
      valueOf(await (await accounts.keyringOf(alice)).addPasskey());
      valueOf(await accounts.openWithPasskey('Alice'));
      expect(home.passkeys.given).toHaveLength(2);
      expect(home.passkeys.given.every((secret) => secret.every((byte) => byte === 0))).toBe(true);
    });
  });

  describe('with a log-in that is kept', () => {
    beforeEach(() => accounts.keeperOf(alice).keepFor(12));

    it('[V8] opens it on the next page, without a password', async () => {
      const next = await home.openPage();
      expect(await next.kept()).toEqual([alice.database]);
      const opened = await next.resume(alice.database);
      expect(opened?.userName).toBe('Alice');
      expect(opened?.tableKey('messages')).toEqual(alice.tableKey('messages'));
    });

    it('[V9] not when its time is over, nor when the clock is before its time', async () => {
      home.clock.jump(12 * HOUR);
      const late = await home.openPage();
      expect(await late.resume(alice.database)).toBeUndefined();
      home.clock.jump(-6 * HOUR);
      expect(await late.kept()).toEqual([]);

      await accounts.keeperOf(alice).keepFor(12);
      home.clock.jump(-YEAR);
      expect(await (await home.openPage()).kept()).toEqual([]);
    });

    it('[V9] not after it was dropped, nor after words have set a new password', async () => {
      await accounts.recover('Alice', words, NEW_PASSWORD);
      expect(await accounts.resume(alice.database)).toBeUndefined();
    });

    it('[V9] not when the vault it belongs to is gone or damaged, and then it is thrown away', async () => {
      const registry = await home.registry();
      await registry.amend(alice.database, (account) => ({ ...account, vault: account.vault.slice(1) }));
      expect(await accounts.resume(alice.database)).toBeUndefined();
      expect(await accounts.kept()).toEqual([]);
    });
  });

  it('[V12] has none left when it is deleted, and bob’s account is as it was', async () => {
    const { vault: bob } = await settleIn(accounts, 'Bob');
    valueOf(await (await accounts.keyringOf(alice)).addPasskey());
    await accounts.keeperOf(alice).keepFor(12);
    await accounts.remove(alice.database);
    expect(await accounts.open('Alice', PASSWORD)).toEqual(fail({ kind: 'no-such-account' }));
    expect(await accounts.openWithPasskey('Alice')).toEqual(fail({ kind: 'no-such-account' }));
    expect(await accounts.resume(alice.database)).toBeUndefined();
    expect(await accounts.databaseOf('Alice')).toBeUndefined();
    expect(home.passkeys.forgotten).toHaveLength(1);
    expect(await accounts.databaseOf('Bob')).toBe(bob.database);
    expect((await accounts.open('Bob', PASSWORD)).ok).toBe(true);
    expect((await settleIn(accounts, 'Alice')).vault.database).not.toBe(alice.database);
  });
});
