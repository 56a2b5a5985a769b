/** `npm run dev`: Vite's development server, which reloads what changes, in front of a signaling server; one address for both. */
import { join } from 'node:path';
import { createServer } from 'vite';
import { SIGNALING_PATH } from '../src/protocol/signaling.ts';
import { configFromCommandLine, say, serveUntilSignalled, startOrExplain } from './command-line.ts';
import { Y_PATH } from './door-y.ts';
import type { Config } from './options.ts';

const LOOPBACK = '127.0.0.1';

const config = configFromCommandLine('npm run dev --', { logLevel: 'warn' });
if (config) await develop(config);

async function develop(settings: Config): Promise<void> {
  // Behind Vite, which speaks for everybody: it is the proxy to trust, and TLS ends there if anywhere.
  const behind = { address: LOOPBACK, port: 0, tlsCertificate: '', tlsKey: '', trustedProxies: [LOOPBACK], drainSeconds: 0 };
  const signaling = await startOrExplain({ ...settings, ...behind });
  if (!signaling) return;
  const behindVite = { target: `ws://${LOOPBACK}:${signaling.port}`, ws: true, xfwd: true };
  const vite = await createServer({
    root: join(import.meta.dirname, '..'),
    server: {
      port: settings.port,
      ...(settings.address === '' ? {} : { host: settings.address }),
      proxy: Object.fromEntries([SIGNALING_PATH, Y_PATH].map((path) => [`^${path}$`, behindVite])),
    },
  });
  await vite.listen();
  serveUntilSignalled({
    reload: () => signaling.reload(),
    drain: async () => {
      await Promise.all([vite.close(), signaling.close()]);
    },
  });
  say(`\nParley · 晤谈, in development, is open at  ${vite.resolvedUrls?.local[0] ?? `http://localhost:${settings.port}/`}`);
  say('Press Ctrl-C to stop.');
}
