import { describe, expect, it } from 'vitest';
import { Gatehouse, type Prepared } from '../../src/app/gatehouse.ts';
import { Troubles } from '../../src/app/troubles.ts';
import { createTabLock } from '../../src/platform/tab-lock.ts';
import { createTabNews } from '../../src/platform/tab-news.ts';
import type { Gate } from '../../src/ui/parley.ts';
import { Browser } from './tabs.ts';

describe('the first screen', () => {
  it('is there before the keys are loaded, and what alice asks meanwhile is answered when they are', async () => {
    const house = await arrive({ mustAsk: true });
    expect(house.phases).toEqual(['starting', 'outside']);
    const asked = house.outside.door.checkName('alice');
    house.load();
    expect(await asked).toMatchObject({ ok: true });
    expect(house.phases.every((phase, place) => phase === (place === 0 ? 'starting' : 'outside'))).toBe(true);
  });

  it('waits for the keys where alice may be in without being asked', async () => {
    const house = await arrive({ mustAsk: false });
    expect(house.phases).toEqual(['starting']);
    house.load();
    await house.started;
    expect(house.phases).toEqual(['starting', 'outside']);
  });
});

/** A page whose keys are loaded when told. */
async function arrive({ mustAsk }: { readonly mustAsk: boolean }) {
  const browser = new Browser();
  const { locks, channels, clock } = browser;
  const accounts = await browser.openPage();
  const gates: Gate[] = [];
  let load: (prepared: Prepared) => void = () => undefined;
  const loading = new Promise<Prepared>((resolve) => (load = resolve));
  const nobody = () => Promise.reject(new Error('Nobody goes in here'));
  const gatehouse = new Gatehouse({
    impossible: undefined,
    look: () => Promise.resolve({ hasAccounts: false, mustAsk }),
    prepare: () => loading,
    tabs: createTabLock({ locks, openChannel: (name) => channels.open(name), clock }),
    openNews: (onShut) => createTabNews((name) => channels.open(name), onShut),
    entered: () => undefined,
    troubles: new Troubles(),
  });
  gatehouse.gate.subscribe((gate) => gates.push(gate));
  const started = gatehouse.start();
  await clock.settle();
  return {
    started,
    load: () => load({ accounts, open: nobody, eraseStores: nobody, restore: nobody }),
    get phases() {
      return gates.map(({ phase }) => phase);
    },
    get outside() {
      const gate = gates.at(-1);
      if (gate?.phase !== 'outside') throw new Error('Not outside');
      return gate;
    },
  };
}
