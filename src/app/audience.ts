/** Who sees a talk: the contact it is with, or the members of the group as they are now. Who left a group gets nothing more, and is asked for nothing. */
import type { Contact } from '../contacts/ports.ts';
import type { Audience } from '../files/ports.ts';
import type { Group } from '../groups/ports.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { conversationOf, conversationWith, type AccountId, type ConversationId } from '../protocol/ids.ts';

export class TalkAudience implements Audience {
  readonly changes = new Cell<unknown>(undefined);
  readonly #me: AccountId;
  readonly #undo: (() => void)[] = [];
  #contacts: ReadonlyMap<ConversationId, readonly AccountId[]> = new Map();
  #groups: ReadonlyMap<ConversationId, readonly AccountId[]> = new Map();

  constructor(me: AccountId) {
    this.#me = me;
  }

  of(conversation: ConversationId): readonly AccountId[] {
    return this.#contacts.get(conversation) ?? this.#groups.get(conversation) ?? [];
  }

  /** From now on. `failed`: they can no longer be watched; what was known last stands. */
  follow(contacts: Observable<readonly Contact[]>, groups: Observable<readonly Group[]>, failed: (reason: unknown) => void): void {
    const watched = [
      contacts.subscribe((all) => {
        this.#contacts = new Map(all.filter(({ phase }) => phase === 'active').map(({ id }) => [conversationWith(id), [id]]));
        this.changes.set(all);
      }, failed),
      groups.subscribe((all) => {
        this.#groups = new Map(
          all.filter(({ phase }) => phase === 'active').map((group) => [conversationOf(group.id), this.#othersIn(group)]),
        );
        this.changes.set(all);
      }, failed),
    ];
    this.#undo.push(...watched.map((subscription) => () => subscription.unsubscribe()));
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #othersIn({ members }: Group): readonly AccountId[] {
    return members.map(({ account }) => account).filter((account) => account !== this.#me);
  }
}
