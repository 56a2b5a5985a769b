/** Installs what the tests need from Debian or Ubuntu, where this user may: in containers and on build machines. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const APT_ENVIRONMENT = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
/** Root's path on Debian, for programs that an ordinary PATH leaves out. */
const SYSTEM_PLACES = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

let listsAreFresh = false;

/** The full path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_PLACES];
  return places.map((place) => join(place, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there, or not for us: both mean "no".
    return false;
  }
}

export function canInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/** Installs packages, saying so in one line. Throws when apt-get fails; its own output is then shown. */
export function install(...packages: readonly string[]): void {
  console.log(`Installing ${packages.join(', ')} with apt-get; this is done once and can take a minute.`);
  if (!listsAreFresh) apt('update');
  listsAreFresh = true;
  apt('install', '--yes', '--no-install-recommends', ...packages);
}

function apt(...args: readonly string[]): void {
  try {
    execFileSync('apt-get', ['--quiet', ...args], { env: APT_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`apt-get ${args.join(' ')} failed:\n${output}`, { cause: error });
  }
}
