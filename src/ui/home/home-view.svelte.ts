import { conversationOf, conversationWith, type AccountId, type ConversationId, type GroupId } from '../../protocol/ids.ts';
import type { Contact } from '../../contacts/ports.ts';
import type { Conversation } from '../../chat/ports.ts';
import type { Group } from '../../groups/ports.ts';
import { Desks } from '../files/send/desk.ts';
import { FilesView } from '../files/files-view.svelte.ts';
import type { SeenPresence } from '../../presence/ports.ts';
import { CallsView } from '../calls/calls-view.svelte.ts';
import { canOpen, entriesOf, unreadNews, type Entry } from '../list/entries.ts';
import { Live } from '../live.svelte.ts';
import type { Home, LinkState, OpenInvite } from '../parley.ts';

type DialogName = 'calls' | 'invite' | 'new-group' | 'join' | 'backup' | 'storage' | 'security' | 'about' | 'verify' | 'remove' | 'log-out';

/** What stands beside the talk: what is known of the other side, or, in a group, the board. */
export type Side = 'info' | 'board';

/** What somebody who is in looks at: which talk, which dialog, which filter. What is kept lives in the store. */
export class HomeView {
  readonly home: Home;
  /** Files and voice messages that are about to be sent. */
  readonly desks: Desks;
  /** Files that are shown. */
  readonly fileView: FilesView;
  readonly calls: CallsView;
  selected = $state.raw<ConversationId>();
  side = $state.raw<Side>();
  filter = $state('');
  dialog = $state.raw<DialogName>();
  #pasted = $state.raw<string>();
  /** An invite that was shown but neither copied nor shared: shown again rather than making another. */
  unsharedInvite: OpenInvite | undefined;
  /** Accepted a moment ago: opened as soon as they confirm, unless something else is open. */
  expected = $state.raw<AccountId>();

  readonly #arrived: Live<string | undefined>;
  readonly #contacts: Live<readonly Contact[]>;
  readonly #groups: Live<readonly Group[]>;
  readonly #conversations: Live<readonly Conversation[]>;
  readonly #presence: Live<ReadonlyMap<AccountId, SeenPresence>>;
  readonly #links: Live<ReadonlyMap<AccountId, LinkState>>;

  constructor(home: Home) {
    this.home = home;
    this.fileView = new FilesView(home.files);
    this.desks = new Desks(home.files);
    this.#arrived = new Live(home.arrivedWith);
    this.#contacts = new Live(home.contacts.watch());
    this.#groups = new Live(home.groups.watch());
    this.#conversations = new Live(home.chat.conversations());
    this.#presence = new Live(home.presence.contacts);
    this.#links = new Live(home.links);
    this.calls = new CallsView(home.calls, {
      me: home.me.id,
      contactWith: (account) => this.contactWith(account),
      groupWith: (id) => this.#groups.current?.find((group) => group.id === id),
    });
  }

  /** Those we can talk to; empty while the store has not answered. */
  readonly friends = $derived.by((): readonly Contact[] => (this.#contacts.current ?? []).filter(({ phase }) => phase === 'active'));

  /** Undefined while the store has not answered yet. */
  readonly entries = $derived.by((): readonly Entry[] | undefined => {
    const contacts = this.#contacts.current;
    const groups = this.#groups.current;
    const conversations = this.#conversations.current;
    return contacts && groups && conversations && entriesOf({ contacts, groups, conversations });
  });

  readonly current = $derived.by((): Entry | undefined => this.entries?.find((entry) => entry.id === this.selected && canOpen(entry)));

  /** Whom the open talk is with, when it is with one person. */
  readonly person = $derived.by((): Contact | undefined => (this.current?.kind === 'person' ? this.current.contact : undefined));

  readonly unread = $derived.by(() => (this.entries ?? []).reduce((sum, entry) => sum + unreadNews(entry), 0));

  /** The link of an invite to be answered: a pasted one, or the one this page was opened with. */
  get received(): string | undefined {
    return this.#pasted ?? this.#arrived.current;
  }

  /** The same, when it is an invitation to a group. */
  readonly receivedGroup = $derived.by((): string | undefined => {
    const link = this.received;
    return link !== undefined && this.home.groups.read(link) !== undefined ? link : undefined;
  });

  paste(link: string): void {
    this.#pasted = link;
    this.dialog = undefined;
  }

  /** The invite has been answered, either way. */
  answered(): void {
    if (this.#pasted === undefined) this.home.forgetArrival();
    this.#pasted = undefined;
  }

  contactWith(account: AccountId): Contact | undefined {
    return this.friends.find(({ id }) => id === account);
  }

  presenceOf(account: AccountId): SeenPresence {
    return this.#presence.current?.get(account) ?? 'offline';
  }

  linkTo(contact: AccountId): LinkState | undefined {
    return this.#links.current?.get(contact);
  }

  open(contact: AccountId): void {
    this.#select(conversationWith(contact));
  }

  openGroup(group: GroupId): void {
    this.#select(conversationOf(group));
  }

  closeChat(): void {
    this.selected = undefined;
    this.side = undefined;
  }

  toggle(side: Side): void {
    this.side = this.side === side ? undefined : side;
  }

  /** Opens the talk above (-1) or below (1) the present one, among those we can talk in. */
  step(by: -1 | 1): void {
    const open = (this.entries ?? []).filter(canOpen);
    const at = open.findIndex(({ id }) => id === this.selected);
    const next = open[at < 0 ? 0 : Math.min(Math.max(at + by, 0), open.length - 1)];
    if (next) this.#select(next.id);
  }

  async remove(contact: AccountId): Promise<void> {
    if (this.selected === conversationWith(contact)) this.closeChat();
    await this.home.contacts.remove(contact);
  }

  #select(conversation: ConversationId): void {
    // The board belongs to one group; what is known of the other side is there for everybody.
    if (this.side === 'board' && conversation !== this.selected) this.side = undefined;
    this.selected = conversation;
    this.expected = undefined;
  }
}
