/**
 * Timelines that are being watched, kept in memory and told of what was saved.
 *
 * Asking the database again for a screenful of messages costs more than everything else a new message costs. One tab owns
 * the account and all its writes pass here, so what was saved is known without asking.
 */
import { withProgress, type Message, type Progress } from '../chat/ports.ts';
import type { Observable } from '../lib/observable.ts';
import type { ConversationId } from '../protocol/ids.ts';

/** Undefined when there is nothing more to tell. */
type LoadNewest = (conversation: ConversationId, limit: number) => Promise<readonly Message[] | undefined>;

interface Watcher {
  readonly limit: number;
  readonly next: (messages: readonly Message[]) => void;
  /** Oldest first; undefined until loaded. */
  messages: readonly Message[] | undefined;
  /** What was saved while loading: the answer may or may not have it already. */
  readonly early: Message[];
  /** The newest progress told while loading. */
  earlyProgress: Progress | undefined;
}

export class TimelineFeed {
  readonly #load: LoadNewest;
  readonly #watchers = new Map<ConversationId, Set<Watcher>>();

  constructor(load: LoadNewest) {
    this.#load = load;
  }

  /** The newest `limit` messages, oldest first, now and after every change. */
  watch(conversation: ConversationId, limit: number): Observable<readonly Message[]> {
    return {
      subscribe: (next, error) => {
        const watcher: Watcher = { limit, next, messages: undefined, early: [], earlyProgress: undefined };
        const watchers = this.#watchers.get(conversation) ?? new Set();
        this.#watchers.set(conversation, watchers.add(watcher));
        this.#load(conversation, limit).then(
          (loaded) => {
            if (!loaded || !watchers.has(watcher)) return;
            const messages = merge([...loaded].sort(inOrder), watcher.early.splice(0), limit);
            tell(watcher, watcher.earlyProgress ? advance(messages, watcher.earlyProgress) : messages);
          },
          (reason: unknown) => error?.(reason),
        );
        return {
          unsubscribe: () => {
            watchers.delete(watcher);
            if (watchers.size === 0 && this.#watchers.get(conversation) === watchers) this.#watchers.delete(conversation);
          },
        };
      },
    };
  }

  /** These messages were saved: new, or as they are from now on. */
  changed(messages: readonly Message[]): void {
    for (const [conversation, watchers] of this.#watchers) {
      const theirs = messages.filter((message) => message.conversation === conversation);
      if (theirs.length === 0) continue;
      for (const watcher of watchers) {
        if (watcher.messages) tell(watcher, merge(watcher.messages, theirs, watcher.limit));
        else watcher.early.push(...theirs);
      }
    }
  }

  /** My messages in the conversation have come so far. */
  advanced(conversation: ConversationId, progress: Progress): void {
    for (const watcher of this.#watchers.get(conversation) ?? []) {
      if (!watcher.messages) {
        watcher.earlyProgress = progress;
        continue;
      }
      const advanced = advance(watcher.messages, progress);
      if (advanced !== watcher.messages) tell(watcher, advanced);
    }
  }

  /** Everything in the conversation was deleted. */
  cleared(conversation: ConversationId): void {
    for (const watcher of this.#watchers.get(conversation) ?? []) tell(watcher, []);
  }
}

function tell(watcher: Watcher, messages: readonly Message[]): void {
  watcher.messages = messages;
  watcher.next(messages);
}

/** The same list when nothing in it has come further. */
function advance(messages: readonly Message[], progress: Progress): readonly Message[] {
  const advanced = messages.map((message) => withProgress(message, progress));
  return advanced.some((message, index) => message !== messages[index]) ? advanced : messages;
}

/** `messages` with the changed ones in place of what they were, or where they belong, and no longer than `limit`. */
function merge(messages: readonly Message[], changed: readonly Message[], limit: number): readonly Message[] {
  if (changed.length === 0) return messages;
  const latest = new Map(changed.map((message) => [message.id, message]));
  const kept = messages.map((message) => take(latest, message.id) ?? message);
  return [...kept, ...latest.values()].sort(inOrder).slice(-limit);
}

function take<Key, Value>(from: Map<Key, Value>, key: Key): Value | undefined {
  const value = from.get(key);
  from.delete(key);
  return value;
}

/** IndexedDB breaks ties by row id, which is a tag: both sides of a talk agree on the message id alone. */
function inOrder(a: Message, b: Message): number {
  return a.lamport - b.lamport || (a.id < b.id ? -1 : 1);
}
