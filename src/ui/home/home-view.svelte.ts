import { conversationWith, contactOf, type AccountId, type ConversationId } from '../../protocol/ids.ts';
import type { Contact } from '../../contacts/ports.ts';
import type { Conversation } from '../../chat/ports.ts';
import type { SeenPresence } from '../../presence/ports.ts';
import { entriesOf, type Entry } from '../list/entries.ts';
import { Live } from '../live.svelte.ts';
import type { Home, LinkState, OpenInvite } from '../parley.ts';

type DialogName = 'invite' | 'backup' | 'security' | 'about' | 'verify' | 'remove' | 'log-out';

/** What somebody who is in looks at: which talk, which dialog, which filter. What is kept lives in the store. */
export class HomeView {
  readonly home: Home;
  selected = $state.raw<ConversationId>();
  infoOpen = $state(false);
  filter = $state('');
  dialog = $state.raw<DialogName>();
  #pasted = $state.raw<string>();
  /** An invite that was shown but neither copied nor shared: shown again rather than making another. */
  unsharedInvite: OpenInvite | undefined;
  /** Accepted a moment ago: opened as soon as they confirm, unless something else is open. */
  expected = $state.raw<AccountId>();

  readonly #arrived: Live<string | undefined>;
  readonly #contacts: Live<readonly Contact[]>;
  readonly #conversations: Live<readonly Conversation[]>;
  readonly #presence: Live<ReadonlyMap<AccountId, SeenPresence>>;
  readonly #links: Live<ReadonlyMap<AccountId, LinkState>>;

  constructor(home: Home) {
    this.home = home;
    this.#arrived = new Live(home.arrivedWith);
    this.#contacts = new Live(home.contacts.watch());
    this.#conversations = new Live(home.chat.conversations());
    this.#presence = new Live(home.presence.contacts);
    this.#links = new Live(home.links);
  }

  /** Undefined while the store has not answered yet. */
  readonly entries = $derived.by((): readonly Entry[] | undefined => {
    const contacts = this.#contacts.current;
    const conversations = this.#conversations.current;
    return contacts && conversations && entriesOf(contacts, conversations);
  });

  readonly current = $derived.by((): Entry | undefined =>
    this.entries?.find(({ contact }) => contact.phase === 'active' && contact.id === (this.selected && contactOf(this.selected))),
  );

  readonly unread = $derived.by(() => (this.entries ?? []).reduce((sum, { conversation }) => sum + (conversation?.unread ?? 0), 0));

  /** The link of an invite to be answered: a pasted one, or the one this page was opened with. */
  get received(): string | undefined {
    return this.#pasted ?? this.#arrived.current;
  }

  paste(link: string): void {
    this.#pasted = link;
    this.dialog = undefined;
  }

  /** The invite has been answered, either way. */
  answered(): void {
    if (this.#pasted === undefined) this.home.forgetArrival();
    this.#pasted = undefined;
  }

  presenceOf(contact: AccountId): SeenPresence {
    return this.#presence.current?.get(contact) ?? 'offline';
  }

  linkTo(contact: AccountId): LinkState | undefined {
    return this.#links.current?.get(contact);
  }

  open(contact: AccountId): void {
    this.selected = conversationWith(contact);
    this.expected = undefined;
  }

  closeChat(): void {
    this.selected = undefined;
    this.infoOpen = false;
  }

  /** Opens the talk above (-1) or below (1) the present one, among those we can talk in. */
  step(by: -1 | 1): void {
    const open = (this.entries ?? []).filter(({ contact }) => contact.phase === 'active');
    const at = open.findIndex(({ contact }) => contact.id === this.current?.contact.id);
    const next = open[at < 0 ? 0 : Math.min(Math.max(at + by, 0), open.length - 1)];
    if (next) this.open(next.contact.id);
  }

  async remove(contact: AccountId): Promise<void> {
    if (this.current?.contact.id === contact) this.closeChat();
    await this.home.contacts.remove(contact);
  }
}
