import { afterEach, describe, expect, it } from 'vitest';
import { hash } from '../../src/crypto/hash.ts';
import { kemKeyPair, KEM_SEED_BYTES } from '../../src/crypto/kem.ts';
import { writeOperation } from '../../src/membership/drafting.ts';
import { History } from '../../src/membership/history.ts';
import { signJoinRequest } from '../../src/membership/join-request.ts';
import { readOperation } from '../../src/membership/operation.ts';
import type { StoredEnvelope } from '../../src/groups/ports.ts';
import { resolve } from '../../src/membership/resolver.ts';
import { createAccount } from '../../src/identity/account.ts';
import { createDevice } from '../../src/identity/device.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { bytesOf, type GroupId } from '../../src/protocol/ids.ts';
import { setup, type Person, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const OTHERS = 255;
/** Ten times what it takes on a slow machine: what would not be quick is far beyond. */
const QUICK_MS = 4_000;

/** Operations by which alice lets in 255 strangers. */
async function admissions(alice: Person, group: GroupId): Promise<readonly StoredEnvelope[]> {
  const history = new History(group);
  for (const { envelope } of await alice.app.stores.groups.operations(group)) {
    const operation = readOperation(envelope);
    if (operation.ok) history.add(operation.value, '');
  }
  const { publicKey: kemKey } = kemKeyPair(new Uint8Array(KEM_SEED_BYTES).fill(7));
  const added: StoredEnvelope[] = [];
  const state = resolve(history, { tip: undefined });
  for (let index = 0; state && index < OTHERS; index++) {
    const device = createDevice(createAccount(hash(utf8(`stranger ${index}`))), 'test', 1);
    const request = signJoinRequest(device, { group, name: `stranger ${index}`, kemKey, greeting: '', invitation: undefined });
    const act = { type: 'admit' as const, request, tip: bytesOf(state.tip) };
    const operation = writeOperation(history, state, alice.device, act, { wall: index, place: index });
    history.add(operation, '');
    added.push({ id: operation.id, group, envelope: operation.envelope });
  }
  return added;
}

describe('a group of 256', () => {
  it('opens, shows its members and is written in without anybody waiting', async () => {
    const people = await setup('alice');
    world = people;
    const { alice } = people;
    const group = await alice.createGroup('The whole village', []);
    const operations = await admissions(alice, group);
    await alice.app.stores.groups.commit([alice.app.stores.groups.addOperations(operations)]);
    await alice.close();

    const opened = await timed(() => alice.open());
    expect(alice.membersOf(group)).toHaveLength(256);
    // The first message needs a new epoch: 256 boxes.
    const first = await timed(() => alice.say(group, 'Hello everybody'));
    const second = await timed(() => alice.say(group, 'Still here?'));
    const renamed = await timed(() => alice.app.groups.rename(group, 'The village'));
    expect({ opened, first, second, renamed }).toSatisfy((times: Record<string, number>) =>
      Object.values(times).every((time) => time < QUICK_MS),
    );
  });
});

async function timed(task: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await task();
  return performance.now() - begun;
}
