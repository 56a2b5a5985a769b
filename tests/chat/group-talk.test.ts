import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../src/chat/chat.ts';
import type { Conversation, Message } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { conversationOf, conversationWith, messageIdOf, type AccountId, type GroupId, type MessageId } from '../../src/protocol/ids.ts';
import type { GroupEvent, Mentions, TimelineEntry } from '../../src/session/group-talk.ts';
import { contactNamed } from '../support/contacts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noFiles } from '../support/no-files.ts';
import { openShelf, seen, type Shelf } from '../storage/shelf.ts';

const [me, bob, carol] = ['alice', 'bob', 'carol'].map((name) => name.padEnd(43, '-') as AccountId) as [AccountId, AccountId, AccountId];
const climbers = conversationOf('climbers' as GroupId);
const NOBODY: Mentions = { all: false, accounts: [] };

const as = (name: string): MessageId => name as MessageId;
const said = (
  name: string,
  lamport: number,
  more: { author?: AccountId; text?: string; mentions?: Mentions; past?: true } = {},
): TimelineEntry => ({
  id: as(name),
  lamport,
  wall: lamport * 1000,
  direction: 'in',
  author: bob,
  text: `text of ${name}`,
  mentions: NOBODY,
  ...more,
});
const mine = (name: string, lamport: number, past?: true): TimelineEntry => ({
  id: as(name),
  lamport,
  wall: lamport * 1000,
  direction: 'out',
  text: `text of ${name}`,
  mentions: NOBODY,
  ...(past ? { past } : {}),
});
const done = (name: string, lamport: number, event: GroupEvent): TimelineEntry => ({
  id: as(name),
  lamport,
  wall: lamport * 1000,
  direction: 'event',
  event,
});
const renamed: GroupEvent = { kind: 'renamed', by: bob, byName: 'Bob', text: 'Climbers' };
const calling = (...accounts: AccountId[]): Mentions => ({ all: false, accounts });

