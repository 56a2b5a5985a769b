/** Servers on free ports of this machine, gone after each test. */
import { afterEach } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import type { Config } from '../../signaling/options.ts';
import { startServer, type RunningServer } from '../../signaling/server.ts';

const running: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});

export async function serve(options: Partial<Config> = {}, clock?: Clock): Promise<RunningServer> {
  const server = await startServer({ address: '127.0.0.1', port: 0, logLevel: 'silent', app: '/nonexistent', ...options }, clock);
  running.push(server);
  return server;
}
