/** Nothing is lost and nothing is shown twice, whatever dies in the middle. */
import { PASSWORD, type Someone } from '../support/people.ts';
import { Seed } from '../support/seed.ts';
import type { ServerProcess } from '../support/server.ts';
import { expect, test } from './parley-test.ts';

const MESSAGES_EACH_WAY = 200;
/** Two slow halves of the crash may each cost a connection attempt's whole time-out. */
const CATCH_UP_MS = 90_000;

test('200 messages each way arrive once and in order, though the server is restarted and bob’s browser killed in between', async ({
  server,
  friends: [alice, bob],
}) => {
  test.setTimeout(300_000);
  const seed = new Seed();
  console.log(`  (the moments of the crash come from PARLEY_SEED=${seed.value})`);
  const serverDies = seed.pick(20, 100);
  const bobDies = seed.pick(30, 170);
  const bobDiesAfterMs = seed.pick(0, 60);
  await Promise.all([alice.person.openChat('bob'), bob.person.openChat('alice')]);

  const crash = new Crash(bob, server);
  const aliceWrites = writeAll(alice, 'bob', async (number) => {
    if (number === serverDies) await crash.ofTheServer();
  });
  const bobWrites = writeThroughCrashes(bob, 'alice', crash, (number) => {
    if (number === bobDies) crash.ofTheBrowser(bobDiesAfterMs);
    return Promise.resolve();
  });
  await Promise.all([aliceWrites, bobWrites]);

  // Whose last line is the lower one nobody knows, and the upper one may have been scrolled away.
  for (const [reader, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await expect.poll(() => reader.person.messages(other.name), { timeout: CATCH_UP_MS }).toHaveLength(2 * MESSAGES_EACH_WAY);
  }
  for (const [reader, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const shown = await reader.person.messages(other.name);
    for (const author of ['alice', 'bob']) {
      expect(
        shown.filter((text) => text.startsWith(author)),
        `${author}'s messages as ${reader.name} sees them`,
      ).toEqual(allLines(author));
    }
  }
});

function line(author: string, number: number): string {
  return `${author} says ${String(number).padStart(3, '0')}`;
}

function allLines(author: string): string[] {
  return Array.from({ length: MESSAGES_EACH_WAY }, (_, index) => line(author, index + 1));
}

async function writeAll(writer: Someone, to: string, before: (number: number) => Promise<void>, from = 1): Promise<void> {
  for (let number = from; number <= MESSAGES_EACH_WAY; number++) {
    await before(number);
    await writer.person.send(to, line(writer.name, number));
  }
}

/** As a person would: when the browser is open again, they look which of their messages are there and go on after the last. */
async function writeThroughCrashes(writer: Someone, to: string, crash: Crash, before: (number: number) => Promise<void>): Promise<void> {
  try {
    await writeAll(writer, to, before);
  } catch (error) {
    if (crash.browserIsDown === undefined) throw error;
    await crash.browserIsDown;
  }
  await crash.browserIsDown;
  await crash.reopen();
  const own = (await writer.person.messages(to)).filter((text) => text.startsWith(writer.name));
  expect(own, `what ${writer.name} had written before the crash`).toEqual(allLines(writer.name).slice(0, own.length));
  await writeAll(writer, to, () => Promise.resolve(), own.length + 1);
}

class Crash {
  readonly #victim: Someone;
  readonly #server: ServerProcess;
  #browserIsDown: Promise<void> | undefined;

  constructor(victim: Someone, server: ServerProcess) {
    this.#victim = victim;
    this.#server = server;
  }

  get browserIsDown(): Promise<void> | undefined {
    return this.#browserIsDown;
  }

  async ofTheServer(): Promise<void> {
    await this.#server.kill();
    await this.#server.start();
  }

  /** Not awaited where it is called: the blow falls while the victim writes on. */
  ofTheBrowser(afterMs: number): void {
    this.#browserIsDown = new Promise<void>((resolve) => setTimeout(resolve, afterMs)).then(() => this.#victim.browser.kill());
  }

  async reopen(): Promise<void> {
    await this.#victim.restart();
    await this.#victim.person.open(this.#server.url);
    await this.#victim.person.login(this.#victim.name, PASSWORD);
  }
}
