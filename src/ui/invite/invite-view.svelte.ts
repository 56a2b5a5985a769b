import type { HomeView } from '../home/home-view.svelte.ts';
import type { InviteFailure, OpenInvite, StorageFailure } from '../parley.ts';

/** The invite on show, and the link somebody pastes. */
export class InviteView {
  shown = $state.raw<OpenInvite>();
  /** Somebody came with the invite on show. */
  isUsed = $state(false);
  failure = $state.raw<StorageFailure>();
  pasted = $state('');
  pasteFailure = $state.raw<InviteFailure>();
  isScanning = $state(false);
  /** What was scanned last is no invite. */
  isScanForeign = $state(false);
  #wasListed = false;
  readonly #view: HomeView;

  constructor(view: HomeView) {
    this.#view = view;
  }

  async begin(): Promise<void> {
    const unshared = this.#view.unsharedInvite;
    if (unshared && unshared.expires > Date.now()) this.show(unshared);
    else await this.make();
  }

  async make(): Promise<void> {
    this.failure = undefined;
    const made = await this.#view.home.contacts.invite();
    if (!made.ok) {
      this.failure = made.failure;
      return;
    }
    this.#view.unsharedInvite = made.value;
    this.show(made.value);
  }

  show(invite: OpenInvite): void {
    this.shown = invite;
    this.isUsed = false;
    this.#wasListed = false;
  }

  /** It is out: the next person needs another one. */
  passedOn(): void {
    this.#view.unsharedInvite = undefined;
  }

  async withdraw(invite: OpenInvite): Promise<void> {
    if (this.#view.unsharedInvite?.id === invite.id) this.#view.unsharedInvite = undefined;
    if (this.shown?.id === invite.id) this.shown = undefined;
    await this.#view.home.contacts.withdraw(invite.id);
  }

  /** An invite that was in the list and is gone has been taken. */
  listChanged(open: readonly OpenInvite[]): void {
    const { shown } = this;
    if (!shown) return;
    const isListed = open.some(({ id }) => id === shown.id);
    if (this.#wasListed && !isListed) {
      this.isUsed = true;
      this.passedOn();
    }
    this.#wasListed = isListed;
  }

  startScanning(): void {
    this.isScanning = true;
    this.isScanForeign = false;
  }

  stopScanning(): void {
    this.isScanning = false;
  }

  /** A code of something else is a slip of the hand: the camera goes on looking. */
  scanned(text: string): void {
    if (this.#isOfGroup(text)) {
      this.#view.paste(text.trim());
      return;
    }
    const read = this.#view.home.contacts.read(text.trim());
    this.isScanForeign = !read.ok && read.failure.kind === 'not-an-invite';
    if (this.isScanForeign) return;
    this.stopScanning();
    this.pasted = text.trim();
    this.readPasted();
  }

  /** Hands a readable link to the question that follows; says what is wrong with any other. */
  readPasted(): void {
    if (this.#isOfGroup(this.pasted)) {
      this.#view.paste(this.pasted.trim());
      return;
    }
    const read = this.#view.home.contacts.read(this.pasted.trim());
    this.pasteFailure = read.ok ? undefined : read.failure;
    if (read.ok) this.#view.paste(this.pasted.trim());
  }

  /** Whoever was sent a link need not know what it leads to. */
  #isOfGroup(link: string): boolean {
    return this.#view.home.groups.read(link.trim()) !== undefined;
  }
}
