import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../src/chat/chat.ts';
import { textOf, utf8, type Bytes } from '../../src/lib/bytes.ts';
import type { Write } from '../../src/lib/write.ts';
import type { ContentOf } from '../../src/protocol/content.ts';
import { conversationOf, conversationWith, fileIdOf, messageIdOf, type AccountId, type GroupId } from '../../src/protocol/ids.ts';
import type { Attachment, AttachmentKeeper, AttachmentPlace } from '../../src/session/attachment.ts';
import { Router } from '../../src/session/router.ts';
import type { Outgoing } from '../../src/session/session.ts';
import { contactNamed } from '../support/contacts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openShelf, seen, type Shelf } from '../storage/shelf.ts';

const [me, bob] = ['alice', 'bob'].map((name) => name.padEnd(43, '-') as AccountId) as [AccountId, AccountId];
const withBob = conversationWith(bob);
const climbers = conversationOf('climbers' as GroupId);
/** Where the keeper writes what it remembers: a row nobody else knows. */
const notes = conversationOf('what the keeper remembers' as GroupId);

function attachmentCalled(name: string): Attachment {
  return { file: fileIdOf(utf8(name)), name, mime: 'text/plain', size: 3, view: { kind: 'plain' } };
}

/** Reads a manifest as the file's name, `!` as none, and remembers in the store who was kept where. */
class Keeper implements AttachmentKeeper {
  readonly kept: AttachmentPlace[] = [];
  readonly dropped: unknown[] = [];
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  read(manifest: Bytes): Attachment | undefined {
    const name = textOf(manifest) ?? '!';
    return name.startsWith('!') ? undefined : attachmentCalled(name);
  }

  keep(place: AttachmentPlace, manifest: Bytes): Promise<readonly Write[]> {
    this.kept.push(place);
    return this.#note(`+${textOf(manifest) ?? ''}`);
  }

  drop(...what: Parameters<AttachmentKeeper['drop']>): Promise<readonly Write[]> {
    this.dropped.push(what);
    return this.#note('-');
  }

  get remembered(): Promise<string | undefined> {
    return this.#shelf.chat.conversation(notes).then((row) => row?.draft);
  }