describe('a group’s talk at alice’s', () => {
  let alice: Shelf;
  let chat: Chat;
  const clock = new ManualClock();
  const open = (): void => {
    chat = new Chat({
      me,
      store: alice.chat,
      files: noFiles,
      contacts: alice.contacts,
      clock,
      send: () => Promise.reject(new Error('nothing is sent here')),
    });
  };
  beforeEach(async () => {
    alice = await openShelf('alice');
    open();
  });
  afterEach(() => alice.close());

  const tell = async (...entries: TimelineEntry[]): Promise<void> => alice.commit(await chat.add(climbers, entries));
  const hide = (...names: string[]): Promise<void> => alice.commit([chat.remove(climbers, names.map(as))]);
  const shown = async (): Promise<readonly string[]> => (await seen(chat.timeline(climbers, 99))).map(({ id }) => id);
  const row = async (): Promise<Conversation | undefined> => alice.chat.conversation(climbers);

  it('shows what was said and done, in the order of its lamport times', async () => {
    await tell(said('three', 3, { author: carol }), said('one', 1));
    await tell(done('two', 2, renamed), mine('four', 4));
    const messages = await seen(chat.timeline(climbers, 99));
    expect(messages.map(({ id }) => id)).toEqual(['one', 'two', 'three', 'four']);
    expect(messages).toMatchObject([
      { direction: 'in', author: bob, text: 'text of one' },
      { direction: 'event', event: renamed, text: '' },
      { direction: 'in', author: carol },
      { direction: 'out', status: 'queued' },
    ]);
  });

  it('[M4] shows once and counts once what is told twice', async () => {
    await tell(said('one', 1), said('one', 1));
    await tell(said('one', 1), said('two', 2));
    expect(await shown()).toEqual(['one', 'two']);
    expect(await row()).toMatchObject({ unread: 2 });
  });

  it('has every message of its own, whatever its id was used for elsewhere', async () => {
    const theft: Message = {
      id: as('one'),
      conversation: conversationWith(carol),
      lamport: 1,
      wall: 0,
      text: 'mine',
      direction: 'in',
      author: carol,
    };
    await alice.commit([alice.chat.addMessages(theft.conversation, [theft], (before) => before)]);
    await tell(said('one', 1));
    expect(await chat.message(climbers, as('one'))).toMatchObject({ author: bob });
    expect(await chat.message(conversationWith(carol), as('one'))).toEqual(theft);
    await hide('one');
    expect(await chat.message(conversationWith(carol), as('one'))).toEqual(theft);
  });

  it('[M5] shows no control characters', async () => {
    await tell(said('one', 1, { text: 'a\u0007b\u202ec' }));
    expect(await chat.message(climbers, as('one'))).toMatchObject({ text: 'abc' });
  });

  it('says whom a message calls, and nothing where it calls nobody', async () => {
    await tell(said('one', 1, { mentions: calling(carol) }), said('two', 2));
    expect((await chat.message(climbers, as('one')))?.mentions).toEqual(calling(carol));
    expect(await chat.message(climbers, as('two'))).not.toHaveProperty('mentions');
  });

  describe('in the list', () => {
    it('has who said what last, or what was done', async () => {
      await tell(said('one', 1, { author: carol, text: 'x'.repeat(500) }));
      expect((await row())?.last).toEqual({ direction: 'in', author: carol, text: 'x'.repeat(120), wall: 1000 });
      await tell(done('two', 2, { ...renamed, kind: 'announced', text: 'y'.repeat(500) }));
      expect((await row())?.last).toEqual({
        direction: 'event',
        event: { ...renamed, kind: 'announced', text: 'y'.repeat(120) },
        wall: 2000,
      });
      await tell(said('late', 1), mine('three', 3));
      expect((await row())?.last).toEqual({ direction: 'out', text: 'text of three', wall: 3000 });
    });

    it('counts what others say, and of what they do, announcements and what is done to her', async () => {
      await tell(said('one', 1), done('two', 2, renamed));
      expect(await row()).toMatchObject({ unread: 1 });
      await tell(
        done('three', 3, { ...renamed, kind: 'announced' }),
        done('four', 4, { kind: 'made-admin', by: bob, byName: 'Bob', account: me, name: 'Alice' }),
      );
      expect(await row()).toMatchObject({ unread: 3 });
      await tell(
        done('five', 5, { ...renamed, kind: 'announced', by: me }),
        done('six', 6, { kind: 'unmuted', by: bob, byName: 'Bob', account: carol, name: 'Carol' }),
      );
      expect(await row()).toMatchObject({ unread: 3 });
    });

    it('is marked when an unread message calls her, by name or with all, until it is read', async () => {
      await tell(said('one', 1, { mentions: calling(carol) }), mine('own', 2));
      expect((await row())?.mentioned).toBe(false);
      for (const mentions of [calling(carol, me), { all: true, accounts: [] }]) {
        await tell(said(`calls ${mentions.all}`, 5, { mentions }));
        expect((await row())?.mentioned).toBe(true);
        await tell(said(`after ${mentions.all}`, 6));
        expect((await row())?.mentioned).toBe(true);
        await chat.markRead(climbers);
        expect(await row()).toMatchObject({ mentioned: false, unread: 0 });
      }
    });

    it('is read, and its draft done with, when she says something', async () => {
      await tell(said('one', 1, { mentions: calling(me) }));
      await chat.saveDraft(climbers, 'half a sen');
      await tell(mine('two', 2));
      expect(await row()).toMatchObject({ unread: 0, mentioned: false, draft: '', readUpTo: 2 });
    });

    it('has no news in what was said before she came, nor in what another device of hers said', async () => {
      await tell(said('one', 1, { past: true, mentions: calling(me) }), said('two', 2, { past: true }), said('three', 3));
      expect(await row()).toMatchObject({ unread: 1, mentioned: false, readUpTo: 2 });
      await chat.saveDraft(climbers, 'half a sen');
      await tell(mine('four', 4, true));
      expect(await row()).toMatchObject({ draft: 'half a sen', unread: 1, last: { direction: 'out' } });
    });
  });

  describe('when messages turn out to be hidden', () => {
    beforeEach(async () => {
      await tell(said('one', 1), said('two', 2), said('three', 3, { mentions: calling(me) }), done('four', 4, renamed));
    });

    it('loses them, their number and what was last', async () => {
      await hide('three', 'four', 'never was');
      expect(await shown()).toEqual(['one', 'two']);
      expect(await row()).toMatchObject({ unread: 2, mentioned: false, last: { text: 'text of two', author: bob }, lamport: 4 });
      await hide('one', 'two');
      expect(await row()).toMatchObject({ unread: 0, last: undefined, lamport: 4 });
    });

    it('stays marked while another unread message calls her', async () => {
      await tell(said('five', 5, { mentions: calling(me) }));
      await hide('three');
      expect(await row()).toMatchObject({ mentioned: true, unread: 3 });
      await hide('five');
      expect(await row()).toMatchObject({ mentioned: false, unread: 2 });
    });

    it('does not count back what she has read', async () => {
      await chat.markRead(climbers);
      await tell(said('five', 5));
      await hide('one', 'two', 'three');
      expect(await row()).toMatchObject({ unread: 1, last: { text: 'text of five' } });
    });

    it('changes nothing when none of them is there', async () => {
      const before = await row();
      await hide('nine');
      expect(await row()).toEqual(before);
      await alice.commit([chat.remove(conversationOf('choir' as GroupId), [as('one')])]);
      expect(await alice.chat.conversation(conversationOf('choir' as GroupId))).toBeUndefined();
    });

    it('takes them back when they are told again', async () => {
      await hide('two');
      await tell(said('two', 2));
      expect(await shown()).toEqual(['one', 'two', 'three', 'four']);
    });
  });

  it('moves her messages on as they leave and arrive', async () => {
    await tell(mine('one', 1), mine('two', 2));
    await alice.commit([chat.advance(climbers, 2, 'sent'), chat.advance(climbers, 1, 'delivered')]);
    const messages = await seen(chat.timeline(climbers, 9));
    expect(messages).toMatchObject([{ status: 'delivered' }, { status: 'sent' }]);
  });

  it('knows the highest lamport time at once, and after the app was closed', async () => {
    expect(await chat.lamport(climbers)).toBe(0);
    const saving = chat.add(climbers, [said('one', 7), said('two', 3)]);
    await saving;
    expect(await chat.lamport(climbers)).toBe(7);
    await alice.commit(await saving);
    open();
    expect(await chat.lamport(climbers)).toBe(7);
  });

  it('is gone when it is forgotten', async () => {
    await tell(said('one', 1));
    await alice.commit(await chat.forget(climbers));
    expect(await shown()).toEqual([]);
    expect(await row()).toBeUndefined();
    expect(await chat.lamport(climbers)).toBe(0);
  });

  describe('leaves one-to-one talk to contacts', () => {
    const text = (seed: number) => ({ type: 'text', id: new Uint8Array(16).fill(seed), lamport: seed, wall: 0, text: 'hello' }) as const;
    const contact = (phase: Contact['phase']): Contact => contactNamed(bob, 'Bob', { phase });
    const arrives = async (seed: number): Promise<void> => alice.commit(await chat.received(bob, [text(seed)]));
    const has = async (seed: number): Promise<boolean> =>
      (await chat.message(conversationWith(bob), messageIdOf(new Uint8Array(16).fill(seed)))) !== undefined;

    it('[M6] drops what a member writes who is none, or is not one yet', async () => {
      await arrives(1);
      await alice.commit([alice.contacts.putContact(contact('accepting'))]);
      await arrives(2);
      expect([await has(1), await has(2)]).toEqual([false, false]);
      expect(await alice.chat.conversation(conversationWith(bob))).toBeUndefined();
      await alice.commit([alice.contacts.putContact(contact('active'))]);
      await arrives(3);
      expect(await has(3)).toBe(true);
    });

    it('[M6] drops it again once the contact is removed', async () => {
      await alice.commit([alice.contacts.putContact(contact('active'))]);
      await arrives(1);
      await alice.commit([alice.contacts.deleteContact(bob), ...(await chat.forget(conversationWith(bob)))]);
      await arrives(2);
      expect([await has(1), await has(2)]).toEqual([false, false]);
    });
  });
});
