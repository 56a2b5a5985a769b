/** `npm start`: builds the app when it has to, serves it, and says where to open it. */
import { join } from 'node:path';
import { build } from 'vite';
import { isBuilt } from './build-state.ts';
import { complain, configFromCommandLine, say, serveUntilSignalled, startOrExplain } from './command-line.ts';
import { DEFAULTS, type Config } from './options.ts';

const ROOT = join(import.meta.dirname, '..');

// People read this terminal, and what is worth their attention starts at `warn`; main.ts is for log collectors.
const config = configFromCommandLine('npm start --', { logLevel: 'warn' });
if (config && (await buildIfNeeded(config))) await serve(config);

async function serve(settings: Config): Promise<void> {
  const server = await startOrExplain(settings);
  if (!server) return;
  serveUntilSignalled({
    reload: () => server.reload(),
    drain: () => {
      say('Stopping. Press Ctrl-C again to stop at once.');
      return server.drain();
    },
  });
  say(`\nParley · 晤谈 is open at  ${server.url}`);
  for (const url of server.otherUrls) say(`On your network:         ${url}`);
  if (settings.tlsCertificate === '' && server.otherUrls.length > 0)
    say(
      '\nBrowsers allow encryption, camera and microphone only over https or on localhost. For other machines, give the server a\n' +
        'certificate (npm start -- --tls-certificate cert.pem --tls-key key.pem) or put it behind a proxy with https.',
    );
  say('\nPress Ctrl-C to stop.');
}

/** Says whether there is an app to serve. One that is served from elsewhere is not ours to build. */
async function buildIfNeeded(settings: Config): Promise<boolean> {
  if (settings.app !== DEFAULTS.app || isBuilt(ROOT)) return true;
  const started = Date.now();
  say('The app has changed since it was last built, or never was. Building it; this takes a few moments…');
  try {
    await build({ root: ROOT, logLevel: 'warn' });
  } catch (error) {
    complain(`The app could not be built: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    return false;
  }
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  return true;
}
