/** Files in groups: whoever has a piece gives it to whoever lacks it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFile, makeLargeFile } from '../support/large-file.ts';
import { gather, PASSWORD, settle, type Someone } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

/** Below what waits for one's word, and long enough on its way to leave in the middle. */
const FILE_BYTES = 80 * 2 ** 20;
const PATIENCE_MS = 60_000;
const NO_PLACES = 'delete window.showSaveFilePicker';

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-group-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test('alice leaves at half: bob and carol give each other what each has, and carol completes bob’s file without her', async ({
  server,
  arrive,
}) => {
  test.setTimeout(4 * PATIENCE_MS);
  const film = await makeLargeFile(folder, 'film.bin', FILE_BYTES, 7);
  const [alice, bob, carol] = await Promise.all([
    arrive('alice'),
    arrive('bob', { initScript: NO_PLACES }),
    arrive('carol', { initScript: NO_PLACES }),
  ]);
  await Promise.all([alice, bob, carol].map((each) => settle(each, server.url)));
  await gather(alice, 'Film club', bob, carol);
  await Promise.all([alice, bob, carol].map(({ person }) => person.openChat('Film club')));

  await test.step('alice is gone when half of what she had to give is given', async () => {
    await alice.person.sendFile('Film club', film, { timeout: PATIENCE_MS });
    await expect.poll(() => alice.person.fileProgress('film.bin'), { timeout: PATIENCE_MS, intervals: [50] }).toBeGreaterThan(0.5);
    await alice.browser.kill();
  });

  await test.step('bob and carol have the same then: all that either had', async () => {
    const before = await partsOf(bob, carol);
    const parts = () => partsOf(bob, carol);
    await expect.poll(async () => new Set(await parts()).size, { timeout: PATIENCE_MS }).toBe(1);
    const [both] = await parts();
    expect(both).toBeGreaterThanOrEqual(Math.max(...before));
  });

  await test.step('carol gets the rest of alice while bob is away', async () => {
    await bob.browser.quit();
    await comeBack(alice, server.url);
    await carol.person.expectFile('film.bin', { complete: true, timeout: PATIENCE_MS });
    await alice.browser.quit();
  });

  await test.step('and bob the rest of carol', async () => {
    await comeBack(bob, server.url);
    await bob.person.openChat('Film club');
    await bob.person.expectFile('film.bin', { complete: true, timeout: PATIENCE_MS });
  });

  const original = await digestFile(film);
  for (const { name, person } of [bob, carol]) {
    expect(await digestFile(await person.saveFile('film.bin', { timeout: PATIENCE_MS })), `what ${name} has`).toBe(original);
  }
});

/** How much each has of it, 0 to 1. */
function partsOf(...people: readonly Someone[]): Promise<readonly number[]> {
  return Promise.all(
    people.map(async ({ person }) => {
      const message = await person.fileMessage('film.bin');
      const [value] = await message.getByRole('progressbar').evaluateAll((bars) => bars.map((bar) => (bar as HTMLProgressElement).value));
      // Without a bar there is nothing left to wait for.
      return value ?? 1;
    }),
  );
}

async function comeBack(someone: Someone, url: string): Promise<void> {
  await someone.restart();
  await someone.person.open(url);
  await someone.person.login(someone.name, PASSWORD);
}
