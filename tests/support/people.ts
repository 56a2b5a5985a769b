/** People with a browser each, as the e2e tests and the benchmarks need them: alice, bob, and whoever else comes. */
import type { ConsoleMessage, Page } from '@playwright/test';
import jsqr from 'jsqr';
import { BrowserProcess, type BrowserOptions } from './browser-process.ts';
import { Person } from './person.ts';

export const PASSWORD = 'tidal-copper-lantern-84';

export interface SomeoneOptions extends Pick<BrowserOptions, 'flags' | 'wrapper' | 'locale' | 'window'> {
  /** Runs in each page before the app: to take something away from the browser, for instance. */
  readonly initScript?: string;
  /** Called with each page before it loads anything, and before `initScript`. */
  readonly preparePage?: (page: Page) => Promise<void>;
}

/** Somebody at a browser of their own. */
export class Someone {
  readonly name: string;
  readonly browser: BrowserProcess;
  /** What went wrong in their pages: uncaught errors, refused content, console errors. */
  readonly complaints: string[];
  #person: Person;

  private constructor(name: string, browser: BrowserProcess, complaints: string[]) {
    this.name = name;
    this.browser = browser;
    this.complaints = complaints;
    this.#person = new Person(browser.page);
  }

  static async arrive(name: string, { initScript, preparePage: prepare, ...options }: SomeoneOptions = {}): Promise<Someone> {
    const complaints: string[] = [];
    const preparePage = async (page: Page) => {
      await prepare?.(page);
      if (initScript !== undefined) await page.addInitScript(initScript);
      collectComplaints(page, complaints);
    };
    return new Someone(name, await BrowserProcess.start({ ...options, owner: name, preparePage }), complaints);
  }

  /** Drives their (first) tab. */
  get person(): Person {
    return this.#person;
  }

  /** A second tab of the same browser. */
  async openTab(): Promise<Person> {
    return new Person(await this.browser.newPage());
  }

  /** Closes the browser politely and opens it again. */
  async restart(): Promise<void> {
    this.#person = new Person(await this.browser.restart());
  }

  /** Takes note of complaints that belong to what the test does; there must be one, so that none is forgiven in vain. */
  forgive(pattern: RegExp): void {
    const others = this.complaints.filter((complaint) => !pattern.test(complaint));
    if (others.length === this.complaints.length) throw new Error(`${this.name}'s page did not complain of ${String(pattern)}.`);
    this.complaints.splice(0, this.complaints.length, ...others);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/**
 * The browser itself reports each failed request and socket to the console, and tests cut those on purpose: the app is
 * to blame only for what it says or throws itself.
 */
const NETWORK_NOISE = /^(Failed to load resource|WebSocket connection to|net::ERR_)/;

function collectComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error' && !NETWORK_NOISE.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
}

/** Opens the app, chooses English unless told otherwise, and makes an account under their name. */
export async function settle(someone: Someone, url: string, password = PASSWORD): Promise<void> {
  await someone.person.open(url);
  await someone.person.register(someone.name, password);
}

/** The inviter hands the other a link, who accepts it; both then see each other online. */
export async function befriend(inviter: Someone, invited: Someone): Promise<void> {
  const link = await inviter.person.invite();
  await invited.person.accept(link);
  await inviter.person.expectPresence(invited.name, 'online');
  await invited.person.expectPresence(inviter.name, 'online');
}

/** The founder makes a group and hands out a link; the others come by it. */
export async function gather(founder: Someone, group: string, ...others: readonly Someone[]): Promise<void> {
  await founder.person.createGroup(group);
  const link = await founder.person.makeGroupLink(group);
  for (const { person } of others) {
    await person.joinGroup(link);
    await person.expectGroupPhase(group, 'active');
  }
  const names = [founder, ...others].map(({ name }) => name);
  for (const { person } of [founder, ...others]) await person.expectMembers(group, names);
}

/** Reads the QR code in a picture as a phone's camera would; somebody's browser serves as the eye. */
export async function scan(picture: Buffer, eye: Page): Promise<string> {
  const sheet = await eye.context().newPage();
  const { width, height, pixels } = await sheet.evaluate(async (encoded) => {
    const image = new Image();
    image.src = `data:image/png;base64,${encoded}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('No canvas.');
    context.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, pixels: Array.from(context.getImageData(0, 0, image.width, image.height).data) };
  }, picture.toString('base64'));
  await sheet.close();
  return jsqr(new Uint8ClampedArray(pixels), width, height)?.data ?? 'no code found';
}
