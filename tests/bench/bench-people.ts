/** alice and bob for the benchmarks: friends, each in a browser process of their own, with the rig beside the app. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { buildIfStale } from '../support/build.ts';
import { befriend, settle, Someone, type SomeoneOptions } from '../support/people.ts';
import { ServerProcess } from '../support/server.ts';

export interface Bench {
  readonly alice: Someone;
  readonly bob: Someone;
}

/** Whatever is measured takes minutes; what takes longer than this waits for something that does not come. */
const LIMIT_MS = 1_800_000;

/** Calls `measure` with alice and bob in contact and online, and sees them off whatever happens. Rejects when it does not end. */
export async function withFriends(
  measure: (bench: Bench) => Promise<void>,
  options: Pick<SomeoneOptions, 'flags' | 'preparePage'> = {},
): Promise<void> {
  buildIfStale();
  const server = await ServerProcess.start();
  const everyone: Someone[] = [];
  try {
    const script = await bundlePage('rig.ts');
    for (const name of ['alice', 'bob']) everyone.push(await Someone.arrive(name, { ...options, initScript: script }));
    const [alice, bob] = everyone;
    if (alice === undefined || bob === undefined) throw new Error('Somebody is missing.');
    await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
    await befriend(alice, bob);
    await inTime(measure({ alice, bob }));
  } finally {
    for (const someone of everyone) await someone.close();
    await server.kill();
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(new Error(`The measuring did not end within ${LIMIT_MS} ms.`)), LIMIT_MS);
  });
  try {
    await Promise.race([work, overdue]);
  } finally {
    clearTimeout(limit);
  }
}

/** Joins the two pages' raw rigs on one topic of the signaling server, of the form the server wants. */
export async function joinRigs(alice: Page, bob: Page): Promise<void> {
  const topic = randomBytes(32).toString('base64url');
  for (const page of [alice, bob]) {
    const member = randomBytes(12).toString('base64url');
    await page.evaluate(([room, tag]) => rig.join(room, tag), [topic, member] as const);
  }
}

/** A program of this folder as one script for pages. */
export async function bundlePage(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    // As in vite.config.ts.
    resolve: {
      alias: [
        { find: /^simple-peer$/, replacement: 'simple-peer/simplepeer.min.js' },
        { find: /^events$/, replacement: join(import.meta.dirname, 'node-events.ts') },
      ],
    },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: join(import.meta.dirname, entry), formats: ['iife'], name: 'parleyBench' },
    },
  });
  const output = Array.isArray(built) ? built[0] : built;
  if (output === undefined || !('output' in output)) throw new Error('The rig was not built.');
  return output.output[0].code;
}