  #note(text: string): Promise<readonly Write[]> {
    return Promise.resolve([this.#shelf.chat.updateConversation(notes, (before) => ({ ...before, draft: before.draft + text }))]);
  }
}

const said = (lamport: number) => ({ id: new Uint8Array(16).fill(lamport), lamport, wall: lamport * 1000, text: `text ${lamport}` });
const text = (lamport: number): ContentOf<'text'> => ({ type: 'text', ...said(lamport) });
const file = (lamport: number, name: string, caption = `text ${lamport}`): ContentOf<'file'> => ({
  type: 'file',
  ...said(lamport),
  text: caption,
  manifest: utf8(name),
});

describe('files in alice’s talk with bob', () => {
  let alice: Shelf;
  let chat: Chat;
  let keeper: Keeper;
  let refuses: boolean;
  const sent: Outgoing[] = [];
  beforeEach(async () => {
    alice = await openShelf('alice');
    keeper = new Keeper(alice);
    refuses = false;
    sent.length = 0;
    chat = new Chat({
      me,
      store: alice.chat,
      contacts: alice.contacts,
      files: keeper,
      clock: new ManualClock(),
      send: async (_, outgoing) => {
        if (refuses) throw new Error('the disk is full');
        sent.push(...outgoing);
        await alice.commit(outgoing.flatMap(({ writes }) => writes));
      },
    });
    await alice.commit([alice.contacts.putContact(contactNamed(bob, 'Bob'))]);
  });
  afterEach(() => alice.close());

  const arrives = async (...contents: (ContentOf<'text'> | ContentOf<'file'>)[]): Promise<void> =>
    alice.commit(await chat.received(bob, contents));
  const shown = () => seen(chat.timeline(withBob, 99));

  it('sends the manifest with a word to it, and shows and remembers the file with the message', async () => {
    const result = await chat.sendFile(withBob, ' Look at this ', utf8('map.txt'));
    const [message] = await shown();
    expect(message).toMatchObject({ direction: 'out', status: 'queued', text: 'Look at this', file: attachmentCalled('map.txt') });
    expect(result).toEqual({ ok: true, value: message?.id });
    expect(sent).toMatchObject([{ content: { type: 'file', text: 'Look at this', manifest: utf8('map.txt') } }]);
    expect(await keeper.remembered).toBe('+map.txt');
    expect(keeper.kept).toEqual([{ conversation: withBob, message: message?.id, author: me, wall: message?.wall }]);
  });

  it('[M1] needs no word to a file, and takes no longer one than a text may be', async () => {
    expect(await chat.sendFile(withBob, '', utf8('map.txt'))).toMatchObject({ ok: true });
    expect(await chat.sendFile(withBob, 'x'.repeat(40_000), utf8('map.txt'))).toMatchObject({ failure: { kind: 'text-too-long' } });
    expect(await chat.send(withBob, ' ')).toMatchObject({ failure: { kind: 'text-empty' } });
    expect(sent).toHaveLength(1);
  });

  it('sends in the order of its lamport times, with a file or without', async () => {
    await Promise.all([chat.sendFile(withBob, 'a', utf8('a')), chat.send(withBob, 'b'), chat.sendFile(withBob, 'c', utf8('c'))]);
    const lamports = sent.map(({ reference }) => Number(reference));
    expect(lamports).toEqual([...lamports].sort((a, b) => a - b));
    expect(new Set(lamports).size).toBe(3);
  });

  it('neither message nor file is there when the store refuses', async () => {
    refuses = true;
    await expect(chat.sendFile(withBob, 'Look', utf8('map.txt'))).rejects.toThrow('the disk is full');
    expect(await shown()).toEqual([]);
    expect(await keeper.remembered).toBeUndefined();
  });

  it('shows what arrives, and remembers it in the same transaction', async () => {
    await arrives(file(7, 'map.txt'));
    expect(await shown()).toMatchObject([{ direction: 'in', author: bob, text: 'text 7', file: attachmentCalled('map.txt') }]);
    expect(keeper.kept).toEqual([{ conversation: withBob, message: messageIdOf(said(7).id), author: bob, wall: 7000 }]);
    expect(await keeper.remembered).toBe('+map.txt');
  });

  it('[M2] keeps the order of texts and files that arrive together, and the list shows the last of them', async () => {
    const router = new Router();
    router.register('text', chat);
    router.register('file', chat);
    await alice.commit(await router.received(bob, [text(1), file(2, 'two.txt'), text(3), file(4, 'four.txt', '')]));
    expect((await shown()).map((message) => message.file?.name ?? message.text)).toEqual(['text 1', 'two.txt', 'text 3', 'four.txt']);
    expect(await alice.chat.conversation(withBob)).toMatchObject({
      lamport: 4,
      unread: 4,
      last: { direction: 'in', text: '', file: { kind: 'plain', name: 'four.txt' } },
    });
    await alice.commit(await router.received(bob, [file(5, 'five.txt'), text(6)]));
    expect((await alice.chat.conversation(withBob))?.last).toEqual({ direction: 'in', author: bob, text: 'text 6', wall: 6000 });
  });

  it('[M3] a leap of lamport time in a file is held back as in a text', async () => {
    await arrives(text(1), file(2 ** 40 + 7, 'far.txt'), text(2 ** 41 + 9));
    expect((await shown()).map(({ lamport }) => lamport)).toEqual([1, 1 + 2 ** 20, 1 + 2 ** 21]);
  });

  it('[X3] shows the text alone of a file that cannot be read, and the message even when it says nothing', async () => {
    await arrives(file(1, '!', 'See above'), file(2, '!', ''));
    const messages = await shown();
    expect(messages.map((message) => message.text)).toEqual(['See above', '']);
    for (const message of messages) expect(message).not.toHaveProperty('file');
    expect(keeper.kept).toEqual([]);
  });

  it('[M6] keeps no file of anybody who is no contact', async () => {
    await alice.commit([alice.contacts.deleteContact(bob)]);
    await arrives(file(1, 'map.txt'));
    expect(keeper.kept).toEqual([]);
    expect(await shown()).toEqual([]);
  });

  it('forgets the files with the talk', async () => {
    await arrives(file(1, 'map.txt'));
    await alice.commit(await chat.forget(withBob));
    expect(keeper.dropped).toEqual([[withBob, 'all']]);
    expect(await keeper.remembered).toBe('+map.txt-');
    expect(await shown()).toEqual([]);
  });

  it('a group’s talk shows the files that groups tell of', async () => {
    const base = { lamport: 3, wall: 9, text: '', mentions: { all: false, accounts: [] }, file: attachmentCalled('route.gpx') };
    await alice.commit(await chat.add(climbers, [{ ...base, id: messageIdOf(utf8('one')), direction: 'in', author: bob }]));
    expect(await seen(chat.timeline(climbers, 9))).toMatchObject([{ file: { name: 'route.gpx' } }]);
    expect((await alice.chat.conversation(climbers))?.last).toMatchObject({ file: { kind: 'plain', name: 'route.gpx' }, text: '' });
    expect(keeper.kept).toEqual([]);
  });
});
