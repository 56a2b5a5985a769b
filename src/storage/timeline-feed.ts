/**
 * Timelines that are being watched, kept in memory and told of what was saved.
 *
 * Asking the database again for a screenful of messages costs more than everything else a new message costs. One tab owns
 * the account and all its writes pass here, so what was saved is known without asking.
 */
import { withProgress, type Message, type Progress } from '../chat/ports.ts';
import type { Observable } from '../lib/observable.ts';
import type { ConversationId, MessageId } from '../protocol/ids.ts';

/** Undefined when there is nothing more to tell. */
type LoadNewest = (conversation: ConversationId, limit: number) => Promise<readonly Message[] | undefined>;

interface Watcher {
  readonly limit: number;
  readonly next: (messages: readonly Message[]) => void;
  readonly error: ((reason: unknown) => void) | undefined;
  /** Oldest first; undefined until loaded. */
  messages: readonly Message[] | undefined;
  /** What was saved while loading: the answer may or may not have it already. */
  readonly early: Message[];
  /** What was removed while loading. */
  readonly gone: Set<MessageId>;
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
        const watcher: Watcher = { limit, next, error, messages: undefined, early: [], gone: new Set(), earlyProgress: undefined };
        const watchers = this.#watchers.get(conversation) ?? new Set();
        this.#watchers.set(conversation, watchers.add(watcher));
        this.#fill(conversation, watcher);
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
        else keepEarly(watcher, theirs);
      }
    }
  }

  /** These were told of and not saved, or something else is saved by their names: what is there is read again. */
  takenBack(messages: readonly Message[]): void {
    for (const conversation of new Set(messages.map((message) => message.conversation))) {
      for (const watcher of this.#watchers.get(conversation) ?? []) {
        watcher.early.length = 0;
        this.#fill(conversation, watcher);
      }
    }
  }

  /** These messages were removed. A stretch that may have more above it is read again: it would end too low. */
  removed(conversation: ConversationId, ids: readonly MessageId[]): void {
    for (const watcher of this.#watchers.get(conversation) ?? []) {
      const { messages, limit } = watcher;
      if (!messages) {
        forgetEarly(watcher, ids);
        continue;
      }
      const left = messages.filter(({ id }) => !ids.includes(id));
      if (left.length === messages.length) continue;
      if (messages.length < limit) tell(watcher, left);
      else this.#fill(conversation, watcher);
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
    for (const watcher of this.#watchers.get(conversation) ?? []) {
      watcher.early.length = 0;
      tell(watcher, []);
    }
  }

  #fill(conversation: ConversationId, watcher: Watcher): void {
    watcher.messages = undefined;
    watcher.earlyProgress = undefined;
    this.#load(conversation, watcher.limit).then(
      (loaded) => {
        // Told meanwhile: everything was deleted, and what was read is from before.
        if (!loaded || watcher.messages || !this.#watchers.get(conversation)?.has(watcher)) return;
        const kept = loaded.filter(({ id }) => !watcher.gone.has(id));
        if (kept.length < loaded.length && loaded.length === watcher.limit) {
          watcher.gone.clear();
          this.#fill(conversation, watcher);
          return;
        }
        const messages = merge([...kept].sort(inOrder), watcher.early.splice(0), watcher.limit);
        watcher.gone.clear();
        tell(watcher, watcher.earlyProgress ? advance(messages, watcher.earlyProgress) : messages);
      },
      (reason: unknown) => watcher.error?.(reason),
    );
  }
}

function keepEarly({ early, gone }: Watcher, messages: readonly Message[]): void {
  for (const { id } of messages) gone.delete(id);
  early.push(...messages);
}

function forgetEarly({ early, gone }: Watcher, ids: readonly MessageId[]): void {
  for (const id of ids) gone.add(id);
  early.splice(0, early.length, ...early.filter(({ id }) => !gone.has(id)));
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
