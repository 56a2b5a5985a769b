/**
 * `time_to_secure`: from the moment bob's browser sees alice online to an authenticated link with her, against a raw
 * RTCPeerConnection pair between the same two pages, signaled through the same server, its channel open.
 */
import { PASSWORD } from '../support/people.ts';
import { joinRigs, withFriends, type Bench } from './bench-people.ts';
import { median, report, spread } from './figure.ts';

const TRIALS = 20;
const TARGET = 3;
/** Contacts heed at most an offer or knock every two seconds from each other; a trial may use one of each, and some to spare. */
const PACE_MS = 5_000;
/** User Timing marks that the app sets (src/app). */
const ONLINE = 'parley:contact-online';
const SECURE = 'parley:link-secure';

export async function benchLink(): Promise<void> {
  await withFriends(async ({ alice, bob }) => {
    await alice.person.openChat('bob');
    await bob.person.openChat('alice');
    await joinRigs(alice.browser.page, bob.browser.page);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      const next = new Promise((resolve) => setTimeout(resolve, PACE_MS));
      raw.push(await bob.browser.page.evaluate(() => rig.dial()));
      await bob.browser.page.evaluate(() => rig.hangUp());
      ours.push(await timeToSecure({ alice, bob }, trial));
      await next;
    }
    report({
      bench: 'link',
      figure: 'time_to_secure',
      ours: median(ours),
      peer: median(raw),
      against: 'raw RTCPeerConnection pair between the same pages, signaled through the same server, to the open channel',
      unit: 'ms',
      target: TARGET,
      runs: TRIALS,
      detail: { ours: spread(ours), peer: spread(raw) },
    });
  });
}

/** alice goes and comes back; bob has something waiting for her, so a link is wanted as soon as she is seen. */
async function timeToSecure({ alice, bob }: Bench, trial: number): Promise<number> {
  const page = bob.browser.page;
  await alice.person.lock();
  await bob.person.expectPresence('alice', 'offline');
  await bob.person.send('alice', `waiting ${trial}`);
  const [seenBefore, securedBefore] = [await marks(ONLINE), await marks(SECURE)];
  await alice.person.unlock(PASSWORD);
  await bob.person.expectStatus(`waiting ${trial}`, 'delivered');
  const seen = (await marks(ONLINE))[seenBefore.length];
  const secured = (await marks(SECURE))[securedBefore.length];
  if (seen === undefined || secured === undefined) throw new Error(`The app set no ${seen === undefined ? ONLINE : SECURE} mark.`);
  return secured - seen;

  function marks(name: string): Promise<number[]> {
    return page.evaluate((wanted) => rig.marks(wanted), name);
  }
}
