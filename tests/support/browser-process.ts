/**
 * One person's browser: a Chromium process of its own with a profile of its own, driven through Playwright.
 *
 * Playwright's own launcher ends the browser politely; a test of crashes needs to end it the hard way and start again on
 * the same profile. So the process is ours: it is asked over its debugging pipe (file descriptors 3 and 4, messages ended
 * by a zero byte), and a loopback WebSocket hands that pipe to Playwright. A pipe rather than a port, because it reaches
 * into network namespaces too, and because a Chromium whose pipe is closed ends by itself: nothing is left over however
 * the test run dies.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { WebSocketServer } from 'ws';
import { CHROMIUM_FLAGS, findChromium } from './chromium.ts';

export interface BrowserOptions {
  /** For messages: whose browser this is. */
  readonly owner: string;
  /** More command line flags. */
  readonly flags?: readonly string[];
  /** A command the browser is started by, as `['ip', 'netns', 'exec', 'alice']`. */
  readonly wrapper?: readonly string[];
  /** The language the browser asks pages for; `en-US` unless told. */
  readonly locale?: string;
  /** In CSS pixels; 1280 × 800 unless told. */
  readonly window?: { readonly width: number; readonly height: number };
  /** Called with each page before it loads anything: the place for init scripts and listeners. */
  readonly preparePage?: (page: Page) => Promise<void> | void;
}

/** Longer than a cold start on two busy cores, shorter than a person's patience with a broken machine. */
const START_TIMEOUT_MS = 60_000;
const MAX_DEVTOOLS_MESSAGE_BYTES = 512 * 1024 * 1024;

interface Running {
  readonly process: ChildProcess;
  readonly bridge: WebSocketServer;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
}

const everyProcess = new Set<ChildProcess>();
process.on('exit', () => everyProcess.forEach(killGroup));

export class BrowserProcess {
  readonly profile: string;
  readonly #options: BrowserOptions;
  #running: Running | undefined;

  private constructor(options: BrowserOptions) {
    this.#options = options;
    this.profile = mkdtempSync(join(tmpdir(), `parley-${options.owner}-`));
  }

  static async start(options: BrowserOptions): Promise<BrowserProcess> {
    const browser = new BrowserProcess(options);
    try {
      await browser.restart();
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  /** The person's first tab. */
  get page(): Page {
    return this.#alive.page;
  }

  /** The group that all processes of this browser are in; undefined while it is down. */
  get processGroup(): number | undefined {
    return this.#running?.process.pid;
  }

  get context(): BrowserContext {
    return this.#alive.context;
  }

  /** Opens one more tab in the same profile. */
  async newPage(): Promise<Page> {
    const page = await this.#alive.context.newPage();
    await this.#prepare(page);
    return page;
  }

  /** Ends every process of this browser at once, as a power cut would: nothing is flushed, nothing said goodbye to. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const exit = exited(running.process);
    killGroup(running.process);
    await exit;
    await release(running);
  }

  /** Closes the browser as a person does; the profile stays for `restart`. */
  async quit(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const exit = exited(running.process);
    const session = await running.browser.newBrowserCDPSession();
    // The answer may be lost with the connection; the exit is what counts.
    await session.send('Browser.close').catch(() => undefined);
    await exit;
    killGroup(running.process);
    await release(running);
  }

  /** Starts again on the same profile; ends the running one first, if any. Gives the new first tab. */
  async restart(): Promise<Page> {
    await this.quit();
    const child = spawnChromium(this.#options, this.profile);
    const bridge = await bridgeToPipe(child);
    const { port } = bridge.address() as AddressInfo;
    // It shares our disk: files of any size are given to it by their path.
    const browser = await chromium.connectOverCDP(`ws://127.0.0.1:${port}/`, { timeout: START_TIMEOUT_MS, isLocal: true });
    const context = browser.contexts()[0];
    if (context === undefined) throw new Error(`${this.#options.owner}'s browser has no default context.`);
    const page = context.pages()[0] ?? (await context.newPage());
    this.#running = { process: child, bridge, browser, context, page };
    await this.#prepare(page);
    return page;
  }

  /** Ends the browser and removes its profile. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  get #alive(): Running {
    if (this.#running === undefined) throw new Error(`${this.#options.owner}'s browser is not running.`);
    return this.#running;
  }

  async #prepare(page: Page): Promise<void> {
    await page.setViewportSize(this.#options.window ?? { width: 1280, height: 800 });
    await this.#options.preparePage?.(page);
  }
}

function spawnChromium(options: BrowserOptions, profile: string): ChildProcess {
  const locale = options.locale ?? 'en-US';
  const command = [
    ...(options.wrapper ?? []),
    findChromium(),
    '--headless=new',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    `--lang=${locale}`,
    `--accept-lang=${locale}`,
    ...CHROMIUM_FLAGS,
    ...(options.flags ?? []),
    'about:blank',
  ];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    // A group of its own, so that one signal reaches every process of the browser.
    detached: true,
    env: { ...process.env, LANGUAGE: locale, TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  everyProcess.add(child);
  child.once('exit', () => everyProcess.delete(child));
  return child;
}

/** Serves the child's debugging pipe on a loopback WebSocket, for one client. */
async function bridgeToPipe(child: ChildProcess): Promise<WebSocketServer> {
  const toBrowser = child.stdio[3] as Writable;
  const fromBrowser = child.stdio[4] as Readable;
  const bridge = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: MAX_DEVTOOLS_MESSAGE_BYTES, perMessageDeflate: false });
  // A browser that was killed leaves a broken pipe behind; its exit is seen elsewhere.
  toBrowser.on('error', () => undefined);
  bridge.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => {
      toBrowser.write(message);
      toBrowser.write('\0');
    });
    fromBrowser.on(
      'data',
      splitAtZero((message) => socket.send(message, { binary: false })),
    );
    fromBrowser.on('close', () => socket.close());
  });
  await once(bridge, 'listening');
  return bridge;
}

function splitAtZero(deliver: (message: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer[] = [];
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      deliver(Buffer.concat([...held, chunk.subarray(start, end)]));
      held = [];
      start = end + 1;
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  };
}

async function release({ browser, bridge }: Running): Promise<void> {
  for (const socket of bridge.clients) socket.terminate();
  bridge.close();
  await browser.close();
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}
