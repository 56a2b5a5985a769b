/** Finds a Chromium to test with. Never downloads a browser: Debian's is installed where that is possible, or the person is told what to do. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { canInstall, findProgram, install, isExecutable } from './debian.ts';

const VARIABLES = ['PARLEY_CHROMIUM', 'CHROME_BIN', 'PUPPETEER_EXECUTABLE_PATH'];
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const MAC_APPS = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'];
const WINDOWS_PROGRAMS = [String.raw`Google\Chrome\Application\chrome.exe`, String.raw`Microsoft\Edge\Application\msedge.exe`];
/** Where a Playwright download keeps the program inside its folder. */
const PLAYWRIGHT_PROGRAMS = [
  'chrome-linux/chrome',
  'chrome-linux64/chrome',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-win/chrome.exe',
];

/** What every test browser is started with. The sandbox is off because tests run as root in containers, where it cannot start. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-search-engine-choice-screen',
  '--password-store=basic',
  '--use-mock-keychain',
  // A window nobody looks at must still run its timers and paint: two people sit at two machines in truth.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** The path of a Chromium, installing Debian's when there is none and this user may. Throws a sentence that says what to do. */
export function findChromium(): string {
  const found = named() ?? usual();
  if (found !== undefined) return found;
  let reason: unknown;
  if (canInstall()) {
    try {
      install('chromium', 'fonts-noto-cjk');
      const installed = usual();
      if (installed !== undefined) return installed;
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(
    'The browser tests need Chromium and found none. Install it (Debian: "sudo apt-get install chromium"), ' +
      'or say where it is: PARLEY_CHROMIUM=/path/to/chromium npm test' +
      (reason instanceof Error ? `\n${reason.message}` : ''),
    { cause: reason },
  );
}

function named(): string | undefined {
  for (const variable of VARIABLES) {
    const path = process.env[variable];
    if (path === undefined || path === '') continue;
    if (isExecutable(path)) return path;
    throw new Error(`${variable} is "${path}", and there is no program there.`);
  }
  return undefined;
}

function usual(): string | undefined {
  for (const program of PROGRAMS) {
    const path = findProgram(program);
    if (path !== undefined) return path;
  }
  return [...macPlaces(), ...windowsPlaces(), ...playwrightPlaces()].find(isExecutable);
}

function macPlaces(): string[] {
  return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) => MAC_APPS.map((app) => join(folder, app)));
}

function windowsPlaces(): string[] {
  const folders = [process.env['ProgramFiles'], process.env['ProgramFiles(x86)'], process.env['LOCALAPPDATA']];
  return folders.flatMap((folder) => (folder === undefined ? [] : WINDOWS_PROGRAMS.map((program) => join(folder, program))));
}

function playwrightPlaces(): string[] {
  const caches = [
    process.env['PLAYWRIGHT_BROWSERS_PATH'],
    join(homedir(), '.cache', 'ms-playwright'),
    join(homedir(), 'Library', 'Caches', 'ms-playwright'),
    join(process.env['LOCALAPPDATA'] ?? homedir(), 'ms-playwright'),
  ];
  return caches.flatMap((cache) => {
    if (cache === undefined || !existsSync(cache)) return [];
    const builds = readdirSync(cache).filter((name) => name.startsWith('chromium-'));
    return builds.flatMap((build) => PLAYWRIGHT_PROGRAMS.map((program) => join(cache, build, program)));
  });
}
