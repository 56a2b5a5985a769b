import { Dexie, type Transaction } from 'dexie';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation, Message } from '../../src/chat/ports.ts';
import { conversationWith, type AccountId, type ConversationId, type MessageId } from '../../src/protocol/ids.ts';
import type { Later } from '../../src/storage/after-this.ts';
import { newEngine, openShelf, plant, rowsOnDisk, seen, type Shelf } from './shelf.ts';

const bob = 'bobs-account-id' as AccountId;
const carol = 'carols-account-id' as AccountId;
const withBob = conversationWith(bob);
const withCarol = conversationWith(carol);
const as = (id: string): MessageId => id as MessageId;

function received(id: string, lamport: number, text = `message ${id}`, conversation: ConversationId = withBob): Message {
  return { id: as(id), conversation, lamport, wall: 1_700_000_000_000, text, direction: 'in', author: bob };
}

function written(id: string, lamport: number, text = `message ${id}`): Message {
  return { id: as(id), conversation: withBob, lamport, wall: 1_700_000_000_000, text, direction: 'out', status: 'queued' };
}

const counted = (before: Conversation, added: readonly Message[]): Conversation => ({ ...before, unread: before.unread + added.length });
const textsOf = (messages: readonly Message[]): string[] => messages.map(({ text }) => text);
const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);
/** The transaction that is not saved yet, if this is told within one. */
const saving = (): Transaction | null => Dexie.currentTransaction;

