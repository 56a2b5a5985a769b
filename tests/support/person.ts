/**
 * One person at one tab of Parley, driven the way a person drives it: by what is written on buttons and fields, as a
 * screen reader would name them, in whichever language the page is in at the moment.
 *
 * It takes a Playwright `Page` and needs nothing else: no test runner, no hooks in the app. Verbs wait until what they do
 * has visibly happened, and throw when it does not within `timeout`. Those named `expect…` only look; those named `try…`
 * do not ask for success.
 *
 *   const alice = new Person(page);
 *   await alice.open('http://localhost:8080/');
 *   await alice.register('alice', 'a password of several words');
 *   const link = await alice.invite();
 *   …
 *   await alice.send('bob', 'hello');
 *   await alice.expectStatus('hello', 'delivered');
 */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { expect, type FileChooser, type Locator, type Page } from '@playwright/test';
import type { Words } from '../../src/i18n/en.ts';
import { makeFormat } from '../../src/i18n/format.ts';
import { LANGUAGE_NAMES, LANGUAGES, type LanguageName } from '../../src/i18n/languages.ts';
import { PersonCalls } from './person-calls.ts';

export type PresenceChoice = 'online' | 'away' | 'busy' | 'invisible';
export type PresenceShown = 'online' | 'away' | 'busy' | 'offline';
export type MessageStatus = 'queued' | 'sent' | 'delivered';
export type ThemeChoice = 'light' | 'dark' | 'system';
export type LinkShown = 'none' | 'connecting' | 'direct' | 'relayed';
export type ConnectionShown = 'online' | 'connecting' | 'offline';

export type MuteLength = 'tenMinutes' | 'hour' | 'day' | 'forGood';
export type GroupPhaseShown = 'active' | 'joining' | 'applied' | 'left' | 'removed' | 'disbanded' | 'declined';
/** What new members see of what was said before: a number is that many days. */
export type HistoryChoice = 'none' | 'since-joining' | 'all' | number;

/** What opens a backup: the password it was made with, or the account's words and a password to be. */
export type RestoreKey = { readonly password: string } | { readonly words: readonly string[]; readonly newPassword: string };

export interface PersonOptions {
  /** How long anything may take to show, in milliseconds. The password hash on a busy machine is the slowest of it. */
  readonly timeout?: number;
}

export interface WaitOptions {
  /** Instead of the person's own, in milliseconds. */
  readonly timeout?: number;
}

/** Something to be sent: the path of a file on this disk, or its bytes. What is not on disk has at most 50 MB (Playwright). */
export type SentFile = string | { readonly name: string; readonly mime: string; readonly bytes: Uint8Array };

export interface SendingOptions {
  /** Words that go with the first. */
  readonly caption?: string;
  /** Pictures go exactly as they are. */
  readonly original?: boolean;
}

/** One line of a talk: what somebody said, or, with nobody it is by, what the talk tells. */
export interface TalkLine {
  /** As they are called there; oneself by the word for it. */
  readonly by: string | undefined;
  readonly text: string;
}

/** The same as it stands in the page. `label`: of a message, who said it when. */
interface ShownLine {
  readonly label: string | undefined;
  readonly time: string;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 20_000;

export class Person {
  readonly page: Page;
  /** What can be done in calls. */
  readonly calls: PersonCalls;
  readonly #timeout: number;

