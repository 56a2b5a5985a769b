/** Canned people and talks, in the language of the screen. */
import type { Conversation, Message, MessageStatus } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { accountIdOf, conversationWith, messageIdOf, type AccountId } from '../../src/protocol/ids.ts';
import type { Language } from '../../src/ui/parley.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** An account id from a name: 32 bytes of it over and over. */
export function fakeId(name: string): AccountId {
  const seed = utf8(name);
  return accountIdOf(Uint8Array.from({ length: 32 }, (_, at) => ((seed[at % seed.length] ?? 0) * (at + 7)) & 0xff));
}

interface FakePerson {
  readonly name: string;
  readonly phase: Contact['phase'];
  readonly unread: number;
  readonly draft: string;
  /** Minutes since the last word; undefined when there was none. */
  readonly ago: number | undefined;
}

const PEOPLE: Readonly<Record<Language, readonly FakePerson[]>> = {
  en: [
    { name: 'Bob Sinclair', phase: 'active', unread: 3, draft: '', ago: 2 },
    { name: 'Carol', phase: 'active', unread: 0, draft: 'I was thinking that we could', ago: 47 },
    { name: 'Ġorġ Borg-Cassar the Younger of Valletta', phase: 'active', unread: 128, draft: '', ago: 26 * 60 },
    { name: '李小龙', phase: 'active', unread: 0, draft: '', ago: 3 * 24 * 60 },
    { name: 'Dave', phase: 'accepting', unread: 0, draft: '', ago: undefined },
    { name: 'Eve', phase: 'active', unread: 0, draft: '', ago: undefined },
  ],
  zh: [
    { name: '王小明', phase: 'active', unread: 3, draft: '', ago: 2 },
    { name: '陈静', phase: 'active', unread: 0, draft: '我想我们可以', ago: 47 },
    { name: '欧阳 娜娜', phase: 'active', unread: 128, draft: '', ago: 26 * 60 },
    { name: 'Bob Sinclair', phase: 'active', unread: 0, draft: '', ago: 3 * 24 * 60 },
    { name: '赵敏', phase: 'accepting', unread: 0, draft: '', ago: undefined },
    { name: '周杰', phase: 'active', unread: 0, draft: '', ago: undefined },
  ],
};

/** Whose row is in review: nobody has written there yet. */
const REVIEWED = 5;

const LINES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'Are you there?',
    'Just got home. The train was late again, and then it stood in the tunnel for twenty minutes without a word from anyone.',
    'Here is the map: https://example.org/maps/valley(north)?z=12, see you there.',
    'Two\nlines.',
    'Good',
    '\u{1F375}\u{1F44D}',
    'Bring the blue notebook if you find it — I think it is on the shelf behind the radio.',
    'Averyveryveryveryveryveryveryveryveryveryveryveryverylongwordwithoutanyspaceatallthatmustbebrokensomewhereofcourse',
    'Yes!',
    'Tomorrow at eight, then.',
  ],
  zh: [
    '在吗？',
    '刚到家。地铁又晚点了，在隧道里停了二十分钟，也没人说一声为什么。',
    '地图在这里https://example.org/maps/valley?z=12，到时候见。',
    '第一行\n第二行',
    '好',
    '\u{1F375}\u{1F44D}',
    '要是找到那本蓝色笔记本就带上，我记得在收音机后面的架子上。',
    '收到，没问题，周末愉快！',
    '对！',
    '那就明天八点。',
  ],
};

export function fakeContacts(language: Language, now: number): readonly Contact[] {
  return PEOPLE[language].map(({ name, phase }, at) => ({
    id: fakeId(name),
    name,
    phase,
    pairSecret: undefined,
    deviceListVersion: 1,
    devices: [],
    verified: at === 0,
    review: at === REVIEWED ? { kind: 'same-name', other: fakeId(name) } : undefined,
    acceptance: undefined,
    since: now - (30 + at) * DAY,
  }));
}

export function fakeConversations(language: Language, now: number, count: number): readonly Conversation[] {
  return PEOPLE[language].flatMap(({ name, unread, draft, ago }) => {
    if (ago === undefined) return [];
    const wall = now - ago * MINUTE;
    const text = LINES[language].at(-1) ?? '';
    const last = { text, wall, direction: unread > 0 ? ('in' as const) : ('out' as const) };
    return [
      {
        id: conversationWith(fakeId(name)),
        lamport: count,
        unread,
        draft,
        last,
        touched: wall,
        readUpTo: count - unread,
        sentUpTo: 0,
        deliveredUpTo: 0,
      },
    ];
  });
}

/** A talk of `count` messages up to now: bursts, pauses and nights. The last `unread` come from the other side. */
export function fakeTalk(person: AccountId, language: Language, now: number, count: number, unread: number): readonly Message[] {
  const lines = LINES[language];
  return Array.from({ length: count }, (_, at): Message => {
    const fromEnd = count - 1 - at;
    const base = {
      id: messageIdOf(
        Uint8Array.of(
          ...person
            .slice(0, 8)
            .split('')
            .map((c) => c.charCodeAt(0)),
          at >> 8,
          at & 0xff,
          0,
          0,
          0,
          0,
          0,
          0,
        ),
      ),
      conversation: conversationWith(person),
      lamport: at + 1,
      wall: now - fromEnd * 2 * MINUTE - Math.floor(fromEnd / 4) * 25 * MINUTE - Math.floor(fromEnd / 12) * 0.6 * DAY,
      text: lines[at % lines.length] ?? '',
    };
    const isMine = fromEnd >= unread && Math.floor(at / 2) % 2 === 0;
    if (fromEnd === 30) return { ...base, text: '', direction: 'notice', notice: 'new-device' };
    if (fromEnd === 5) return { ...base, text: '', direction: 'notice', notice: 'same-name' };
    return isMine ? { ...base, direction: 'out', status: statusOf(fromEnd) } : { ...base, direction: 'in', author: person };
  });
}

function statusOf(fromEnd: number): MessageStatus {
  if (fromEnd < 4) return 'queued';
  return fromEnd < 8 ? 'sent' : 'delivered';
}