describe('alice’s chat store', () => {
  let alice: Shelf;
  beforeEach(async () => {
    alice = await openShelf('alice');
  });
  afterEach(() => alice.close());

  const add = (...messages: Message[]): Promise<void> =>
    alice.commit(messages.map((message) => alice.chat.addMessages(message.conversation, [message], counted)));

  it('gives a message back as it was put', async () => {
    await add(received('one', 1), written('two', 2));
    expect(await alice.chat.message(withBob, as('one'))).toEqual(received('one', 1));
    expect(await alice.chat.message(withBob, as('two'))).toEqual(written('two', 2));
    expect(await alice.chat.message(withBob, as('three'))).toBeUndefined();
  });

  it('keeps what it has across closing and opening again', async () => {
    await add(received('one', 1));
    await alice.close();
    alice = await openShelf('alice', alice.engine);
    expect(await alice.chat.message(withBob, as('one'))).toEqual(received('one', 1));
  });

  it('shows the newest messages of one talk, oldest first, ties by message id', async () => {
    await add(
      received('d', 4),
      received('b2', 2),
      received('b1', 2),
      received('a', 1),
      received('x', 9, 'elsewhere', withCarol),
      received('c', 3),
    );
    expect(idsOf(await seen(alice.chat.watchTimeline(withBob, 10)))).toEqual(['a', 'b1', 'b2', 'c', 'd']);
    expect(idsOf(await seen(alice.chat.watchTimeline(withBob, 2)))).toEqual(['c', 'd']);
  });

  it('tells who watches of a new message', async () => {
    const three = seen(alice.chat.watchTimeline(withBob, 10), (messages) => messages.length === 3);
    await add(received('a', 1), received('b', 2));
    await add(received('c', 3));
    expect(idsOf(await three)).toEqual(['a', 'b', 'c']);
  });

  describe('when it is up to the test when there is time to draw', () => {
    let later: Later;
    beforeEach(async () => {
      later = (draw) => draw();
      await alice.close();
      alice = await openShelf('alice', newEngine(), (draw) => later(draw));
    });

    /** What the timeline told from its first word on; in brackets what was not saved yet. */
    async function tellings(): Promise<string[]> {
      const told: string[] = [];
      alice.chat.watchTimeline(withBob, 10).subscribe((messages) => {
        const ids = idsOf(messages).join('');
        told.push(saving() ? `(${ids})` : ids);
      });
      await expect.poll(() => told.length).toBe(1);
      return told;
    }

    it('shows what comes while it is being saved, and what alice writes only when it is', async () => {
      const told = await tellings();
      await add(received('a', 1));
      await add(written('b', 2));
      expect(told).toEqual(['', '(a)', 'ab']);
    });

    it('shows what comes once all is saved when another write takes the same talk', async () => {
      const told = await tellings();
      await add(received('a', 1));
      await alice.commit([
        alice.chat.removeMessages(withBob, [as('a')], (before) => before),
        alice.chat.addMessages(withBob, [received('a', 1)], counted),
      ]);
      expect(told).toEqual(['', '(a)', '', 'a']);
    });

    it('takes back what it showed when the database refuses to save it, and shows it when it comes again', async () => {
      const told = await tellings();
      later = (draw) => {
        draw();
        saving()?.idbtrans.abort();
      };
      await expect(add(received('a', 1))).rejects.toMatchObject({ kind: 'storage-refused' });
      await expect.poll(() => told).toEqual(['', '(a)', '']);
      expect(await alice.chat.message(withBob, as('a'))).toBeUndefined();
      later = (draw) => draw();
      await add(received('a', 1));
      expect(told).toEqual(['', '(a)', '', '(a)']);
      expect(await alice.chat.message(withBob, as('a'))).toEqual(received('a', 1));
    });

    it('never shows what the database refused before there was time', async () => {
      const told = await tellings();
      const drawings: (() => void)[] = [];
      later = (draw) => {
        drawings.push(draw);
        saving()?.idbtrans.abort();
      };
      await expect(add(received('a', 1))).rejects.toMatchObject({ kind: 'storage-refused' });
      for (const draw of drawings) draw();
      expect(drawings).toHaveLength(1);
      expect(told).toEqual(['']);
    });
  });

  it('goes on showing what is there when something else comes by its name', async () => {
    await add(received('a', 1));
    const told: string[] = [];
    alice.chat.watchTimeline(withBob, 10).subscribe((messages) => told.push(textsOf(messages).join()));
    await expect.poll(() => told).toEqual(['message a']);
    await add(received('a', 1, 'another word'));
    await expect.poll(() => told.at(-1)).toBe('message a');
  });

  it('opens a row once for a watcher, however often it asks again', async () => {
    const told: (readonly Message[])[] = [];
    await add(received('a', 1));
    const watching = alice.chat.watchTimeline(withBob, 10);
    const subscription = watching.subscribe((messages) => told.push(messages));
    await expect.poll(() => told.at(-1)?.length).toBe(1);
    await add(received('b', 2));
    await expect.poll(() => told.at(-1)?.length).toBe(2);
    subscription.unsubscribe();
    expect(told.at(-1)?.[0]).toBe(told.at(0)?.[0]);
  });

  it('shows a message anew when it was rewritten', async () => {
    await add(written('a', 1));
    const sent = seen(alice.chat.watchTimeline(withBob, 10), ([message]) => message?.direction === 'out' && message.status === 'sent');
    await seen(alice.chat.watchTimeline(withBob, 10));
    await alice.commit([alice.chat.advance(withBob, 1, 'sent')]);
    expect(await sent).toEqual([{ ...written('a', 1), status: 'sent' }]);
  });

  it('adds a message once, and counts it once', async () => {
    await add(received('a', 1));
    await add(received('a', 1, 'the same again'), received('b', 2));
    expect(textsOf(await seen(alice.chat.watchTimeline(withBob, 10)))).toEqual(['message a', 'message b']);
    expect((await alice.chat.conversation(withBob))?.unread).toBe(2);
  });

  it('counts the very same message once when it comes twice in one commit', async () => {
    const twice = received('a', 1);
    await add(twice, twice);
    expect((await alice.chat.conversation(withBob))?.unread).toBe(1);
  });

  it('rewrites a conversation from what is stored, not from what the caller last saw', async () => {
    const raise = (): Promise<void> =>
      alice.commit([alice.chat.updateConversation(withBob, (before) => ({ ...before, unread: before.unread + 1 }))]);
    await Promise.all([raise(), raise(), raise()]);
    expect((await alice.chat.conversation(withBob))?.unread).toBe(3);
  });

  it('lists the conversation touched last first', async () => {
    const touch = (id: ConversationId, touched: number) => alice.chat.updateConversation(id, (before) => ({ ...before, touched }));
    await alice.commit([touch(withBob, 5), touch(withCarol, 7)]);
    expect((await seen(alice.chat.watchConversations())).map(({ id }) => id)).toEqual([withCarol, withBob]);
  });

  it('never moves a status back, and never gives one to a message that came in', async () => {
    await add(written('a', 1), received('b', 2), written('c', 3), written('d', 4));
    await alice.commit([alice.chat.advance(withBob, 2, 'delivered'), alice.chat.advance(withBob, 3, 'sent')]);
    await alice.commit([alice.chat.advance(withBob, 1, 'sent'), alice.chat.advance(withBob, 1, 'delivered')]);
    expect(await alice.chat.message(withBob, as('a'))).toMatchObject({ status: 'delivered' });
    expect(await alice.chat.message(withBob, as('b'))).toEqual(received('b', 2));
    const shown = await seen(alice.chat.watchTimeline(withBob, 10));
    expect(shown.map((message) => message.direction === 'out' && message.status)).toEqual(['delivered', false, 'sent', 'queued']);
  });

  it('begins no conversation by saying how far one has come that is gone', async () => {
    await alice.commit([alice.chat.advance(withBob, 7, 'delivered')]);
    expect(await alice.chat.conversation(withBob)).toBeUndefined();
  });

  it('removes a conversation with its messages, and no other', async () => {
    await add(received('a', 1), received('x', 1, 'stays', withCarol));
    await alice.commit([alice.chat.deleteConversation(withBob)]);
    expect(await alice.chat.conversation(withBob)).toBeUndefined();
    expect(await alice.chat.message(withBob, as('a'))).toBeUndefined();
    expect(textsOf(await seen(alice.chat.watchTimeline(withCarol, 10)))).toEqual(['stays']);
  });

  describe('when messages are removed', () => {
    const remove = (...ids: string[]): Promise<void> =>
      alice.commit([
        alice.chat.removeMessages(withBob, ids.map(as), (before, removed, left) => ({
          ...before,
          draft: `${textsOf(removed).toSorted().join()} of ${textsOf(left).join()}`,
        })),
      ]);

    it('says which really were, and which are left, the newest first', async () => {
      await add(received('a', 1), received('b', 2), received('c', 3), received('d', 4), received('x', 9, 'elsewhere', withCarol));
      await remove('b', 'd', 'x', 'nothing');
      expect((await alice.chat.conversation(withBob))?.draft).toBe('message b,message d of message c,message a');
      expect(textsOf(await seen(alice.chat.watchTimeline(withCarol, 10)))).toEqual(['elsewhere']);
    });

    it('leaves the conversation alone when none was there', async () => {
      await add(received('a', 1));
      await remove('b');
      expect((await alice.chat.conversation(withBob))?.draft).toBe('');
      await alice.commit([alice.chat.removeMessages(withCarol, [as('a')], (before) => before)]);
      expect(await alice.chat.conversation(withCarol)).toBeUndefined();
    });

    it('tells who watches the talk, and who watches the list', async () => {
      await add(received('a', 1), received('b', 2), received('c', 3));
      const told: (readonly string[])[] = [];
      const subscription = alice.chat.watchTimeline(withBob, 10).subscribe((messages) => told.push(idsOf(messages)));
      const listed = seen(alice.chat.watchConversations(), ([conversation]) => conversation?.draft.startsWith('message b') === true);
      await expect.poll(() => told.at(-1)).toEqual(['a', 'b', 'c']);
      await remove('b');
      await expect.poll(() => told.at(-1)).toEqual(['a', 'c']);
      await listed;
      await remove('nothing');
      await add(received('b', 2));
      await expect.poll(() => told.at(-1)).toEqual(['a', 'b', 'c']);
      expect(told).toHaveLength(3);
      subscription.unsubscribe();
    });

    it('shows what was above the stretch on screen in their place', async () => {
      await add(...['a', 'b', 'c', 'd', 'e'].map((id, at) => received(id, at + 1)));
      const told: (readonly string[])[] = [];
      const subscription = alice.chat.watchTimeline(withBob, 3).subscribe((messages) => told.push(idsOf(messages)));
      await expect.poll(() => told.at(-1)).toEqual(['c', 'd', 'e']);
      await remove('d');
      await expect.poll(() => told.at(-1)).toEqual(['b', 'c', 'e']);
      subscription.unsubscribe();
    });

    it('shows none of them to whoever begins to watch meanwhile', async () => {
      await add(...['a', 'b', 'c', 'd', 'e'].map((id, at) => received(id, at + 1)));
      for (const [limit, shown] of [
        [3, 'b c e'],
        [10, 'a b c e'],
      ] as const) {
        const told: (readonly string[])[] = [];
        const subscription = alice.chat.watchTimeline(withBob, limit).subscribe((messages) => told.push(idsOf(messages)));
        await Promise.all([remove('d'), add(written('own', 0), received('f', 6)), remove('own', 'f')]);
        await expect.poll(() => told.at(-1)?.join(' ')).toBe(shown);
        subscription.unsubscribe();
        await add(received('d', 4));
      }
    });
  });

  it('carries out writes in their order where it matters', async () => {
    const [message] = [received('a', 1)];
    await alice.commit([
      alice.chat.addMessages(withBob, [message], counted),
      alice.chat.deleteConversation(withBob),
      alice.chat.addMessages(withBob, [message], counted),
    ]);
    expect((await alice.chat.conversation(withBob))?.unread).toBe(1);
  });

  it('[V13] attack 52: leaves out a row moved into another conversation, and says so', async () => {
    await add(received('a', 1, 'for bob alone'), received('x', 1, 'from carol', withCarol));
    const [one, other] = await rowsOnDisk(alice, 'messages');
    await plant(alice, 'messages', { ...one, conversation: other?.['conversation'] });
    await plant(alice, 'messages', { ...other, conversation: one?.['conversation'] });
    expect(await seen(alice.chat.watchTimeline(withBob, 10))).toEqual([]);
    expect(await seen(alice.chat.watchTimeline(withCarol, 10))).toEqual([]);
    expect(alice.damaged).toHaveLength(2);
  });

  it('leaves out rows whose boxes were exchanged, reordered or changed, and shows the rest', async () => {
    await add(received('a', 1), received('b', 2), received('c', 3), received('d', 4), received('e', 5));
    const [a, b, c, d] = await rowsInOrder(alice);
    await plant(alice, 'messages', { ...a, box: b?.['box'] });
    await plant(alice, 'messages', { ...b, box: a?.['box'] });
    await plant(alice, 'messages', { ...c, lamport: 99 });
    await plant(alice, 'messages', { ...d, box: 'not even bytes' });
    expect(idsOf(await seen(alice.chat.watchTimeline(withBob, 10)))).toEqual(['e']);
    expect(alice.damaged.map(({ table }) => table)).toEqual(['messages', 'messages', 'messages', 'messages']);
    expect(await alice.chat.message(withBob, as('a'))).toBeUndefined();
  });
});

async function rowsInOrder(shelf: Shelf) {
  const rows = await rowsOnDisk(shelf, 'messages');
  return rows.sort((one, other) => Number(one['lamport']) - Number(other['lamport']));
}