  constructor(page: Page, options: PersonOptions = {}) {
    this.page = page;
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
    this.calls = new PersonCalls(this, this.#timeout);
    page.setDefaultTimeout(this.#timeout);
  }

  // ————— the page and its language —————

  /** Goes to an address (the app's own, or an invite's) and waits until something can be done there. */
  async open(url: string): Promise<void> {
    // An invite differs from the app's address only in its fragment; going there must still load the page.
    if (this.page.url() !== 'about:blank') await this.page.goto('about:blank');
    await this.page.goto(url);
    await this.#ready();
  }

  /** Loads the page again. Who was in is in again, unless they set Parley to ask every time. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  /** The language the page is in. */
  async language(): Promise<LanguageName> {
    const tag = await this.page.locator('html').getAttribute('lang');
    return LANGUAGE_NAMES.find((name) => LANGUAGES[name].tag === tag) ?? 'en';
  }

  /** Everything Parley says, in the page's language. */
  async words(): Promise<Words> {
    return LANGUAGES[await this.language()].words;
  }

  async setLanguage(language: LanguageName): Promise<void> {
    if ((await this.language()) !== language) await this.#choose((words) => words.language.label, LANGUAGES[language].ownName);
    await expect(this.page.locator('html')).toHaveAttribute('lang', LANGUAGES[language].tag);
  }

  /** Only those who are in can choose one. */
  async setTheme(theme: ThemeChoice): Promise<void> {
    await this.#choose((words) => words.theme.label, (await this.words()).theme[theme]);
    await expect(this.page.locator('html')).toHaveAttribute('data-theme', theme);
  }

  /** Waits until the page shows a sentence, given as text, as a pattern, or as which of Parley's own. */
  async expectToRead(sentence: string | RegExp | ((words: Words) => string), options: WaitOptions = {}): Promise<void> {
    const text = typeof sentence === 'function' ? sentence(await this.words()) : sentence;
    await expect(this.page.getByText(text).filter({ visible: true }).first()).toBeVisible(this.#within(options));
  }

  // ————— coming in and going —————

  /** Makes an account and goes in, writing the 24 words down and giving back those that are asked. Returns the words. */
  async register(userName: string, password: string): Promise<readonly string[]> {
    const phrase = await this.registerUpToWords(userName, password);
    await this.giveBackWords(phrase);
    await this.expectInside();
    return phrase;
  }

  /** Goes to the form for a new account, from wherever one stands outside. */
  async beginRegistration(): Promise<void> {
    const words = await this.words();
    const form = this.page.getByRole('heading', { name: words.register.title });
    const ways = [words.entrance.create, words.logIn.create].map((name) => this.page.getByRole('button', { name, exact: true }));
    const [welcome, logIn] = ways as [Locator, Locator];
    await expect(form.or(welcome).or(logIn).first()).toBeVisible(this.#within());
    if (!(await form.isVisible())) await welcome.or(logIn).first().click();
    await expect(form).toBeVisible(this.#within());
  }

  async typeUserName(userName: string): Promise<void> {
    await this.#field((words) => words.register.userName).then((field) => field.fill(userName));
  }

  async typePassword(password: string): Promise<void> {
    await this.#field((words) => words.register.password).then((field) => field.fill(password));
  }

  async submitRegistration(): Promise<void> {
    await this.#press((words) => words.register.submit);
  }

  /** As `register`, stopping where the 24 words are shown; returns them. */
  async registerUpToWords(userName: string, password: string): Promise<readonly string[]> {
    await this.beginRegistration();
    await this.typeUserName(userName);
    await this.typePassword(password);
    await this.submitRegistration();
    const list = this.page.getByRole('list', { name: (await this.words()).phrase.list });
    await expect(list).toBeVisible(this.#within());
    // The numbers before the words are for the eye; the word itself is what stands in bold.
    return list.getByRole('listitem').locator('b').allTextContents();
  }

  /** Says the words are written down, and types those that are asked, taken from the phrase given. */
  async giveBackWords(phrase: readonly string[]): Promise<void> {
    const words = await this.words();
    const check = this.page.getByRole('button', { name: words.phrase.check, exact: true });
    const saved = this.page.getByRole('button', { name: words.phrase.saved, exact: true });
    await expect(check.or(saved)).toBeVisible(this.#within());
    if (await saved.isVisible()) await saved.click();
    await expect(check).toBeVisible(this.#within());
    for (const [index, word] of phrase.entries()) {
      const field = this.page.getByRole('textbox', { name: words.phrase.position(index + 1), exact: true });
      if (await field.isVisible()) await field.fill(word);
    }
    await check.click();
  }

  /**
   * Logs in with name and password; where only the password is asked (the account was locked), with that; and where a log-in
   * that lasts has let them in already, there is nothing to do.
   */
  async login(userName: string, password: string): Promise<void> {
    if (!(await this.#isInside())) await this.tryToLogIn(userName, password);
    await this.expectInside();
  }

  async tryToLogIn(userName: string, password: string): Promise<void> {
    const words = await this.words();
    const goToForm = this.page.getByRole('button', { name: words.entrance.logIn, exact: true });
    const passwordField = this.page.getByLabel(words.logIn.password, { exact: true });
    await expect(passwordField.or(goToForm).first()).toBeVisible(this.#within());
    if (!(await passwordField.isVisible())) await goToForm.click();
    const nameField = this.page.getByLabel(words.logIn.userName, { exact: true });
    if (await nameField.isVisible()) await nameField.fill(userName);
    await passwordField.fill(password);
    await passwordField.press('Enter');
  }

  async lock(): Promise<void> {
    await this.#chooseInMenu((words) => words.menu.lock);
    await this.expectNotInside();
  }

  /** Opens a locked account: only the password is asked. */
  async unlock(password: string): Promise<void> {
    await this.tryToUnlock(password);
    await this.expectInside();
  }

  async tryToUnlock(password: string): Promise<void> {
    const field = await this.#field((words) => words.logIn.password);
    await field.fill(password);
    await this.#press((words) => words.logIn.unlock);
  }

  async logOut(): Promise<void> {
    await this.#chooseInMenu((words) => words.menu.logOut);
    const words = await this.words();
    await this.page.getByRole('alertdialog').getByRole('button', { name: words.logOut.confirm, exact: true }).click();
    await this.expectNotInside();
  }

  /** Waits until the conversations are there to be seen. */
  async expectInside(options: WaitOptions = {}): Promise<void> {
    await expect(await this.#list()).toBeVisible(this.#within(options));
  }

  async expectNotInside(options: WaitOptions = {}): Promise<void> {
    await expect(await this.#list()).toBeHidden(this.#within(options));
  }

  /** In a second tab: takes the account over from the first. */
  async useHere(): Promise<void> {
    await this.#press((words) => words.elsewhere.useHere);
  }

  /** In a second tab: leaves the account where it is. */
  async stayElsewhere(): Promise<void> {
    await this.#press((words) => words.elsewhere.back);
  }

  // ————— meeting —————

  /** Opens the invitation sheet, and returns the link on it. */
  async showInvite(): Promise<string> {
    const link = await this.#inviteLink();
    if (!(await link.isVisible())) await this.#begin((words) => words.menu.invite);
    await expect(link).toHaveValue(/#/, this.#within());
    return link.inputValue();
  }

  /** Makes an invite, copies its link to hand it to somebody, and returns it. */
  async invite(): Promise<string> {
    const address = await this.showInvite();
    const link = await this.#inviteLink();
    await link.press('ControlOrMeta+a');
    await link.press('ControlOrMeta+c');
    await this.closeDialog();
    return address;
  }

  /** Makes an invite and holds its QR code up to be scanned: a PNG picture, and the link beside it. */
  async inviteByCode(): Promise<{ readonly picture: Buffer; readonly link: string }> {
    const link = await this.showInvite();
    const picture = await this.page.getByRole('img', { name: (await this.words()).invite.qr }).screenshot();
    await this.closeDialog();
    return { picture, link };
  }

  /** Opens an invite link and accepts. Returns once that is done here; the other side then has to confirm. */
  async accept(link: string): Promise<void> {
    await this.openInvite(link);
    await this.acceptShownInvite();
  }

  /** Opens an invite link and declines; or, given a group and somebody who applied to it, does not let them in. */
  async decline(linkOrGroup: string, applicant?: string): Promise<void> {
    if (applicant !== undefined) {
      await this.#answerApplication(linkOrGroup, (words) => words.decline(applicant));
      return;
    }
    await this.openInvite(linkOrGroup);
    await this.#answerInvite((words) => words.accept.decline);
  }

  /** Opens an invite link in the tab where Parley is open already. (Where it is not, `open` does.) */
  async openInvite(link: string): Promise<void> {
    await this.page.goto(link);
    await expect(await this.#invitation()).toBeVisible(this.#within());
  }

  /** Pastes what is supposed to be an invite link, and has it read. */
  async pasteInvite(link: string): Promise<void> {
    const words = await this.words();
    const dialog = this.page.getByRole('dialog', { name: words.invite.title, exact: true });
    if (!(await dialog.isVisible())) await this.showInvite();
    await dialog.getByRole('textbox', { name: words.invite.paste, exact: true }).fill(link);
    await dialog.getByRole('button', { name: words.invite.read, exact: true }).click();
  }

  /** Says yes to the invite on the screen: one that was pasted, or that the page was opened with. */
  async acceptShownInvite(): Promise<void> {
    await this.#answerInvite((words) => words.accept.accept);
  }

  /** Removes somebody, with all that was said. */
  async removeContact(name: string): Promise<void> {
    const panel = await this.openContactInfo(name);
    const words = (await this.words()).contact;
    await panel.getByRole('button', { name: words.remove, exact: true }).click();
    await this.page.getByRole('alertdialog').getByRole('button', { name: words.removeConfirm, exact: true }).click();
    await expect(await this.#row(name)).toHaveCount(0, this.#within());
  }

  /** Waits until exactly these are in the list, in any order; those whose word is still out do not count. */
  async expectContacts(...names: readonly string[]): Promise<void> {
    const { waiting } = (await this.words()).list;
    const confirmed = (await this.#list()).getByRole('listitem').filter({ hasNotText: waiting });
    await expect(confirmed).toHaveCount(names.length, this.#within());
    for (const name of names) await expect(await this.#row(name)).toBeVisible(this.#within());
  }

  /** Opens what is known of somebody, and returns the place on the screen. */
  async openContactInfo(name: string): Promise<Locator> {
    await this.openChat(name);
    const words = await this.words();
    const panel = this.page.getByRole('complementary', { name: words.contact.region, exact: true });
    if (!(await panel.isVisible())) await this.#press((all) => all.chat.info);
    await expect(panel).toBeVisible(this.#within());
    return panel;
  }

  async closeContactInfo(): Promise<void> {
    await this.#press((words) => words.contact.close);
  }

  /** Waits until the link with somebody is as said: direct, relayed, or not there. */
  async expectLink(name: string, link: LinkShown, options: WaitOptions = {}): Promise<void> {
    const panel = await this.openContactInfo(name);
    await expect(panel.getByText((await this.words()).link[link], { exact: true })).toBeVisible(this.#within(options));
  }

  // ————— being seen —————

  async setPresence(presence: PresenceChoice): Promise<void> {
    const words = (await this.words()).presence;
    const button = this.page.getByRole('button', { name: `${words.menu}:` });
    await button.click();
    await this.page.getByRole('menuitemradio', { name: startingWith(words[presence]) }).click();
    await expect(button).toHaveAccessibleName(`${words.menu}: ${words[presence]}`, this.#within());
  }

  /** Waits until the list shows somebody so. */
  async expectPresence(name: string, presence: PresenceShown, options: WaitOptions = {}): Promise<void> {
    const word = (await this.words()).presence[presence];
    await expect(await this.#row(name)).toHaveAccessibleDescription(new RegExp(`${word}$`), this.#within(options));
  }

  /** Waits until Parley says so of its connection to the server. */
  async expectConnection(connection: ConnectionShown, options: WaitOptions = {}): Promise<void> {
    const words = (await this.words()).connection;
    const status = this.page.getByRole('status', { name: words.label, exact: true });
    await expect(status).toHaveText(words[connection], this.#within(options));
  }

  /** Has the server asked now rather than when Parley would ask again, and waits until it is there. */
  async tryNow(options: WaitOptions = {}): Promise<void> {
    const words = (await this.words()).connection;
    const button = this.page.getByRole('button', { name: words.tryNow, exact: true });
    const online = this.page.getByRole('status', { name: words.label, exact: true }).getByText(words.online, { exact: true });
    await expect(button.or(online).first()).toBeVisible(this.#within(options));
    if (await button.isVisible()) await button.click();
    await this.expectConnection('online', options);
  }

  // ————— talking —————

  async openChat(name: string): Promise<void> {
    const chat = this.page.getByRole('main', { name, exact: true });
    if (await chat.isVisible()) return;
    if (await this.#isOpen(name)) {
      await this.#uncoverTalk();
    } else {
      await this.#goToList();
      await (await this.#row(name)).click();
    }
    await expect(chat).toBeVisible(this.#within());
  }

  /** The field in which a message is written. */
  async composer(): Promise<Locator> {
    return this.page.getByRole('textbox', { name: (await this.words()).composer.label, exact: true });
  }

  /** Writes a message without sending it. */
  async typeDraft(to: string, text: string): Promise<void> {
    await this.openChat(to);
    await (await this.composer()).fill(text);
  }

  /** Enter. */
  async pressSend(): Promise<void> {
    await (await this.composer()).press('Enter');
  }

  /** Writes, presses Enter, and waits until the message stands in the talk. */
  async send(to: string, text: string): Promise<void> {
    await this.typeDraft(to, text);
    await this.pressSend();
    await expect(await this.message('me', text)).toBeVisible(this.#within());
  }

  /** The newest message with this text, by somebody or, with `me`, one's own, in the open talk. */
  async message(author: string, text: string): Promise<Locator> {
    const words = await this.words();
    const by = words.chat.messageBy(author === 'me' ? words.chat.you : author, '').trim();
    return this.#log(words)
      .getByRole('article', { name: startingWith(by) })
      .filter({ has: this.page.getByText(text, { exact: true }) })
      .last();
  }

  /** Opens the talk with somebody and waits until they have said this. */
  async expectMessage(from: string, text: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(from);
    await expect(await this.message(from, text)).toBeVisible(this.#within(options));
  }

  /** Waits until an own message in the open talk has got so far. */
  async expectStatus(text: string, status: MessageStatus, options: WaitOptions = {}): Promise<void> {
    const said = (await this.words()).chat.status[status];
    const message = await this.message('me', text);
    await expect(message.getByRole('img', { name: said, exact: true })).toBeVisible(this.#within(options));
  }

  /** Waits until the list says that this many of somebody's messages are unread. */
  async expectUnread(from: string, count: number, options: WaitOptions = {}): Promise<void> {
    const badge = (await this.#row(from)).getByRole('img');
    if (count === 0) await expect(badge).toHaveCount(0, this.#within(options));
    else await expect(badge).toHaveAccessibleName((await this.words()).list.unread(count), this.#within(options));
  }

  /** Everything said with somebody so far, oldest first: reads the talk from its beginning to its end, as it is shown. */
  async messages(name: string): Promise<readonly string[]> {
    const lines = await this.#readTalk(name, (words) => words.chat.beginning(name));
    return lines.filter(({ by }) => by !== undefined).map(({ text }) => text);
  }

  async #readTalk(name: string, beginning: (words: Words) => string): Promise<readonly TalkLine[]> {
    await this.openChat(name);
    const words = await this.words();
    const log = this.#log(words);
    const top = log.getByText(beginning(words), { exact: true });
    await expect(log).toBeVisible(this.#within());
    await expect
      .poll(async () => {
        await log.evaluate((area) => area.scrollTo({ top: 0 }));
        return top.isVisible();
      }, this.#within())
      .toBe(true);
    const said = await readFromTop(log);
    const isBy = (label: string, time: string) => label.slice(0, label.length - words.chat.messageBy('', time).length);
    return said.map(({ label, time, text }) => ({ by: label === undefined ? undefined : isBy(label, time), text }));
  }

  // ————— files —————

  /** Puts files on the tray of a talk through the browser's own dialog, without sending them. */
  async attachFiles(to: string, files: SentFile | readonly SentFile[], kind: 'media' | 'file' = 'file'): Promise<void> {
    await this.openChat(to);
    const all = listed(files);
    const chooser = await this.#chooseAttachment((words) => words[kind]);
    const paths = all.filter((file) => typeof file === 'string');
    if (paths.length === all.length) await chooseFromDisk(chooser, paths);
    else
      await chooser.setFiles(
        all.flatMap((file) =>
          typeof file === 'string' ? [] : [{ name: file.name, mimeType: file.mime, buffer: Buffer.from(file.bytes) }],
        ),
      );
    for (const file of all) await expect(await this.#onTray(nameOfSent(file))).toBeVisible(this.#within());
  }

  /** Sends files, all paths or all bytes, and waits until each stands in the talk. */
  async sendFile(to: string, files: SentFile | readonly SentFile[], options: SendingOptions & WaitOptions = {}): Promise<void> {
    await this.attachFiles(to, files);
    await this.sendTray(options);
    for (const file of listed(files)) await expect(await this.fileMessage(nameOfSent(file))).toBeVisible(this.#within(options));
  }

  /** Sends a folder of this disk with all in it, and waits until it stands in the talk as one archive. */
  async sendFolder(to: string, path: string, options: SendingOptions & WaitOptions = {}): Promise<void> {
    await this.openChat(to);
    await (await this.#chooseAttachment((words) => words.folder)).setFiles(path);
    await expect(await this.#onTray(basename(path))).toBeVisible(this.#within(options));
    await this.sendTray(options);
    await expect(await this.fileMessage(`${basename(path)}.zip`)).toBeVisible(this.#within(options));
  }

  /** Pastes files into a talk, as the clipboard gives them; they lie on the tray then. */
  async pasteFile(to: string, files: SentFile | readonly SentFile[]): Promise<void> {
    await this.openChat(to);
    await this.#transfer(await this.composer(), files, ['paste']);
    await expect(await this.#tray()).toBeVisible(this.#within());
  }

  /** Drags files over a talk and drops them where it says so; they lie on the tray then. */
  async dropFiles(to: string, files: SentFile | readonly SentFile[]): Promise<void> {
    await this.openChat(to);
    const { drop } = (await this.words()).sending;
    await this.#transfer(this.page.getByRole('main', { name: to, exact: true }), files, ['dragenter']);
    const zone = this.page.getByText(drop.title(to), { exact: true });
    await expect(zone).toBeVisible(this.#within());
    await this.#transfer(zone, files, ['dragover', 'drop']);
    await expect(await this.#tray()).toBeVisible(this.#within());
  }

  /** Takes something off the tray. */
  async removeFromTray(name: string): Promise<void> {
    await this.#press((words) => words.sending.tray.remove(name));
    await expect(await this.#onTray(name)).toHaveCount(0, this.#within());
  }

  /** Sends what lies on the tray of the open talk, with a caption or what is written there. */
  async sendTray({ caption, original, ...options }: SendingOptions & WaitOptions = {}): Promise<void> {
    const tray = await this.#tray();
    const choice = tray.getByRole('checkbox', { name: (await this.words()).sending.tray.original, exact: true });
    if (original !== undefined) await choice.setChecked(original);
    if (caption !== undefined) await (await this.composer()).fill(caption);
    await this.pressSend();
    await expect(tray).toHaveCount(0, this.#within(options));
  }

  /** Waits until something lies on the tray again because it could not be sent, and it is said why. */
  async expectNotSent(name: string, why: (words: Words['sending']['failures']) => string, options: WaitOptions = {}): Promise<void> {
    const { failures } = (await this.words()).sending;
    await expect((await this.#tray()).getByRole('alert').filter({ hasText: name })).toContainText(why(failures), this.#within(options));
  }

  /** The newest message with this file in the open talk. */
  async fileMessage(name: string): Promise<Locator> {
    const words = await this.words();
    const titled = this.page.getByTitle(name, { exact: true });
    const shown = [words.files.kinds.picture, words.files.kinds.video].map((kind) =>
      this.page.getByRole('button', { name: words.files.named(kind, name), exact: true }),
    );
    return this.#log(words)
      .getByRole('article')
      .filter({ has: shown.reduce((all, each) => all.or(each), titled) })
      .last();
  }

  /** Waits until a file stands in the open talk; with `complete`, until all of it is here, or, without, until some of it is not. */
  async expectFile(name: string, { complete, ...options }: { readonly complete?: boolean } & WaitOptions = {}): Promise<void> {
    const message = await this.fileMessage(name);
    await expect(message).toBeVisible(this.#within(options));
    if (complete === undefined) return;
    const { act } = (await this.words()).files;
    if (complete) {
      await this.#openMenuOf(message);
      // The menu follows what becomes of the file: what is here can be saved.
      await expect(this.page.getByRole('menuitem', { name: act.save, exact: true })).toBeVisible(this.#within(options));
      await this.page.keyboard.press('Escape');
      await expect(this.page.getByRole('menu')).toHaveCount(0, this.#within());
    } else {
      const ways = [act.download, act.again, act.retry, act.pause, act.resume, act.cancel].map((way) =>
        message.getByRole('button', { name: act.of(way, name), exact: true }),
      );
      const [first, ...others] = ways as [Locator, ...Locator[]];
      await expect(others.reduce((all, way) => all.or(way), first).first()).toBeVisible(this.#within(options));
    }
  }

  /** How much of a file in the open talk is here, or, of an own one, with whoever takes it: 0 to 1. Waits until it is told. */
  async fileProgress(name: string): Promise<number> {
    const { act, state } = (await this.words()).files;
    const bar = (await this.fileMessage(name)).getByRole('progressbar', { name: act.of(state.progress, name), exact: true });
    return bar.evaluate((element: HTMLProgressElement) => element.value);
  }

  /** Asks for a file that waits for one's word. */
  async fetchFile(name: string): Promise<void> {
    await this.#actOnFile(name, (act) => act.download);
  }

  async pauseFile(name: string): Promise<void> {
    await this.#actOnFile(name, (act) => act.pause);
  }

  async resumeFile(name: string): Promise<void> {
    await this.#actOnFile(name, (act) => act.resume);
  }

  async cancelFile(name: string): Promise<void> {
    await this.#actOnFile(name, (act) => act.cancel);
  }

  /** Asks for a file if that is what it waits for, waits until all of it is here, saves it, and returns the path of what was saved. */
  async downloadFile(name: string, options: WaitOptions = {}): Promise<string> {
    const message = await this.fileMessage(name);
    await expect(message).toBeVisible(this.#within(options));
    const { act } = (await this.words()).files;
    const ask = message.getByRole('button', { name: act.of(act.download, name), exact: true });
    if (await ask.isVisible()) await ask.click();
    await this.expectFile(name, { complete: true, ...options });
    return this.saveFile(name, options);
  }

  /** Stops giving a file of one's own, by the list of all that is on its way. */
  async pauseGiving(name: string): Promise<void> {
    const { act, transfers } = (await this.words()).files;
    const region = this.page.getByRole('region', { name: transfers.region, exact: true });
    const line = region.getByTitle(transfers.show, { exact: true });
    await line.click();
    await region.getByRole('button', { name: act.of(act.pause, name), exact: true }).click();
    await expect((await this.fileMessage(name)).getByRole('button', { name: act.of(act.resume, name), exact: true })).toBeVisible(
      this.#within(),
    );
  }

  /** Waits until nothing flows in or out of this browser. */
  async expectNoTransfers(options: WaitOptions = {}): Promise<void> {
    const { transfers } = (await this.words()).files;
    await expect(this.page.getByRole('region', { name: transfers.region, exact: true })).toHaveCount(0, this.#within(options));
  }

  /** Asks again for a file that was given up here, or that stopped. */
  async fetchFileAgain(name: string, after: 'cancelled' | 'stopped'): Promise<void> {
    await this.#actOnFile(name, (act) => (after === 'cancelled' ? act.again : act.retry));
  }

  /** Saves a file that is here, and returns its path. Where the browser asks for a place itself, nobody answers it. */
  async saveFile(name: string, options: WaitOptions = {}): Promise<string> {
    const saved = this.page.waitForEvent('download', this.#within(options));
    await this.#chooseIn(await this.fileMessage(name), (await this.words()).files.act.save);
    return (await saved).path();
  }

  /** To one or more other talks. */
  async forwardFile(name: string, ...to: readonly string[]): Promise<void> {
    const words = (await this.words()).files;
    await this.#chooseIn(await this.fileMessage(name), words.act.forward);
    const dialog = this.page.getByRole('dialog', { name: words.forward.title, exact: true });
    for (const talk of to) await dialog.getByRole('checkbox', { name: talk, exact: true }).check();
    await dialog.getByRole('button', { name: words.forward.submit, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  /** Opens a picture or a video large, and returns the place on the screen. */
  async openPicture(name: string): Promise<Locator> {
    const { kinds, named } = (await this.words()).files;
    const message = await this.fileMessage(name);
    const [picture, video] = [kinds.picture, kinds.video].map((kind) =>
      message.getByRole('button', { name: named(kind, name), exact: true }),
    ) as [Locator, Locator];
    await picture.or(video).click();
    const dialog = this.page.getByRole('dialog', { name, exact: true });
    await expect(dialog).toBeVisible(this.#within());
    return dialog;
  }

  /** Opens all files of a talk, and returns the place on the screen. */
  async openMedia(talk: string): Promise<Locator> {
    await this.openChat(talk);
    const words = await this.words();
    const isGroup = await this.page
      .getByRole('main', { name: talk, exact: true })
      .getByRole('button', { name: startingWith(words.groups.chat.info) })
      .isVisible();
    if (isGroup) return this.openGroupInfo(talk, 'files');
    const panel = await this.openContactInfo(talk);
    await panel.getByRole('button', { name: words.files.media.title, exact: true }).click();
    return panel;
  }

  /** Opens what takes room in this browser, and returns the dialog. */
  async openStorage(): Promise<Locator> {
    await this.#chooseInMenu((words) => words.files.storage.menu);
    const dialog = this.page.getByRole('dialog', { name: (await this.words()).files.storage.title, exact: true });
    await expect(dialog).toBeVisible(this.#within());
    return dialog;
  }

  /** Chooses from which size on files wait to be asked for; bytes, one of the choices there are. */
  async askAbove(bytes: number): Promise<void> {
    const words = await this.words();
    const { storage } = words.files;
    const option = storage.above(makeFormat(LANGUAGES[await this.language()].tag).size(bytes));
    await (await this.openStorage()).getByLabel(storage.askAbove, { exact: true }).selectOption({ label: option });
    await this.closeDialog();
  }

  // ————— voice messages —————

  /** Records a voice message with the hands free for at least so many milliseconds, and sends it. */
  async recordVoice(to: string, length: number, options: WaitOptions = {}): Promise<void> {
    await this.beginVoice(to);
    const { voice } = (await this.words()).sending;
    const timer = (await this.#recorder()).getByRole('timer');
    const seconds = async () => (await timer.innerText()).split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    await expect.poll(seconds, { timeout: length + this.#timeout }).toBeGreaterThanOrEqual(Math.ceil(length / 1_000));
    await this.#press((words) => words.sending.voice.send);
    await expect(this.page.getByRole('button', { name: voice.record, exact: true })).toBeVisible(this.#within(options));
  }

  /** Begins to record with the hands free. */
  async beginVoice(to: string): Promise<void> {
    await this.openChat(to);
    await this.#press((words) => words.sending.voice.record);
    await expect((await this.#recorder()).getByRole('timer')).toBeVisible(this.#within());
  }

  async discardVoice(): Promise<void> {
    await this.#press((words) => words.sending.voice.discard);
    await expect(await this.#recorder()).toHaveCount(0, this.#within());
  }

  /** Waits until it is said why no voice can be recorded. */
  async expectNoVoice(why: (failures: Words['sending']['voice']['failures']) => string, options: WaitOptions = {}): Promise<void> {
    const { failures } = (await this.words()).sending.voice;
    await expect(this.page.getByRole('alert').filter({ hasText: why(failures) })).toBeVisible(this.#within(options));
  }

  /** Plays the newest voice message of the open talk, and waits until it sounds. */
  async playVoice(options: WaitOptions = {}): Promise<void> {
    const words = await this.words();
    const { act, player, kinds, lengthOf } = words.files;
    const voice = lengthOf(kinds.voice, '').trim();
    const buttons = this.#log(words).getByRole('button', { name: startingWith(act.of(player.play, voice)), disabled: false });
    await expect(buttons.last()).toBeVisible(this.#within(options));
    await buttons.last().click();
    await expect(this.#log(words).getByRole('button', { name: startingWith(act.of(player.pause, voice)) })).toBeVisible(
      this.#within(options),
    );
  }

  async #recorder(): Promise<Locator> {
    return this.page.getByRole('group', { name: (await this.words()).sending.voice.label, exact: true });
  }

  async #tray(): Promise<Locator> {
    return this.page.getByRole('region', { name: (await this.words()).sending.tray.label, exact: true });
  }

  async #onTray(name: string): Promise<Locator> {
    return (await this.#tray()).getByRole('listitem', { name, exact: true });
  }

  async #chooseAttachment(item: (words: Words['sending']['attach']) => string): Promise<FileChooser> {
    const words = (await this.words()).sending.attach;
    await this.page.getByRole('button', { name: words.label, exact: true }).click();
    const chooser = this.page.waitForEvent('filechooser', this.#within());
    await this.page.getByRole('menuitem', { name: item(words), exact: true }).click();
    return chooser;
  }

  async #actOnFile(name: string, way: (act: Words['files']['act']) => string): Promise<void> {
    const { act } = (await this.words()).files;
    const button = (await this.fileMessage(name)).getByRole('button', { name: act.of(way(act), name), exact: true });
    await button.click();
    await expect(button).toHaveCount(0, this.#within());
  }

  async #openMenuOf(message: Locator): Promise<void> {
    await message.hover();
    // Of the buttons in a message one opens a menu.
    await message.locator('button[aria-haspopup="menu"]').click();
  }

  async #chooseIn(message: Locator, item: string): Promise<void> {
    await this.#openMenuOf(message);
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
    await expect(this.page.getByRole('menu')).toHaveCount(0, this.#within());
  }

  /** What the browser does when files are dragged or pasted, done by hand: a test has no file manager beside the page. */
  async #transfer(onto: Locator, files: SentFile | readonly SentFile[], events: readonly string[]): Promise<void> {
    const given = await Promise.all(
      listed(files).map(async (file) => ({
        name: nameOfSent(file),
        mime: typeof file === 'string' ? '' : file.mime,
        base64: (typeof file === 'string' ? await readFile(file) : Buffer.from(file.bytes)).toString('base64'),
      })),
    );
    await onto.evaluate(
      (element, { all, names }) => {
        const transfer = new DataTransfer();
        for (const { name, mime, base64 } of all) {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          transfer.items.add(new File([bytes], name, { type: mime }));
        }
        for (const name of names) {
          const init = { bubbles: true, cancelable: true };
          element.dispatchEvent(
            name === 'paste'
              ? new ClipboardEvent(name, { ...init, clipboardData: transfer })
              : new DragEvent(name, { ...init, dataTransfer: transfer }),
          );
        }
      },
      { all: given, names: events },
    );
  }

  // ————— keys, passwords and backups —————

  /** From outside: opens an account with its 24 words and gives it a new password. */
  async recover(userName: string, phrase: readonly string[] | string, newPassword: string): Promise<void> {
    await this.tryToRecover(userName, phrase, newPassword);
    await this.expectInside();
  }

  async tryToRecover(userName: string, phrase: readonly string[] | string, newPassword: string): Promise<void> {
    await this.#goToRecovery();
    await (await this.#field((words) => words.recover.userName)).fill(userName);
    await (await this.#field((words) => words.recover.words)).fill(typeof phrase === 'string' ? phrase : phrase.join(' '));
    await (await this.#field((words) => words.recover.newPassword)).fill(newPassword);
    await this.#press((words) => words.recover.submit);
  }

  /** From outside: gives up an account that neither password nor words are known of. */
  async giveUpAccount(userName: string): Promise<void> {
    await this.#goToRecovery();
    await (await this.#field((words) => words.recover.userName)).fill(userName);
    await this.#press((words) => words.recover.lost);
    await (await this.#field((words) => words.lost.confirmName)).fill(userName);
    await this.#press((words) => words.lost.submit);
    await expect(await this.#field((words) => words.lost.confirmName)).toHaveCount(0, this.#within());
  }

  /** From outside: opens the account by passkey; the browser's authenticator is the test's affair. */
  async logInWithPasskey(userName: string): Promise<void> {
    const nameField = await this.#field((words) => words.logIn.userName);
    if (await nameField.isVisible()) await nameField.fill(userName);
    await this.#press((words) => words.logIn.passkey);
    await this.expectInside();
  }

  /** Opens the settings of the vault, and returns the dialog. */
  async openSecurity(): Promise<Locator> {
    const dialog = this.page.getByRole('dialog', { name: (await this.words()).security.title, exact: true });
    if (!(await dialog.isVisible())) await this.#chooseInMenu((words) => words.menu.security);
    await expect(dialog).toBeVisible(this.#within());
    return dialog;
  }

  async changePassword(current: string, next: string): Promise<void> {
    await this.tryToChangePassword(current, next);
    await this.expectToRead((words) => words.security.passwordChanged);
    await this.closeDialog();
  }

  async tryToChangePassword(current: string, next: string): Promise<void> {
    await this.openSecurity();
    await this.#press((words) => words.security.changePassword);
    await (await this.#field((words) => words.security.currentPassword)).fill(current);
    await (await this.#field((words) => words.security.newPassword)).fill(next);
    await this.#press((words) => words.security.setPassword);
  }

  /** How many hours a log-in lasts over reloads: 0, 1, 12 or 72. */
  async setLogInLasts(hours: 0 | 1 | 12 | 72): Promise<void> {
    await this.openSecurity();
    const words = (await this.words()).security;
    await this.page.getByLabel(words.staysIn, { exact: true }).selectOption({ label: words.staysInFor(hours) });
    await this.closeDialog();
  }

  async setLockAfter(minutes: 5 | 15 | 30 | 60 | undefined): Promise<void> {
    await this.openSecurity();
    const words = (await this.words()).security;
    await this.page.getByLabel(words.lockAfter, { exact: true }).selectOption({ label: words.lockAfterMinutes(minutes) });
    await this.closeDialog();
  }

  async setLockWhenHidden(isOn: boolean): Promise<void> {
    await this.openSecurity();
    await this.page.getByRole('checkbox', { name: (await this.words()).security.lockWhenHidden, exact: true }).setChecked(isOn);
    await this.closeDialog();
  }

  /** Adds a passkey; the browser's authenticator is the test's affair. */
  async addPasskey(): Promise<void> {
    await this.openSecurity();
    await this.#press((words) => words.security.addPasskey);
    await this.expectToRead((words) => words.security.passkeyAdded);
    await this.closeDialog();
  }

  /** From inside: deletes this account with all its data. */
  async deleteAccount(password: string): Promise<void> {
    await this.tryToDeleteAccount(password);
    await this.expectNotInside();
    // Deleting takes a moment, and is done once one may make an account; whoever leaves before has not seen it done.
    const words = await this.words();
    const ways = [words.entrance.create, words.logIn.create].map((name) => this.page.getByRole('button', { name, exact: true }));
    const [welcome, logIn] = ways as [Locator, Locator];
    await expect(welcome.or(logIn).first()).toBeVisible(this.#within());
  }

  async tryToDeleteAccount(password: string): Promise<void> {
    await this.openSecurity();
    await this.#press((words) => words.security.deleteAccount);
    await (await this.#field((words) => words.security.deletePassword)).fill(password);
    await this.#press((words) => words.security.deleteConfirm);
  }

  /** Makes a backup and returns the path of the file the browser saved. */
  async backUp(password: string, options: WaitOptions = {}): Promise<string> {
    await this.#chooseInMenu((words) => words.menu.backup);
    await (await this.#field((words) => words.backup.password)).fill(password);
    const saved = this.page.waitForEvent('download', this.#within(options));
    await this.#press((words) => words.backup.submit);
    const path = await (await saved).path();
    await this.closeDialog();
    return path;
  }

  /** From outside: brings an account from a backup file into this browser, and goes in. */
  async restore(file: string, key: RestoreKey, options: WaitOptions = {}): Promise<void> {
    await this.tryToRestore(file, key);
    await this.expectInside(options);
  }

  async tryToRestore(file: string, key: RestoreKey): Promise<void> {
    await this.#press((words) => words.restore.open);
    await (await this.#field((words) => words.restore.file)).setInputFiles(file);
    if ('password' in key) {
      await (await this.#field((words) => words.restore.password)).fill(key.password);
    } else {
      await this.#press((words) => words.restore.byWords);
      await (await this.#field((words) => words.recover.words)).fill(key.words.join(' '));
      await (await this.#field((words) => words.recover.newPassword)).fill(key.newPassword);
    }
    await this.#press((words) => words.restore.submit);
  }

  async #goToRecovery(): Promise<void> {
    const goToForm = this.page.getByRole('button', { name: (await this.words()).entrance.logIn, exact: true });
    const forgotten = this.page.getByRole('button', { name: (await this.words()).logIn.forgotten, exact: true });
    await expect(forgotten.or(goToForm).first()).toBeVisible(this.#within());
    if (!(await forgotten.isVisible())) await goToForm.click();
    await forgotten.click();
  }

  // ————— being sure of somebody —————

  /** The sixty digits compared with somebody, in twelve groups with blanks between. */
  async safetyNumber(name: string): Promise<string> {
    const dialog = await this.#openVerification(name);
    const list = dialog.getByRole('list', { name: (await this.words()).verify.number, exact: true });
    await expect(list).toBeVisible(this.#within());
    const groups = await list.getByRole('listitem').allTextContents();
    await this.closeDialog();
    return groups.join(' ');
  }

  /** Holds the own code up for somebody to scan: a PNG picture of it. */
  async safetyCode(name: string): Promise<Buffer> {
    const dialog = await this.#openVerification(name);
    const picture = await dialog.getByRole('img', { name: (await this.words()).verify.code, exact: true }).screenshot();
    await this.closeDialog();
    return picture;
  }

  /** Says that the numbers are equal. */
  async verify(name: string): Promise<void> {
    const dialog = await this.#openVerification(name);
    await dialog.getByRole('button', { name: (await this.words()).verify.equal, exact: true }).click();
    await this.closeDialog();
    await this.expectVerified(name);
  }

  /** Scans the code of somebody from a picture of it; what comes of it is left on the screen. */
  async scanSafetyCode(name: string, picture: Buffer): Promise<void> {
    const dialog = await this.#openVerification(name);
    const words = await this.words();
    await dialog.getByRole('button', { name: words.verify.scan, exact: true }).click();
    await dialog
      .getByLabel(words.scanner.picture, { exact: true })
      .setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture });
  }

  async expectVerified(name: string, isVerified = true, options: WaitOptions = {}): Promise<void> {
    const { badge } = (await this.words()).verify;
    const row = expect(await this.#row(name));
    if (isVerified) await row.toHaveAccessibleDescription(new RegExp(badge), this.#within(options));
    else await row.not.toHaveAccessibleDescription(new RegExp(badge), this.#within(options));
  }

  /** Waits until it is asked loudly who somebody is. */
  async expectReview(name: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(name);
    await expect(await this.#review()).toBeVisible(this.#within(options));
  }

  /** Says to have checked who somebody is: what waits for them goes. */
  async acknowledgeReview(name: string): Promise<void> {
    await this.openChat(name);
    const review = await this.#review();
    await review.getByRole('button', { name: (await this.words()).review.goOn, exact: true }).click();
    await expect(review).toHaveCount(0, this.#within());
  }

  async #review(): Promise<Locator> {
    return this.page.getByRole('region', { name: (await this.words()).review.region, exact: true });
  }

  async #openVerification(name: string): Promise<Locator> {
    const panel = await this.openContactInfo(name);
    const words = (await this.words()).verify;
    await panel.getByRole('button', { name: words.open, exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: words.title(name), exact: true });
    await expect(dialog).toBeVisible(this.#within());
    return dialog;
  }

  // ————— groups: coming together —————

  /** Makes a group, asks friends into it, and opens it. Returns once it is there; each friend decides for themselves. */
  async createGroup(
    name: string,
    options: { readonly friends?: readonly string[]; readonly history?: HistoryChoice; readonly picture?: Buffer } = {},
  ): Promise<void> {
    const words = (await this.words()).groups;
    await this.#begin((all) => all.groups.start.group);
    const dialog = this.page.getByRole('dialog', { name: words.create.title, exact: true });
    await dialog.getByRole('textbox', { name: words.create.name, exact: true }).fill(name);
    if (options.picture) {
      await dialog
        .getByLabel(words.picture.label, { exact: true })
        .setInputFiles({ name: 'picture.png', mimeType: 'image/png', buffer: options.picture });
      await expect(dialog.getByRole('button', { name: words.picture.remove, exact: true })).toBeVisible(this.#within());
    }
    for (const friend of options.friends ?? []) await this.#tickFriend(dialog, friend);
    if (options.history !== undefined) {
      await dialog.getByLabel(words.history.label, { exact: true }).selectOption({ label: historyLabel(options.history, words) });
    }
    await dialog.getByRole('button', { name: words.create.submit, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
    await expect(this.page.getByRole('main', { name, exact: true })).toBeVisible(this.#within());
  }

  /** Asks friends into a group. */
  async inviteToGroup(group: string, ...friends: readonly string[]): Promise<void> {
    const panel = await this.openGroupInfo(group, 'invites');
    const words = (await this.words()).groups;
    await panel.getByRole('button', { name: words.invites.friends, exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: words.invites.friends, exact: true });
    for (const friend of friends) await this.#tickFriend(dialog, friend);
    await dialog.getByRole('button', { name: words.invites.friendsSubmit, exact: true }).click();
    await expect(dialog.getByText(words.invites.friendsDone(friends.length), { exact: true })).toBeVisible(this.#within());
    await dialog.press('Escape');
    await expect(dialog).toHaveCount(0, this.#within());
  }

  /** Says yes to a friend who asks into a group. */
  async acceptGroupInvitation(group: string): Promise<void> {
    await this.#answerGroupInvitation((words) => words.acceptThis(group));
  }

  async declineGroupInvitation(group: string): Promise<void> {
    await this.#answerGroupInvitation((words) => words.declineThis(group));
  }

  /** Makes a link into the group and returns it. `days` and `uses`: 0 is without end. */
  async makeGroupLink(
    group: string,
    options: { readonly mode?: 'auto' | 'approval'; readonly days?: 0 | 1 | 7 | 30; readonly uses?: 0 | 1 | 10 | 50 } = {},
  ): Promise<string> {
    const panel = await this.openGroupInfo(group, 'invites');
    const words = (await this.words()).groups.invites;
    await panel.getByRole('button', { name: words.make, exact: true }).click();
    await panel.getByRole('button', { name: words.modes[options.mode ?? 'auto'], exact: true }).click();
    if (options.days !== undefined)
      await panel.getByLabel(words.expiry, { exact: true }).selectOption({ label: words.expiries(options.days) });
    if (options.uses !== undefined) await panel.getByLabel(words.uses, { exact: true }).selectOption({ label: words.usesOf(options.uses) });
    await panel.getByRole('button', { name: words.submit, exact: true }).click();
    const link = panel.getByRole('textbox', { name: words.link, exact: true });
    await expect(link).toHaveValue(/#/, this.#within());
    return link.inputValue();
  }

  /** As `makeGroupLink`, for a link that joins at once: held up to be scanned, a PNG picture. */
  async makeGroupCode(group: string): Promise<{ readonly picture: Buffer; readonly link: string }> {
    const link = await this.makeGroupLink(group);
    const panel = await this.openGroupInfo(group, 'invites');
    const picture = await panel.getByRole('img', { name: (await this.words()).groups.invites.qr, exact: true }).screenshot();
    return { picture, link };
  }

  /** Makes every link into the group worthless. */
  async revokeGroupLinks(group: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'invites');
    const words = (await this.words()).groups.invites;
    const revoke = panel.getByRole('button', { name: words.revoke, exact: true });
    for (let left = await revoke.count(); left > 0; left--) {
      await revoke.first().click();
      await this.#confirm(words.revoke);
      await expect(revoke).toHaveCount(left - 1, this.#within());
    }
  }

  /** Opens a link into a group and asks to be let in. What comes of it is left on the screen. */
  async joinGroup(link: string, greeting = ''): Promise<void> {
    await this.page.goto(link);
    await this.joinShownGroup(greeting);
  }

  /** As `joinGroup`, for a link that was pasted or that the page was opened with. */
  async joinShownGroup(greeting = ''): Promise<void> {
    const words = (await this.words()).groups.join;
    const dialog = this.page.getByRole('dialog', { name: words.title, exact: true });
    await expect(dialog).toBeVisible(this.#within());
    if (greeting !== '') await dialog.getByRole('textbox', { name: words.greeting, exact: true }).fill(greeting);
    await dialog.getByRole('button', { name: words.submit, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  /** Pastes what is supposed to be a link into a group, and has it read. */
  async pasteGroupLink(link: string): Promise<void> {
    await this.#begin((words) => words.groups.start.join);
    const words = (await this.words()).groups.join;
    const dialog = this.page.getByRole('dialog', { name: words.title, exact: true });
    await dialog.getByRole('textbox', { name: words.paste, exact: true }).fill(link);
    await dialog.getByRole('button', { name: words.open, exact: true }).click();
  }

  /** Lets in somebody who applied. */
  async approve(group: string, applicant: string): Promise<void> {
    await this.#answerApplication(group, (words) => words.approve(applicant));
  }

  /** Waits until somebody is seen to ask for being let in, with their greeting. */
  async expectApplication(group: string, applicant: string, greeting = '', options: WaitOptions = {}): Promise<void> {
    const panel = await this.openGroupInfo(group, 'members');
    const words = (await this.words()).groups.panel;
    const item = panel
      .getByRole('list', { name: words.applications, exact: true })
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('button', { name: words.approve(applicant), exact: true }) });
    await expect(item).toContainText(greeting, this.#within(options));
  }

  /** Waits until the list says that so many applications to a group wait for an answer. */
  async expectApplicationsWaiting(group: string, count: number, options: WaitOptions = {}): Promise<void> {
    const { applications } = (await this.words()).groups.list;
    const row = expect(await this.#row(group));
    // Whatever the number, there is none of it.
    const any = new RegExp(applications(count).replace(String(count), String.raw`\d+`));
    if (count === 0) await row.not.toHaveAccessibleDescription(any, this.#within(options));
    else await row.toHaveAccessibleDescription(new RegExp(applications(count)), this.#within(options));
  }

  /** Waits until the list says how one stands to a group. */
  async expectGroupPhase(group: string, phase: GroupPhaseShown, options: WaitOptions = {}): Promise<void> {
    const { phases } = (await this.words()).groups.list;
    await this.#goToList();
    const row = await this.#row(group);
    if (phase !== 'active') {
      await expect(row.getByText(phases[phase], { exact: true })).toBeVisible(this.#within(options));
      return;
    }
    await expect(row).toBeVisible(this.#within(options));
    for (const other of Object.values(phases)) await expect(row.getByText(other, { exact: true })).toHaveCount(0, this.#within(options));
  }

  /** Takes back what one has applied for, or no longer wants to join. */
  async withdrawApplication(group: string): Promise<void> {
    await this.openChat(group);
    await this.#press((words) => words.groups.waiting.withdraw);
    await expect(await this.#row(group)).toHaveCount(0, this.#within());
  }

  /** Deletes a group that is over, with all that was said in it. */
  async forgetGroup(group: string): Promise<void> {
    await this.openChat(group);
    const words = (await this.words()).groups;
    const declined = this.page.getByRole('button', { name: words.waiting.forget, exact: true });
    const over = this.page.getByRole('button', { name: words.closed.forget, exact: true });
    await expect(declined.or(over)).toBeVisible(this.#within());
    const isOver = await over.isVisible();
    await declined.or(over).click();
    if (isOver) await this.#confirm(words.closed.forgetConfirm);
    await expect(await this.#row(group)).toHaveCount(0, this.#within());
  }

  // ————— groups: acts —————

  /** Opens what is known of a group at one of its pages, and returns the place on the screen. */
  async openGroupInfo(group: string, page: 'members' | 'invites' | 'settings' | 'files'): Promise<Locator> {
    const { groups: words, files } = await this.words();
    const panel = this.page.getByRole('complementary', { name: words.panel.region, exact: true });
    if (!(await panel.isVisible()) || !(await this.#isOpen(group))) {
      await this.openChat(group);
      // Its name counts the applications that wait.
      const button = this.page.getByRole('main', { name: group, exact: true }).getByRole('button', { name: startingWith(words.chat.info) });
      if (!(await panel.isVisible())) await button.click();
      await expect(panel.getByText(group, { exact: true }).first()).toBeVisible(this.#within());
    }
    const tab = page === 'files' ? files.media.tab : words.panel[page];
    await panel.getByRole('tab', { name: startingWith(tab) }).click();
    return panel;
  }

  async closeGroupInfo(): Promise<void> {
    await this.#press((words) => words.groups.panel.close);
  }

  async kick(group: string, member: string): Promise<void> {
    await this.#chooseForMember(group, member, (words) => words.remove);
    await this.#confirm((await this.words()).groups.member.removeConfirm);
  }

  async makeAdmin(group: string, member: string): Promise<void> {
    await this.#chooseForMember(group, member, (words) => words.makeAdmin);
    await this.#confirm((await this.words()).groups.member.makeAdmin);
  }

  async takeAdmin(group: string, member: string): Promise<void> {
    await this.#chooseForMember(group, member, (words) => words.takeAdmin);
    await this.#confirm((await this.words()).groups.member.takeAdminConfirm);
  }

  async mute(group: string, member: string, length: MuteLength = 'forGood'): Promise<void> {
    await this.#chooseForMember(group, member, (words) => words.mute);
    const words = (await this.words()).groups.member;
    const dialog = this.page.getByRole('dialog', { name: words.muteTitle(member), exact: true });
    await dialog.getByLabel(words.muteFor, { exact: true }).selectOption({ label: words.muteTimes[length] });
    await dialog.getByRole('button', { name: words.muteConfirm, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  async unmute(group: string, member: string): Promise<void> {
    await this.#chooseForMember(group, member, (words) => words.unmute);
  }

  /** Only admins may write, or everybody again. */
  async muteAll(group: string, isMuted = true): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const box = panel.getByRole('checkbox', { name: (await this.words()).groups.settings.muteAll, exact: true });
    await box.setChecked(isMuted);
    await expect(box).toBeChecked({ checked: isMuted, ...this.#within() });
  }

  async rename(group: string, name: string): Promise<void> {
    await this.#saveSetting(group, (words) => words.name, name);
    const panel = this.page.getByRole('complementary', { name: (await this.words()).groups.panel.region, exact: true });
    await expect(panel.getByText(name, { exact: true }).first()).toBeVisible(this.#within());
  }

  async setTopic(group: string, topic: string): Promise<void> {
    await this.#saveSetting(group, (words) => words.topic, topic);
  }

  /** What one is called in the group; empty: as everywhere. */
  async setNickname(group: string, nickname: string): Promise<void> {
    await this.#saveSetting(group, (words) => words.nickname, nickname);
  }

  /** A PNG picture. */
  async setGroupPicture(group: string, picture: Buffer): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.picture;
    await panel.getByLabel(words.label, { exact: true }).setInputFiles({ name: 'picture.png', mimeType: 'image/png', buffer: picture });
    await expect(panel.getByRole('button', { name: words.remove, exact: true })).toBeVisible(this.#within());
  }

  async setHistory(group: string, history: HistoryChoice): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups;
    await panel.getByLabel(words.history.label, { exact: true }).selectOption({ label: historyLabel(history, words) });
  }

  async setWhoInvites(group: string, who: 'admins' | 'everybody'): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    await panel.getByLabel(words.whoInvites, { exact: true }).selectOption({ label: words.inviters[who] });
  }

  async setNotify(group: string, level: 'all' | 'mentions' | 'nothing'): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    await panel.getByLabel(words.notify, { exact: true }).selectOption({ label: words.levels[level] });
  }

  /** Sets what stands above the talk for all. */
  async announce(group: string, text: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.announcement;
    await panel.getByRole('button', { name: words.write, exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: words.title, exact: true });
    await dialog.getByRole('textbox', { name: words.label, exact: true }).fill(text);
    await dialog.getByRole('button', { name: words.publish, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  async expectAnnouncement(group: string, text: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    const region = this.page.getByRole('region', { name: (await this.words()).groups.announcement.region, exact: true });
    await expect(region.getByText(text, { exact: true })).toBeVisible(this.#within(options));
  }

  /** Waits until an admin sees how many have read the announcement. */
  async expectAnnouncementReadBy(group: string, count: number, of: number, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    const words = (await this.words()).groups.announcement;
    const region = this.page.getByRole('region', { name: words.region, exact: true });
    const expand = region.getByRole('button', { name: words.expand, exact: true });
    if (await expand.isVisible()) await expand.click();
    await expect(region.getByRole('button', { name: words.readBy(count, of), exact: true })).toBeVisible(this.#within(options));
  }

  /** Pins the newest message with this text. `author`: `me`, or what they are called. */
  async pin(group: string, author: string, text: string): Promise<void> {
    await this.#chooseForMessage(group, author, text, (words) => words.pin);
  }

  async unpin(group: string, author: string, text: string): Promise<void> {
    await this.#chooseForMessage(group, author, text, (words) => words.unpin);
  }

  async expectPinned(group: string, text: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    const region = this.page.getByRole('region', { name: (await this.words()).groups.pinned.region, exact: true });
    await expect(region).toContainText(text, this.#within(options));
  }

  /** Waits until a message is held and read by so many others. */
  async expectSpread(
    group: string,
    author: string,
    text: string,
    spread: { readonly held: number; readonly of: number; readonly readBy?: readonly string[] },
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#chooseForMessage(group, author, text, (words) => words.info);
    const words = (await this.words()).groups.spread;
    const dialog = this.page.getByRole('dialog', { name: words.title, exact: true });
    await expect(dialog.getByText(words.held(spread.held, spread.of), { exact: true })).toBeVisible(this.#within(options));
    for (const reader of spread.readBy ?? []) {
      const readers = dialog.getByRole('list', { name: startingWith(words.read) });
      await expect(readers.getByText(reader, { exact: true })).toBeVisible(this.#within(options));
    }
    await this.closeDialog();
  }

  /** Offers the group to an admin. */
  async transfer(group: string, admin: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    await panel.getByRole('button', { name: words.transfer, exact: true }).click();
    const dialog = this.page.getByRole('dialog', { name: words.transfer, exact: true });
    await dialog.getByLabel(words.transferTo, { exact: true }).selectOption({ label: admin });
    await dialog.getByRole('button', { name: words.transferSubmit, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
    await expect(panel.getByText(words.offered(admin), { exact: true })).toBeVisible(this.#within());
  }

  /** Takes over a group that is offered. */
  async acceptOwnership(group: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    const words = (await this.words()).groups.offer;
    const offer = this.page.getByRole('region', { name: words.region, exact: true });
    await expect(offer).toBeVisible(this.#within(options));
    await offer.getByRole('button', { name: words.accept, exact: true }).click();
    await this.#confirm(words.acceptConfirm);
    await expect(offer).toHaveCount(0, this.#within());
  }

  async leaveGroup(group: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    await panel.getByRole('button', { name: words.leave, exact: true }).click();
    await this.#confirm(words.leaveConfirm);
  }

  async disband(group: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    await panel.getByRole('button', { name: words.disband, exact: true }).click();
    await this.#confirm(words.disbandConfirm);
  }

  /** Waits until exactly these are in the group, under the names they go by there, oneself included. */
  async expectMembers(group: string, names: readonly string[], options: WaitOptions = {}): Promise<void> {
    const panel = await this.openGroupInfo(group, 'members');
    const words = (await this.words()).groups;
    await expect(panel.getByText(words.members(names.length), { exact: true })).toBeVisible(this.#within(options));
    for (const name of names) await expect(await this.#member(name)).toBeVisible(this.#within(options));
  }

  /** Waits until so many of a group are here now, oneself included. */
  async expectOnline(group: string, count: number, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    const chat = this.page.getByRole('main', { name: group, exact: true });
    const { online } = (await this.words()).groups;
    // Whole numbers only: one online is not eleven.
    const said = new RegExp(`(?<!\\d)${online(count)}`);
    await expect(chat.getByRole('status').filter({ hasText: said }).first()).toBeVisible(this.#within(options));
  }

  async expectRole(group: string, member: string, role: 'owner' | 'admin' | 'member', options: WaitOptions = {}): Promise<void> {
    await this.openGroupInfo(group, 'members');
    const { roles } = (await this.words()).groups;
    const row = await this.#member(member);
    await expect(row).toBeVisible(this.#within(options));
    for (const each of ['owner', 'admin'] as const) {
      await expect(row.getByText(roles[each], { exact: true })).toHaveCount(each === role ? 1 : 0, this.#within(options));
    }
  }

  /** What one may do with a member, as the menu beside them says. */
  async actsOn(group: string, member: string): Promise<readonly string[]> {
    const panel = await this.openGroupInfo(group, 'members');
    await panel.getByRole('button', { name: (await this.words()).groups.panel.menu(member), exact: true }).click();
    const items = this.page.getByRole('menuitem');
    await expect(items.first()).toBeVisible(this.#within());
    const acts = await items.allInnerTexts();
    await this.page.keyboard.press('Escape');
    await expect(items).toHaveCount(0, this.#within());
    return acts.map((act) => act.trim());
  }

  /** Waits until it is said why something could not be done. */
  async expectRefused(reason: (words: Words['failures']) => string, options: WaitOptions = {}): Promise<void> {
    const sentence = reason((await this.words()).failures);
    await expect(this.page.getByRole('alert').filter({ hasText: sentence }).first()).toBeVisible(this.#within(options));
  }

  // ————— groups: talking —————

  /** As `send`; a group's name is all the difference. */
  async sendToGroup(group: string, text: string): Promise<void> {
    await this.send(group, text);
  }

  /** Calls somebody by "@", picking their name from the list that opens, and goes on with a text. `all` calls everybody. */
  async mention(group: string, name: string, text: string): Promise<void> {
    await this.openChat(group);
    const words = (await this.words()).groups.mention;
    const shown = name === 'all' ? words.all : name;
    const composer = await this.composer();
    await composer.pressSequentially(`@${shown.slice(0, 2)}`);
    await this.page
      .getByRole('listbox', { name: words.list, exact: true })
      .getByRole('option', { name: startingWith(shown) })
      .first()
      .click();
    await expect(composer).toHaveValue(`@${shown} `, this.#within());
    await composer.pressSequentially(text);
    await this.pressSend();
    await expect(await this.message('me', `@${shown} ${text}`)).toBeVisible(this.#within());
  }

  /** Opens the talk of a group and waits until somebody has said this there. */
  async expectGroupMessage(group: string, author: string, text: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    await expect(await this.message(author, text)).toBeVisible(this.#within(options));
  }

  /** Opens the talk of a group and waits until it tells, as the last of its kind, that this was done. */
  async expectEvent(
    group: string,
    sentence: string | RegExp | ((events: Words['groups']['events']) => string),
    options: WaitOptions = {},
  ): Promise<void> {
    await this.openChat(group);
    const words = await this.words();
    const text = typeof sentence === 'function' ? sentence(words.groups.events) : sentence;
    await expect(this.#log(words).getByRole('note').filter({ hasText: text }).last()).toBeVisible(this.#within(options));
  }

  /** Everything said and told in a group so far, oldest first. */
  async groupTalk(group: string): Promise<readonly TalkLine[]> {
    return this.#readTalk(group, (words) => words.groups.chat.beginning(group));
  }

  /** Waits until the list says that one is called, or is not. */
  async expectMentioned(group: string, isMentioned = true, options: WaitOptions = {}): Promise<void> {
    const { mentioned } = (await this.words()).groups.list;
    const row = expect(await this.#row(group));
    if (isMentioned) await row.toHaveAccessibleDescription(new RegExp(mentioned), this.#within(options));
    else await row.not.toHaveAccessibleDescription(new RegExp(mentioned), this.#within(options));
  }

  /** Waits until there is nowhere to write, and it is said why. */
  async expectCannotWrite(
    group: string,
    reason: string | RegExp | ((closed: Words['groups']['closed']) => string),
    options: WaitOptions = {},
  ): Promise<void> {
    await this.openChat(group);
    const text = typeof reason === 'function' ? reason((await this.words()).groups.closed) : reason;
    const chat = this.page.getByRole('main', { name: group, exact: true });
    await expect(chat.getByRole('status').filter({ hasText: text }).first()).toBeVisible(this.#within(options));
    await expect(await this.composer()).toHaveCount(0, this.#within(options));
  }

  async expectCanWrite(group: string, options: WaitOptions = {}): Promise<void> {
    await this.openChat(group);
    await expect(await this.composer()).toBeVisible(this.#within(options));
  }

  /** Opens the notes that all members write together, and returns the field they are in. */
  async openBoard(group: string): Promise<Locator> {
    const words = (await this.words()).groups;
    const board = this.page.getByRole('complementary', { name: words.board.region, exact: true });
    if (!(await board.isVisible()) || !(await this.#isOpen(group))) await this.openChat(group);
    if (!(await board.isVisible())) await this.#press((all) => all.groups.chat.board);
    const text = board.getByRole('textbox', { name: words.board.text, exact: true });
    await expect(text).toBeVisible(this.#within());
    return text;
  }

  async closeBoard(): Promise<void> {
    await this.#press((words) => words.groups.board.close);
  }

  /** Types at the end of the board. */
  async writeOnBoard(group: string, text: string): Promise<void> {
    const board = await this.openBoard(group);
    await board.press('ControlOrMeta+End');
    await board.pressSequentially(text);
  }

  /** What stands on the board. */
  async board(group: string): Promise<string> {
    return (await this.openBoard(group)).inputValue();
  }

  /** Waits until the board holds exactly this, or what the pattern says. */
  async expectBoard(group: string, text: string | RegExp, options: WaitOptions = {}): Promise<void> {
    await expect(await this.openBoard(group)).toHaveValue(text, this.#within(options));
  }

  /** Waits until somebody else is seen to be at the board. */
  async expectAtBoard(group: string, name: string, options: WaitOptions = {}): Promise<void> {
    await this.openBoard(group);
    const board = this.page.getByRole('complementary', { name: (await this.words()).groups.board.region, exact: true });
    await expect(board.getByRole('status').filter({ hasText: name })).toBeVisible(this.#within(options));
  }

  async #tickFriend(dialog: Locator, friend: string): Promise<void> {
    await dialog.getByRole('checkbox', { name: friend, exact: true }).check();
  }

  async #answerGroupInvitation(answer: (words: Words['groups']['invitations']) => string): Promise<void> {
    await this.#goToList();
    const words = (await this.words()).groups.invitations;
    const button = (await this.#list()).getByRole('button', { name: answer(words), exact: true });
    await expect(button).toBeVisible(this.#within());
    await button.click();
    await expect(button).toHaveCount(0, this.#within());
  }

  async #answerApplication(group: string, answer: (words: Words['groups']['panel']) => string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'members');
    const button = panel.getByRole('button', { name: answer((await this.words()).groups.panel), exact: true });
    await expect(button).toBeVisible(this.#within());
    await button.click();
    await expect(button).toHaveCount(0, this.#within());
  }

  /** A row of the list of members, which is open. */
  async #member(name: string): Promise<Locator> {
    const { members } = (await this.words()).groups.panel;
    return this.page
      .getByRole('list', { name: members, exact: true })
      .getByRole('listitem')
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  async #chooseForMember(group: string, member: string, item: (words: Words['groups']['member']) => string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'members');
    const words = (await this.words()).groups;
    await panel.getByRole('button', { name: words.panel.menu(member), exact: true }).click();
    await this.page.getByRole('menuitem', { name: item(words.member), exact: true }).click();
    await expect(this.page.getByRole('menu')).toHaveCount(0, this.#within());
  }

  async #chooseForMessage(group: string, author: string, text: string, item: (words: Words['groups']['message']) => string): Promise<void> {
    await this.openChat(group);
    const message = await this.message(author, text);
    await this.#chooseIn(message, item((await this.words()).groups.message));
  }

  async #saveSetting(group: string, label: (words: Words['groups']['settings']) => string, value: string): Promise<void> {
    const panel = await this.openGroupInfo(group, 'settings');
    const words = (await this.words()).groups.settings;
    const save = panel.getByRole('button', { name: `${words.save}: ${label(words)}`, exact: true });
    await panel.getByRole('textbox', { name: label(words), exact: true }).fill(value);
    await save.click();
    await expect(save).toHaveCount(0, this.#within());
  }

  /** Says yes to the question on the screen. */
  async #confirm(answer: string): Promise<void> {
    const question = this.page.getByRole('alertdialog');
    await question.getByRole('button', { name: answer, exact: true }).click();
    await expect(question).toHaveCount(0, this.#within());
  }

  // ————— dialogs and menus —————

  async openAbout(): Promise<void> {
    await this.#chooseInMenu((words) => words.menu.about);
    await expect(this.page.getByRole('dialog')).toBeVisible(this.#within());
  }

  async closeDialog(): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('button', { name: (await this.words()).close, exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  async #inviteLink(): Promise<Locator> {
    const words = (await this.words()).invite;
    const dialog = this.page.getByRole('dialog', { name: words.title, exact: true });
    return dialog.getByRole('textbox', { name: words.link, exact: true });
  }

  async #answerInvite(answer: (words: Words) => string): Promise<void> {
    const dialog = await this.#invitation();
    await dialog.getByRole('button', { name: answer(await this.words()), exact: true }).click();
    await expect(dialog).toHaveCount(0, this.#within());
  }

  async #invitation(): Promise<Locator> {
    return this.page.getByRole('dialog', { name: (await this.words()).accept.title, exact: true });
  }

  /** One of several alternatives: buttons in a group for those outside, an entry of the menu for those inside. */
  async #choose(label: (words: Words) => string, option: string): Promise<void> {
    const group = this.page.getByRole('group', { name: label(await this.words()), exact: true });
    const menu = await this.#menuButton();
    await expect(group.or(menu).first()).toBeVisible(this.#within());
    if (await group.isVisible()) return group.getByRole('button', { name: option, exact: true }).click();
    await menu.click();
    await this.page.getByRole('menuitemradio', { name: option, exact: true }).click();
    await expect(this.page.getByRole('menu')).toHaveCount(0, this.#within());
  }

  async #chooseInMenu(item: (words: Words) => string): Promise<void> {
    await (await this.#menuButton()).click();
    await this.page.getByRole('menuitem', { name: item(await this.words()), exact: true }).click();
  }

  /** From the menu of what can be begun. */
  async #begin(item: (words: Words) => string): Promise<void> {
    const words = await this.words();
    await this.page.getByRole('button', { name: words.groups.start.label, exact: true }).click();
    await this.page.getByRole('menuitem', { name: item(words), exact: true }).click();
  }

  async #menuButton(): Promise<Locator> {
    return this.page.getByRole('button', { name: (await this.words()).menu.label, exact: true });
  }

  // ————— finding —————

  async #list(): Promise<Locator> {
    return this.page.getByRole('navigation', { name: (await this.words()).list.region, exact: true });
  }

  /** On a phone, what is known of somebody and the board lie over the talk: closes them. */
  async #uncoverTalk(): Promise<void> {
    const { contact, groups } = await this.words();
    const ways = [contact.close, groups.panel.close, groups.board.close].map((name) =>
      this.page.getByRole('button', { name, exact: true }),
    );
    const [first, ...others] = ways as [Locator, ...Locator[]];
    await others.reduce((all, way) => all.or(way), first).click();
  }

  /** Whether this talk is the open one, seen or not. */
  async #isOpen(name: string): Promise<boolean> {
    return (await this.page.getByRole('main', { name, exact: true, includeHidden: true }).count()) > 0;
  }

  /** On a phone an open talk hides the list, and what lies over the talk hides the way back. */
  async #goToList(): Promise<void> {
    const list = await this.#list();
    const back = this.page.getByRole('button', { name: (await this.words()).back, exact: true });
    const over = this.page.getByRole('complementary');
    await expect(list.or(back).or(over).filter({ visible: true }).first()).toBeVisible(this.#within());
    if (await list.isVisible()) return;
    if (!(await back.isVisible())) await this.#uncoverTalk();
    await back.click();
    await expect(list).toBeVisible(this.#within());
  }

  async #row(name: string): Promise<Locator> {
    return (await this.#list()).getByRole('button', { name, exact: true });
  }

  #log(words: Words): Locator {
    return this.page.getByRole('log', { name: words.chat.log, exact: true });
  }

  async #field(label: (words: Words) => string): Promise<Locator> {
    return this.page.getByLabel(label(await this.words()), { exact: true });
  }

  async #press(button: (words: Words) => string): Promise<void> {
    await this.page
      .getByRole('button', { name: button(await this.words()), exact: true })
      .filter({ visible: true })
      .click();
  }

  /** Waits until the page has made up its mind. */
  async #isInside(): Promise<boolean> {
    const words = await this.words();
    const inside = await this.#list();
    const ways = this.page.getByRole('button', { name: words.entrance.logIn, exact: true });
    const door = this.page.getByLabel(words.logIn.password, { exact: true });
    await expect(inside.or(ways).or(door).first()).toBeVisible(this.#within());
    return inside.isVisible();
  }

  /** Until the page shows something to press or to read that is not "one moment". */
  async #ready(): Promise<void> {
    await expect(this.page.getByRole('button').filter({ visible: true }).first()).toBeVisible(this.#within());
  }

  #within({ timeout }: WaitOptions = {}): { readonly timeout: number } {
    return { timeout: timeout ?? this.#timeout };
  }
}

function historyLabel(history: HistoryChoice, words: Words['groups']): string {
  return typeof history === 'number' ? words.history.days(history) : words.history[history];
}

function listed(files: SentFile | readonly SentFile[]): readonly SentFile[] {
  return Array.isArray(files) ? (files as readonly SentFile[]) : [files as SentFile];
}

function nameOfSent(file: SentFile): string {
  return typeof file === 'string' ? basename(file) : file.name;
}

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[$.*+?^{}()|[\]\\/]/g, String.raw`\$&`)}`);
}

/** Names files of this disk to the browser, which reads them itself: Playwright carries no more than 50 MB to one it did not start. */
async function chooseFromDisk(chooser: FileChooser, paths: readonly string[]): Promise<void> {
  const page = chooser.page();
  const devtools = await page.context().newCDPSession(page);
  try {
    await chooser.element().evaluate((input: Element) => input.setAttribute('data-asking', ''));
    const { result } = await devtools.send('Runtime.evaluate', { expression: `document.querySelector('[data-asking]')` });
    if (result.objectId === undefined) throw new Error('What asks for files is not in the page.');
    await devtools.send('DOM.setFileInputFiles', { files: paths.map((path) => resolve(path)), objectId: result.objectId });
    await chooser.element().evaluate((input: Element) => input.removeAttribute('data-asking'));
  } finally {
    await devtools.detach();
  }
}

/**
 * Reads a talk screen by screen from its top. Only what is near the screen is in the page, so the screens overlap: what
 * the end of the one and the beginning of the next have in common is counted once. (Two equal messages are two.)
 */
async function readFromTop(log: Locator): Promise<readonly ShownLine[]> {
  return log.evaluate(async (area) => {
    const lines: (ShownLine & { readonly key: string })[] = [];
    for (;;) {
      // Two frames: one in which the list learns of the scrolling, one in which it has drawn.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const places = [...area.querySelectorAll('article, [role=note]')].sort(
        (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
      );
      const shown = places.map((place) => {
        const label = place.matches('article') ? (place.ariaLabel ?? '') : undefined;
        const time = place.querySelector('time');
        const text = place.querySelector('[dir=auto]')?.textContent ?? place.textContent;
        return { label, time: time?.textContent ?? '', text, key: `${label ?? ''} ${time?.dateTime ?? ''} ${text}` };
      });
      let shared = Math.min(lines.length, shown.length);
      while (shared > 0 && !shown.slice(0, shared).every(({ key }, index) => key === lines[lines.length - shared + index]?.key))
        shared -= 1;
      lines.push(...shown.slice(shared));
      if (area.scrollTop + area.clientHeight >= area.scrollHeight - 1) return lines;
      area.scrollBy({ top: area.clientHeight / 2, behavior: 'instant' });
    }
  });
}
