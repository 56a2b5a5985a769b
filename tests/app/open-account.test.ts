import 'fake-indexeddb/auto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAccount, type AccountSurroundings } from '../../src/app/open-account.ts';
import { Troubles } from '../../src/app/troubles.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import type { Accounts } from '../../src/identity/accounts.ts';
import { LogInKeeper } from '../../src/identity/log-in-keeper.ts';
import { holdOpen } from '../../src/identity/open-vault.ts';
import type { SessionKeys } from '../../src/identity/ports.ts';
import type { Keyring } from '../../src/identity/keyring.ts';
import { Cell } from '../../src/lib/observable.ts';
import type { Rendezvous } from '../../src/session/ports.ts';
import { StoreRefused } from '../../src/storage/store-refused.ts';
import { identityOf } from '../support/identities.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../support/memory-network.ts';
import { MemoryShelf } from '../support/memory-shelf.ts';
import { isWiped } from './tabs.ts';

beforeAll(sodiumReady);

/** A browser without WebRTC, microphones and notifications. */
const callless = {
  devices: { devices: new Cell([]), canShareScreen: false, canChooseSpeaker: false },
  maker: { isSupported: false },
  host: { cores: 2, lag: () => 0 },
  turn: { take: () => Promise.resolve(undefined) },
  notices: { permission: new Cell('unsupported'), show: () => () => undefined },
  play: () => undefined,
  onLeave: () => () => undefined,
};

/** Alice's account in this browser, and what it lives in. */
function household(keyringOf: () => Promise<Keyring>) {
  const network = createMemoryNetwork();
  const vault = holdOpen(
    { userName: 'alice', device: identityOf('alice').device },
    new Secret('vault', randomBytes(32)),
    'parley-of-alice',
  );
  const sessionKeys: SessionKeys = {
    keep: () => Promise.resolve(),
    kept: () => Promise.resolve([]),
    open: () => Promise.resolve(undefined),
    drop: () => Promise.resolve(),
  };
  const accounts = { keyringOf, keeperOf: () => new LogInKeeper({ vault, sessionKeys, clock: network.clock }) } as unknown as Accounts;
  const connections: { readonly isClosed: boolean }[] = [];
  const surroundings: AccountSurroundings = {
    clock: network.clock,
    attention: { lastActive: new Cell(network.clock.now()), visible: new Cell(true) },
    connect: () => watched(network, connections),
    maker: network.linkMaker('alice'),
    canConnect: true,
    address: 'https://parley.example/',
    arrival: { link: undefined, forget: () => undefined },
    files: { openShelf: () => Object.assign(new MemoryShelf(), { close: () => Promise.resolve() }), flowing: () => undefined },
    calls: callless,
    troubles: new Troubles(),
  } as unknown as AccountSurroundings;
  return { network, vault, accounts, surroundings, connections };
}

function watched(network: MemoryNetwork, connections: { readonly isClosed: boolean }[]): Rendezvous {
  const rendezvous = network.rendezvous('alice');
  const connection = { isClosed: false };
  connections.push(connection);
  const close = rendezvous.close.bind(rendezvous);
  rendezvous.close = () => {
    connection.isClosed = true;
    close();
  };
  return rendezvous;
}

const nowhere = { lock: () => Promise.resolve(), logOut: () => Promise.resolve(), erase: () => Promise.resolve() };

describe('an account that is opened', () => {
  let closedDatabases = 0;
  beforeEach(() => {
    closedDatabases = 0;
    const close: (this: IDBDatabase) => void = Reflect.get(IDBDatabase.prototype, 'close');
    vi.spyOn(IDBDatabase.prototype, 'close').mockImplementation(function (this: IDBDatabase) {
      closedDatabases += 1;
      close.call(this);
    });
    return () => vi.restoreAllMocks();
  });

  it('leaves nothing open when a part of it cannot be loaded', async () => {
    const refused = new StoreRefused('storage-refused');
    const { network, vault, accounts, surroundings, connections } = household(() => Promise.reject(refused));
    await expect(openAccount(vault, accounts, surroundings, nowhere)).rejects.toBe(refused);
    expect(connections).toEqual([{ isClosed: true }]);
    expect(isWiped(vault)).toBe(true);
    expect(network.clock.timers).toBe(0);
    expect(closedDatabases).toBe(1);
  });

  it('leaves nothing open once it is closed', async () => {
    const { network, vault, accounts, surroundings, connections } = household(() =>
      Promise.resolve({ passkeys: new Cell([]) } as unknown as Keyring),
    );
    const account = await openAccount(vault, accounts, surroundings, nowhere);
    expect(connections).toEqual([{ isClosed: false }]);
    await account.close({ keepLogIn: false });
    expect(connections).toEqual([{ isClosed: true }]);
    expect(isWiped(vault)).toBe(true);
    await network.clock.settle();
    expect(network.clock.timers).toBe(0);
    expect(closedDatabases).toBe(1);
  });
});
