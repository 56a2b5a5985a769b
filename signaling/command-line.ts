/** What all three programs have in common at the command line. Exit codes: 0 done, 1 failed while running, 2 refused to start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { helpText, loadConfig, printConfig } from './config.ts';
import type { Config } from './options.ts';
import { startServer, type RunningServer } from './server.ts';
import { StartFailure } from './start-failure.ts';

const EXIT_REFUSED = 2;

/** One Ctrl-C can arrive several times: from the terminal and from each program in between. */
const SAME_PRESS_MS = 400;

/** The configuration to run with; undefined when the command line asked for something else, or for nothing sensible (exit code set). */
export function configFromCommandLine(command: string, defaults: Partial<Config> = {}): Config | undefined {
  const loaded = loadConfig({
    flags: process.argv.slice(2),
    environment: process.env,
    defaults,
    usualFile: join(import.meta.dirname, 'parley.yaml'),
    readFile,
  });
  if ('problems' in loaded) {
    for (const problem of loaded.problems) complain(problem);
    process.exitCode = EXIT_REFUSED;
    return undefined;
  }
  for (const warning of loaded.warnings) complain(warning);
  switch (loaded.wish) {
    case 'run':
      return loaded.config;
    case 'help':
      process.stdout.write(helpText(command));
      return undefined;
    case 'check-config':
      say('The configuration is good.');
      return undefined;
    case 'print-config':
      process.stdout.write(printConfig(loaded.config));
      return undefined;
  }
}

/** Starts the server; says why not, and sets the exit code, when it cannot run. */
export async function startOrExplain(config: Config): Promise<RunningServer | undefined> {
  try {
    return await startServer(config);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    complain(error.message);
    process.exitCode = EXIT_REFUSED;
    return undefined;
  }
}

/**
 * Ties the server to the process: SIGTERM and SIGINT drain (a second one stops at once), SIGHUP reloads. An unexpected
 * error may have left anything behind, so it ends the process too, gently: whoever supervises it starts a new one.
 */
export function serveUntilSignalled(stopping: { readonly drain: () => Promise<void>; readonly reload: () => void }): void {
  let askedAt: number | undefined;
  const stop = (exitCode: number): void => {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt < SAME_PRESS_MS) return;
    if (askedAt !== undefined) process.exit(exitCode);
    askedAt = now;
    process.exitCode = exitCode;
    stopping.drain().then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  process.on('SIGHUP', () => stopping.reload());
  const failed = (error: unknown): void => {
    complain(`Unexpected error, stopping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    // An error while stopping must not cut the stopping short.
    if (askedAt === undefined) stop(1);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
}

export function say(words: string): void {
  process.stdout.write(`${words}\n`);
}

export function complain(words: string): void {
  process.stderr.write(`${words}\n`);
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
