/** `test`, with a server of its own and people who come when they are called, and who all leave at the end. */
import { test as base, expect, type TestInfo } from '@playwright/test';
import { befriend, settle, Someone, type SomeoneOptions } from '../support/people.ts';
import { ServerProcess, type ServerOptions } from '../support/server.ts';
import { Tap } from '../support/tap.ts';

interface House {
  /** Told before the test starts: `test.use({ serverOptions: … })`. */
  readonly serverOptions: ServerOptions;
  readonly server: ServerProcess;
  /** A listener between the browsers and the server; people who open `tap.url` pass through it. */
  readonly tap: Tap;
  /** Somebody new with a browser of their own, at an empty page. */
  readonly arrive: (name: string, options?: SomeoneOptions) => Promise<Someone>;
  /** alice and bob, each with an account on the server, not yet acquainted. */
  readonly strangers: readonly [alice: Someone, bob: Someone];
  /** alice and bob, in contact and online. */
  readonly friends: readonly [alice: Someone, bob: Someone];
}

export const test = base.extend<House>({
  serverOptions: [{}, { option: true }],

  server: async ({ serverOptions }, use) => {
    const server = await ServerProcess.start(serverOptions);
    await use(server);
    await server.kill();
  },

  tap: async ({ server }, use) => {
    const tap = await Tap.start(server.url);
    await use(tap);
    await tap.close();
  },

  arrive: async ({ server }, use, testInfo) => {
    const everyone: Someone[] = [];
    await use(async (name, options) => {
      const someone = await Someone.arrive(name, options);
      everyone.push(someone);
      return someone;
    });
    const failed = testInfo.status !== testInfo.expectedStatus;
    for (const someone of everyone) {
      if (failed) await portray(someone, testInfo);
      await someone.close();
    }
    if (failed) await testInfo.attach('server', { body: server.said, contentType: 'text/plain' });
    for (const { name, complaints } of everyone) expect(complaints, `what ${name}'s page complained of`).toEqual([]);
  },

  strangers: async ({ server, arrive }, use) => {
    const [alice, bob] = await Promise.all([arrive('alice'), arrive('bob')]);
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await use([alice, bob]);
  },

  friends: async ({ strangers }, use) => {
    await befriend(...strangers);
    await use(strangers);
  },
});

export { expect };

/** Keeps a picture of what somebody saw when the test failed. */
async function portray(someone: Someone, testInfo: TestInfo): Promise<void> {
  const path = testInfo.outputPath(`${someone.name}.png`);
  try {
    await someone.person.page.screenshot({ path });
    await testInfo.attach(someone.name, { path, contentType: 'image/png' });
  } catch {
    // Their browser was killed or closed by the test: there is nothing to show.
  }
}
