import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { readGift } from '../../src/groups/intake.ts';
import { RecentMessages } from '../../src/groups/recent-messages.ts';
import { Talker } from './talkers.ts';

const NOTHING = { type: 'give', last: false, operations: [], boxes: [], messages: [], marks: [] } as const;

beforeAll(() => sodiumReady());

function said(count: number) {
  const alice = new Talker('alice');
  const epoch = alice.begin('an epoch', [alice]);
  return Array.from({ length: count }, (_, index) => alice.write(epoch, `number ${index}`));
}

describe('a message that bob and carol both hand on', () => {
  it('is taken as held the second time, in the same bytes', () => {
    const [message] = said(1);
    if (!message) throw new Error('Alice said nothing.');
    const recent = new RecentMessages();
    recent.add([message]);
    const gift = readGift(message.account, { ...NOTHING, messages: [message.envelope.slice()] }, (envelope) => recent.recall(envelope));
    expect(gift).toMatchObject({ messages: [], held: [{ id: message.id }] });
  });

  it('is refused as ever when any byte of it is another', () => {
    const [message] = said(1);
    if (!message) throw new Error('Alice said nothing.');
    const recent = new RecentMessages();
    recent.add([message]);
    for (const place of message.envelope.keys()) {
      const forged = message.envelope.slice();
      forged[place] = (forged[place] ?? 0) ^ 1;
      expect(readGift(message.account, { ...NOTHING, messages: [forged] }, (envelope) => recent.recall(envelope))).toBeUndefined();
    }
  });

  it('is forgotten after a thousand others', () => {
    const messages = said(1_025);
    const recent = new RecentMessages();
    for (const message of messages) recent.add([message]);
    expect(messages.map(({ envelope }) => recent.recall(envelope) !== undefined)).toEqual(messages.map((_, index) => index > 0));
  });
});
