/** Who may be called, and is anybody quiet: what contacts, groups and presence know, at hand without asking the store. */
import type { CallPeople } from '../calls/ports.ts';
import type { Contact } from '../contacts/ports.ts';
import type { Group, GroupMember } from '../groups/ports.ts';
import { Cell, type Observable, type Subscription } from '../lib/observable.ts';
import type { OwnPresence } from '../presence/ports.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';

export interface KnownPeopleOptions {
  readonly me: { readonly id: AccountId; readonly name: string };
  readonly contacts: Observable<readonly Contact[]>;
  readonly groups: Observable<readonly Group[]>;
  readonly presence: Observable<{ readonly shown: OwnPresence }>;
  readonly troubled: (reason: unknown) => void;
}

export class KnownPeople implements CallPeople {
  readonly changes = new Cell(0);
  readonly #me: KnownPeopleOptions['me'];
  readonly #subscriptions: readonly Subscription[];
  #contacts: ReadonlyMap<AccountId, Contact> = new Map();
  #groups: ReadonlyMap<GroupId, Group> = new Map();
  #isBusy = false;

  constructor({ me, contacts, groups, presence, troubled }: KnownPeopleOptions) {
    this.#me = me;
    this.#subscriptions = [
      contacts.subscribe((all) => this.#change(() => (this.#contacts = new Map(all.map((each) => [each.id, each])))), troubled),
      groups.subscribe((all) => this.#change(() => (this.#groups = new Map(all.map((each) => [each.id, each])))), troubled),
      presence.subscribe(({ shown }) => this.#change(() => (this.#isBusy = shown === 'busy')), troubled),
    ];
  }

  isContact(account: AccountId): boolean {
    const contact = this.#contacts.get(account);
    return contact?.phase === 'active' && contact.review === undefined;
  }

  isMember(group: GroupId, account: AccountId): boolean {
    return this.#member(group, account) !== undefined;
  }

  isAdmin(group: GroupId, account: AccountId): boolean {
    const role = this.#member(group, account)?.role;
    return role === 'owner' || role === 'admin';
  }

  isVerified(account: AccountId): boolean {
    return this.#contacts.get(account)?.verified ?? false;
  }

  isQuiet(from: { readonly contact: AccountId } | { readonly group: GroupId }): boolean {
    return this.#isBusy || ('group' in from && this.#groups.get(from.group)?.notify === 'nothing');
  }

  /** What somebody is called; empty when they are unknown. */
  nameOf(whom: AccountId | GroupId): string {
    if (whom === this.#me.id) return this.#me.name;
    return this.#contacts.get(whom as AccountId)?.name ?? this.#groups.get(whom as GroupId)?.name ?? '';
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #member(group: GroupId, account: AccountId): GroupMember | undefined {
    const known = this.#groups.get(group);
    return known?.phase === 'active' ? known.members.find((member) => member.account === account) : undefined;
  }

  #change(step: () => void): void {
    step();
    this.changes.set(this.changes.value + 1);
  }
}
