import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/ports.ts';
import { conversationWith, type AccountId, type MessageId } from '../../src/protocol/ids.ts';
import { TimelineFeed } from '../../src/storage/timeline-feed.ts';

const bob = 'bob' as AccountId;
const withBob = conversationWith(bob);
const ids = (text: string): MessageId[] => text.split(' ').filter((each) => each !== '') as MessageId[];
/** Named by letters that stand in the order they were written in. */
const messages = (text: string): Message[] =>
  ids(text).map((id) => ({ id, conversation: withBob, lamport: id.charCodeAt(0), wall: 0, text: id, direction: 'out', status: 'queued' }));

/** Somebody watches, and the store answers when the test says so. */
function watch(limit: number) {
  const answers: ((loaded: readonly Message[]) => void)[] = [];
  const feed = new TimelineFeed(() => new Promise((resolve) => answers.push(resolve)));
  const told: string[] = [];
  feed.watch(withBob, limit).subscribe((shown) => told.push(shown.map(({ id }) => id).join(' ')));
  return {
    feed,
    told,
    questions: () => answers.length,
    answer: async (text: string): Promise<void> => {
      answers.at(-1)?.(messages(text));
      await Promise.resolve();
    },
  };
}

describe('a talk on screen', () => {
  it('asks again when some of what the store had read was removed meanwhile, and there may be more above', async () => {
    const { feed, told, questions, answer } = watch(3);
    feed.removed(withBob, ids('d'));
    await answer('c d e');
    expect([told, questions()]).toEqual([[], 2]);
    await answer('b c e');
    expect(told).toEqual(['b c e']);
  });

  it('does not ask again when there was nothing above, or nothing of it was removed', async () => {
    const short = watch(5);
    short.feed.removed(withBob, ids('d'));
    await short.answer('c d e');
    const other = watch(3);
    other.feed.removed(withBob, ids('a'));
    await other.answer('c d e');
    expect([short.told, other.told]).toEqual([['c e'], ['c d e']]);
  });

  it('shows what was saved while the store read, but for what was removed again', async () => {
    const { feed, told, answer } = watch(9);
    feed.changed(messages('e f g'));
    feed.removed(withBob, ids('f b'));
    feed.changed(messages('b'));
    await answer('a c d');
    expect(told).toEqual(['a b c d e g']);
  });

  it('stays empty when everything was deleted while the store read', async () => {
    const { feed, told, answer } = watch(9);
    feed.changed(messages('c'));
    feed.cleared(withBob);
    await answer('a b');
    expect(told).toEqual(['']);
  });

  it('reads again for one who saw as much as they asked for', async () => {
    const { feed, told, questions, answer } = watch(3);
    await answer('c d e');
    feed.removed(withBob, ids('x'));
    expect(questions()).toBe(1);
    feed.removed(withBob, ids('d'));
    feed.changed(messages('f'));
    await answer('b c e');
    expect(told).toEqual(['c d e', 'c e f']);
  });
});
