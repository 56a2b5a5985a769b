/** The verbs of calls, as a person does them; a part of person.ts. */
import { expect, type Locator, type Page } from '@playwright/test';
import type { Words } from '../../src/i18n/en.ts';

export type CallMedia = 'voice' | 'video';
export type CallDevice = 'microphone' | 'camera';

export interface CallingOptions {
  /** Voice unless told. */
  readonly media?: CallMedia;
}

interface WaitOptions {
  /** Instead of the person's own, in milliseconds. */
  readonly timeout?: number;
}

/** What of a person calls are made with. */
export interface Caller {
  readonly page: Page;
  words(): Promise<Words>;
  openChat(name: string): Promise<void>;
}

/** A moving picture as somebody looking at it would describe it. */
export interface SeenPicture {
  readonly width: number;
  readonly height: number;
  /** How many different colours stand in it, of those a coarse eye tells apart: 1 is a blank. */
  readonly colours: number;
}

export class PersonCalls {
  readonly #caller: Caller;
  readonly #timeout: number;

  constructor(caller: Caller, timeout: number) {
    this.#caller = caller;
    this.#timeout = timeout;
  }

  // ————— coming and going —————

  /** Calls a contact or a group from the talk with them, looking at oneself first. Waits until the call is on the screen. */
  async call(name: string, options: CallingOptions = {}): Promise<void> {
    const before = await this.prepare(name, options);
    await this.confirm(before);
    await this.expectCall(name);
  }

