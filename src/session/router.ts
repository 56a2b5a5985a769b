/** Takes contents to the rooms that know them. The rooms never meet each other; they meet here, by content type. */
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

  /** What rooms make of contents that were admitted. */
  async received(from: AccountId, contents: readonly Content[]): Promise<readonly Write[]> {
    const groups = await Promise.all(
      [...groupByType(contents, (content) => content.type)].map(async ([type, group]) => {
        const writes = await this.#handlers.get(type)?.received(from, group);
        return writes ?? [];
      }),
    );
    return groups.flat();
  }

  sent(to: AccountId, entries: readonly Reference[]): readonly Write[] {
    return this.#tell(entries, (handler, references) => handler.sent(to, references));
  }

  delivered(to: AccountId, entries: readonly Reference[]): readonly Write[] {
    return this.#tell(entries, (handler, references) => handler.delivered(to, references));
  }

  /** What a room that is not here any more left in the outbox goes all the same, and nobody is told. */
  #tell(entries: readonly Reference[], verb: (handler: AnyHandler, references: readonly string[]) => readonly Write[]): readonly Write[] {
    return [...groupByType(entries, (entry) => entry.type)].flatMap(([type, group]) => {
      const handler = this.#handlers.get(type);
      return handler
        ? verb(
            handler,
            group.map(({ reference }) => reference),
          )
        : [];
    });
  }
}

interface Reference {
  readonly type: Content['type'];
  readonly reference: string;
}

function groupByType<Item>(items: readonly Item[], typeOf: (item: Item) => Content['type']): Map<Content['type'], Item[]> {
  const groups = new Map<Content['type'], Item[]>();
  for (const item of items) {
    const group = groups.get(typeOf(item));
    if (group) group.push(item);
    else groups.set(typeOf(item), [item]);
  }
  return groups;
}
