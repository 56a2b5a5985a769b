/** Takes contents to the rooms that know them. The rooms never meet each other; they meet here, by content type. */
import { groupBy } from '../lib/group-by.ts';
import type { Write } from '../lib/write.ts';
import type { Content, ContentOf } from '../protocol/content.ts';
import type { AccountId } from '../protocol/ids.ts';

/**
 * What a room does with one type of content. Each verb answers with what is to be stored; the session saves that in one
 * transaction with its own step, so the two can never disagree.
 */
export interface ContentHandler<Type extends Content['type']> {
  /** Contents from a contact, in the order they were sent. The same content may come twice after the other side lost data. */
  received(from: AccountId, contents: readonly ContentOf<Type>[]): Promise<readonly Write[]>;
  /** Contents of ours to a contact, by reference, that are about to leave this browser. */
  sent(to: AccountId, references: readonly string[]): readonly Write[];
  /** Contents of ours, by reference, that are stored in the other browser. */
  delivered(to: AccountId, references: readonly string[]): readonly Write[];
}

/** How somebody stands to us: a contact, or only a member of a group we are in as well. */
export type Standing = 'contact' | 'fellow';

/** What a fellow may send (D10). To be talked to or asked into other groups, people become contacts first. */
const FELLOW_CONTENTS: ReadonlySet<Content['type']> = new Set<Content['type']>(['groupRequest', 'groupAnswer', 'groupHistory']);

/** Whether it may go to somebody who may know us only as a fellow. */
export function isForFellows(type: Content['type']): boolean {
  return FELLOW_CONTENTS.has(type);
}

type AnyHandler = ContentHandler<Content['type']>;

export class Router {
  readonly #handlers = new Map<Content['type'], AnyHandler>();

  register<Type extends Content['type']>(type: Type, handler: ContentHandler<Type>): void {
    // The map gives each handler the contents of its own type only; the compiler cannot see that.
    this.#handlers.set(type, handler as unknown as AnyHandler);
  }

  /** What becomes of a content of this type from somebody who stands to us like this. `unknown`: no room has registered for it. */
  admission(type: Content['type'], from: Standing): 'admitted' | 'refused' | 'unknown' {
    if (from === 'fellow' && !isForFellows(type)) return 'refused';
    return this.#handlers.has(type) ? 'admitted' : 'unknown';
  }

  /** What rooms make of contents that were admitted. A room that knows several types gets all of them together, in the order they were sent. */
  async received(from: AccountId, contents: readonly Content[]): Promise<readonly Write[]> {
    const writes = await Promise.all(this.#byHandler(contents).map(([handler, group]) => handler.received(from, group)));
    return writes.flat();
  }

  sent(to: AccountId, entries: readonly Reference[]): readonly Write[] {
    return this.#byHandler(entries).flatMap(([handler, group]) => handler.sent(to, referencesOf(group)));
  }

  delivered(to: AccountId, entries: readonly Reference[]): readonly Write[] {
    return this.#byHandler(entries).flatMap(([handler, group]) => handler.delivered(to, referencesOf(group)));
  }

  /** What a room that is not here any more left in the outbox goes all the same, and nobody is told. */
  #byHandler<Item extends Pick<Reference, 'type'>>(items: readonly Item[]): readonly (readonly [AnyHandler, readonly Item[]])[] {
    const known = items.flatMap((item) => {
      const handler = this.#handlers.get(item.type);
      return handler ? [{ handler, item }] : [];
    });
    return [...groupBy(known, ({ handler }) => handler)].map(([handler, group]) => [handler, group.map(({ item }) => item)] as const);
  }
}

interface Reference {
  readonly type: Content['type'];
  readonly reference: string;
}

function referencesOf(entries: readonly Reference[]): readonly string[] {
  return entries.map(({ reference }) => reference);
}