  /** Goes so far as to look at oneself; gives the dialog this happens in. */
  async prepare(name: string, { media = 'voice' }: CallingOptions = {}): Promise<Locator> {
    await this.#caller.openChat(name);
    const words = await this.#words();
    const chat = this.#page.getByRole('main', { name, exact: true });
    await chat.getByRole('button', { name: words.begin[media], exact: true }).click();
    const before = this.#page.getByRole('dialog', { name: words.before.title[media](name), exact: true });
    await expect(before).toBeVisible(this.#within());
    return before;
  }

  /** Says yes to the question `prepare` gave. */
  async confirm(before: Locator): Promise<void> {
    const words = (await this.#words()).before;
    const ways = [words.call, words.start, words.join].map((each) => before.getByRole('button', { name: each, exact: true }));
    const [call, start, join] = ways as [Locator, Locator, Locator];
    await call.or(start).or(join).click();
  }

  /** Waits until somebody is seen to call. */
  async expectRinging(name: string, { media = 'voice', ...options }: CallingOptions & WaitOptions = {}): Promise<Locator> {
    const words = await this.#words();
    const ringing = this.#page.getByRole('alertdialog', { name: words.ringing.region, exact: true });
    await expect(ringing).toHaveAccessibleDescription(words.ringing[media](name), this.#within(options));
    return ringing;
  }

  async expectNotRinging(options: WaitOptions = {}): Promise<void> {
    const words = await this.#words();
    await expect(this.#page.getByRole('alertdialog', { name: words.ringing.region, exact: true })).toHaveCount(0, this.#within(options));
  }

  /** Answers whoever calls; a call with video may be answered by voice only. */
  async answer(name: string, { media = 'voice', with: own = media }: CallingOptions & { readonly with?: CallMedia } = {}): Promise<void> {
    const ringing = await this.expectRinging(name, { media });
    const words = (await this.#words()).ringing;
    const button = media === 'voice' ? words.answer : own === 'video' ? words.answerVideo : words.answerVoice;
    await ringing.getByRole('button', { name: button, exact: true }).click();
    await this.expectCall(name);
  }

  async decline(name: string, options: CallingOptions = {}): Promise<void> {
    const ringing = await this.expectRinging(name, options);
    await ringing.getByRole('button', { name: (await this.#words()).ringing.decline, exact: true }).click();
    await this.expectNotRinging();
  }

  async hangUp(): Promise<void> {
    await this.#control((words) => words.hangUp);
  }

  /** Gives up a call nobody has answered. */
  async giveUp(): Promise<void> {
    await this.#control((words) => words.giveUp);
  }

  /** Leaves a call of a group. */
  async leave(): Promise<void> {
    await this.#control((words) => words.leave);
  }

  /** Waits until the call with somebody fills the screen, and gives it. */
  async expectCall(name: string, options: WaitOptions = {}): Promise<Locator> {
    const screen = this.#page.getByRole('dialog', { name: (await this.#words()).screen.region(name), exact: true });
    await expect(screen).toBeVisible(this.#within(options));
    return screen;
  }

  /** Waits until the call says something of itself: that it rings, that it reconnects. */
  async expectState(state: (words: Words['calls']['screen']) => string, options: WaitOptions = {}): Promise<void> {
    const said = state((await this.#words()).screen);
    await expect(this.#page.getByRole('status').filter({ hasText: said }).first()).toBeVisible(this.#within(options));
  }

  /** Waits until the call stands above the talk in one line. */
  async expectSmall(name: string, options: WaitOptions = {}): Promise<void> {
    const words = await this.#words();
    const bar = this.#page.getByRole('region', { name: words.screen.region(name), exact: true });
    await expect(bar).toBeVisible(this.#within(options));
  }

  /** Waits until the call is connected: its time runs. */
  async expectTalking(options: WaitOptions = {}): Promise<void> {
    await expect(this.#page.getByRole('timer')).toBeVisible(this.#within(options));
  }

  /** Waits until the call is over, and it is said why. */
  async expectOver(why: (words: Words['calls']['over']) => string, options: WaitOptions = {}): Promise<void> {
    await this.#page
      .getByRole('dialog')
      .getByRole('status')
      .filter({ hasText: why((await this.#words()).over) })
      .waitFor(this.#within(options));
  }

  /** Puts the call that is over away. */
  async close(): Promise<void> {
    const words = (await this.#words()).over;
    await this.#page.getByRole('button', { name: words.close, exact: true }).click();
    await this.expectNoCall();
  }

  /** Waits until there is nothing of a call on the screen. */
  async expectNoCall(options: WaitOptions = {}): Promise<void> {
    const words = await this.#words();
    const screen = this.#page.locator('[data-call]');
    const ringing = this.#page.getByRole('alertdialog', { name: words.ringing.region, exact: true });
    await expect(screen.or(ringing)).toHaveCount(0, this.#within(options));
  }

  // ————— what stays —————

  /** Waits until the newest call in the talk with somebody is entered so. */
  async expectEntry(
    name: string,
    entry: string | RegExp | ((words: Words['calls']['entry']) => string),
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#caller.openChat(name);
    const said = typeof entry === 'function' ? entry((await this.#words()).entry) : entry;
    await expect(this.#entries(name).last()).toContainText(said, this.#within(options));
  }

  /** Calls back from the newest entry in the talk with somebody. */
  async callBack(name: string): Promise<void> {
    await this.#caller.openChat(name);
    const words = await this.#words();
    await this.#page.getByRole('button', { name: words.entry.callBack, exact: true }).last().click();
    const before = this.#page.getByRole('dialog').filter({ has: this.#page.getByRole('button', { name: words.before.call, exact: true }) });
    await this.confirm(before);
    await this.expectCall(name);
  }

  // ————— in it —————

  async mute(): Promise<void> {
    await this.#control((words) => words.mute);
    await this.#expectControl((words) => words.unmute);
  }

  async unmute(): Promise<void> {
    await this.#control((words) => words.unmute);
    await this.#expectControl((words) => words.mute);
  }

  async cameraOn(): Promise<void> {
    await this.#control((words) => words.cameraOn);
    await this.#expectControl((words) => words.cameraOff);
  }

  async cameraOff(): Promise<void> {
    await this.#control((words) => words.cameraOff);
    await this.#expectControl((words) => words.cameraOn);
  }

  async shareScreen(): Promise<void> {
    await this.#control((words) => words.share);
    await this.#expectControl((words) => words.stopSharing);
  }

  async stopSharing(): Promise<void> {
    await this.#toolbar((words) => words.stopSharing).then((button) => button.click());
    await this.#expectControl((words) => words.share);
  }

  /** Waits until somebody's tile says they are muted, or not. */
  async expectMuted(name: string, isMuted = true, options: WaitOptions = {}): Promise<void> {
    const tile = this.#tile(name);
    const sign = tile.getByRole('img', { name: (await this.#words()).person.muted, exact: true });
    await expect(sign).toHaveCount(isMuted ? 1 : 0, this.#within(options));
  }

  /** Uses another microphone or camera, in a call; gives the name of the one that is used now. */
  async switchDevice(kind: CallDevice): Promise<string> {
    const words = await this.#words();
    await this.#page.getByRole('button', { name: words.controls.more, exact: true }).click();
    await this.#page.getByRole('menuitem', { name: words.controls.devices, exact: true }).click();
    const sheet = this.#page.getByRole('dialog', { name: words.devices.open, exact: true });
    const field = sheet.getByRole('combobox', { name: words.devices[kind], exact: true });
    const names = await field.getByRole('option').allTextContents();
    const chosen = names.at(-1) ?? '';
    await field.selectOption({ label: chosen });
    await sheet.getByRole('button', { name: (await this.#caller.words()).close, exact: true }).click();
    await expect(sheet).toHaveCount(0, this.#within());
    return chosen;
  }

  /** Waits until somebody's picture (or `screen`) stands there and is no blank; gives what is seen. */
  async expectPicture(name: string, what: 'camera' | 'screen' = 'camera', options: WaitOptions = {}): Promise<SeenPicture> {
    const video = await this.#video(name, what);
    await expect.poll(async () => (await look(video))?.colours ?? 0, this.#within(options)).toBeGreaterThan(3);
    const seen = await look(video);
    if (!seen) throw new Error(`The picture of ${name} is gone again.`);
    return seen;
  }

  /** Waits until the picture of somebody is not there. */
  async expectNoPicture(name: string, what: 'camera' | 'screen' = 'camera', options: WaitOptions = {}): Promise<void> {
    await expect(await this.#video(name, what)).toHaveCount(0, this.#within(options));
  }

  // ————— finding —————

  get #page(): Page {
    return this.#caller.page;
  }

  async #words(): Promise<Words['calls']> {
    return (await this.#caller.words()).calls;
  }

  #entries(name: string): Locator {
    return this.#page.getByRole('main', { name, exact: true }).getByRole('note');
  }

  async #toolbar(label: (words: Words['calls']['controls']) => string): Promise<Locator> {
    const words = (await this.#words()).controls;
    return this.#page.getByRole('toolbar', { name: words.region, exact: true }).getByRole('button', { name: label(words), exact: true });
  }

  async #control(label: (words: Words['calls']['controls']) => string): Promise<void> {
    await (await this.#toolbar(label)).click();
  }

  async #expectControl(label: (words: Words['calls']['controls']) => string): Promise<void> {
    await expect(await this.#toolbar(label)).toBeVisible(this.#within());
  }

  #tile(name: string): Locator {
    return this.#page.locator('[data-call]').getByRole('group', { name, exact: true });
  }

  async #video(name: string, what: 'camera' | 'screen'): Promise<Locator> {
    const words = (await this.#words()).screen;
    const label = what === 'screen' ? words.screenOf(name) : words.pictureOf(name);
    return this.#page.locator('[data-call] video').and(this.#page.getByLabel(label, { exact: true }));
  }

  #within({ timeout }: WaitOptions = {}): { readonly timeout: number } {
    return { timeout: timeout ?? this.#timeout };
  }
}

/** Undefined where there is no picture to be looked at yet. */
async function look(video: Locator): Promise<SeenPicture | undefined> {
  if ((await video.count()) === 0) return undefined;
  return video.evaluate((element) => {
    const { videoWidth: width, videoHeight: height } = element as HTMLVideoElement;
    if (width === 0 || height === 0) return undefined;
    const canvas = new OffscreenCanvas(32, 24);
    const context = canvas.getContext('2d');
    if (!context) return undefined;
    context.drawImage(element as HTMLVideoElement, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set<string>();
    for (let at = 0; at < data.length; at += 4)
      colours.add([data[at], data[at + 1], data[at + 2]].map((part) => (part ?? 0) >> 5).join(' '));
    return { width, height, colours: colours.size };
  });
}
