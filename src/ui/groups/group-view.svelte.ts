import type { Utterance } from '../../chat/ports.ts';
import type { Group, GroupMember } from '../../groups/ports.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../../i18n/languages.ts';
import type { Result } from '../../lib/result.ts';
import type { AccountId, GroupId } from '../../protocol/ids.ts';
import type { Mentions } from '../../session/group-talk.ts';
import type { HomeView } from '../home/home-view.svelte.ts';
import type { GroupEntry } from '../list/entries.ts';
import type { GroupFailure, Groups } from '../parley.ts';
import type { Speech } from '../speech.svelte.ts';
import { MentionView } from './mention-view.svelte.ts';
import { ALL, type Callable } from './mentions.ts';
import { formerNames, membersByAccount, shownName } from './people.ts';
import { isAdmin } from './rights.ts';

/** A question before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly isGrave: boolean;
  readonly act: () => Promise<unknown>;
}

type GroupDialog =
  | { readonly kind: 'friends' | 'transfer' | 'announce' | 'readers' }
  | { readonly kind: 'spread'; readonly message: Utterance }
  | { readonly kind: 'mute'; readonly member: GroupMember }
  | { readonly kind: 'ask'; readonly question: Question };

export type PanelTab = 'members' | 'invites' | 'files' | 'settings';

/** The group on the screen: who is in it, what is asked, what went wrong. What is kept lives in the store. */
export class GroupView {
  readonly home: HomeView;
  readonly id: GroupId;
  readonly groups: Groups;
  readonly mentions: MentionView;
  failure = $state.raw<GroupFailure>();
  tab = $state<PanelTab>('members');
  #dialog = $state.raw<GroupDialog>();
  /** Writes to the composer from elsewhere on the screen; set by the chat. */
  write: (change: (text: string) => string) => void = () => undefined;
  readonly #entry: () => GroupEntry;
  readonly #speech: Speech;

  constructor({ home, groups, entry, speech }: { home: HomeView; groups: Groups; entry: () => GroupEntry; speech: Speech }) {
    this.home = home;
    this.groups = groups;
    this.id = entry().group.id;
    this.#entry = entry;
    this.#speech = speech;
    this.mentions = new MentionView(() => this.callable);
  }

  get group(): Group {
    return this.#entry().group;
  }

  get me(): AccountId {
    return this.home.home.me.id;
  }

  readonly #byAccount = $derived.by(() => membersByAccount(this.group));
  readonly #former = $derived.by(() => formerNames(this.group));

  readonly isAdmin = $derived.by(() => this.group.phase === 'active' && isAdmin(this.group.me.role));
  readonly isOwner = $derived.by(() => this.group.phase === 'active' && this.group.me.role === 'owner');
  readonly others = $derived.by(() => this.group.members.filter(({ account }) => account !== this.me));
  /** Applications are for those who may answer them. */
  readonly applications = $derived.by(() => (this.isAdmin ? this.group.applications : []));
  /** Others who are here now. */
  readonly online = $derived.by(() => this.others.filter(({ account }) => this.home.presenceOf(account) !== 'offline').length);

  /** Whom "@" may call. */
  readonly callable = $derived.by((): readonly Callable[] => {
    const people = this.others.map((member): Callable => ({ id: member.account, names: namesOf(member) }));
    return this.isAdmin ? [this.#everybody, ...people] : people;
  });

  member(account: AccountId): GroupMember | undefined {
    return this.#byAccount.get(account);
  }

  nameOf(account: AccountId): string {
    const member = this.member(account);
    const name = member ? shownName(member) : (this.#former.get(account) ?? this.home.contactWith(account)?.name);
    return name ?? this.#speech.words.groups.chat.formerMember;
  }

  /** Those a message calls, under every name they may be written by. */
  called({ all, accounts }: Mentions): readonly Callable[] {
    const people = accounts.map((account): Callable => {
      const member = this.member(account);
      return { id: account, names: member ? namesOf(member) : [this.nameOf(account)] };
    });
    return all ? [this.#everybody, ...people] : people;
  }

  get dialog(): GroupDialog | undefined {
    return this.#dialog;
  }

  show(dialog: GroupDialog): void {
    this.failure = undefined;
    this.#dialog = dialog;
  }

  ask(question: Question): void {
    this.show({ kind: 'ask', question });
  }

  closeDialog(): void {
    this.failure = undefined;
    this.#dialog = undefined;
  }

  /** Does something in the group. True when it was done; otherwise `failure` says why not. */
  async act(acting: Promise<Result<unknown, GroupFailure>>): Promise<boolean> {
    this.failure = undefined;
    const acted = await acting;
    this.failure = acted.ok ? undefined : acted.failure;
    return acted.ok;
  }

  /** Opens what is known of the group, at one of its pages. */
  openPanel(tab: PanelTab): void {
    this.tab = tab;
    this.home.side = 'info';
  }

  /** In the words of every language: whoever wrote may have chosen another one. */
  get #everybody(): Callable {
    const spoken = this.#speech.words.groups.mention.all;
    const words = LANGUAGE_NAMES.map((name) => LANGUAGES[name].words.groups.mention.all);
    return { id: ALL, names: [spoken, ...words.filter((word) => word !== spoken)] };
  }
}

function namesOf({ nickname, name }: GroupMember): readonly string[] {
  return nickname === undefined || nickname === name ? [name] : [nickname, name];
}
