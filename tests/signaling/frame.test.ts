import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../signaling/frame.ts';
import { tag, topic } from './client.ts';

const decode = (text: string) => decodeFrame(Buffer.from(text));
const cafe = topic('cafe');
const alice = tag('alice');

describe('a frame', () => {
  it('is a line of JSON and, for pub, a body that is not looked at', () => {
    const frame = decode(`${JSON.stringify({ t: 'pub', topic: cafe, to: alice, id: 7 })}\nhello\nworld`);
    expect(frame.header).toEqual({ t: 'pub', topic: cafe, to: alice, id: 7 });
    expect('body' in frame && frame.body.toString()).toBe('hello\nworld');
  });

  it('may carry fields that are new to us', () => {
    expect(decode(JSON.stringify({ t: 'unsub', topics: [cafe], why: 'tired' })).header).toEqual({ t: 'unsub', topics: [cafe] });
    expect(decode('{"t":"ice","x":{"y":[1]}}').header).toEqual({ t: 'ice' });
  });

  it('takes a missing quiet for false', () => {
    expect(decode(JSON.stringify({ t: 'sub', topics: [[cafe, alice]] })).header).toEqual({
      t: 'sub',
      topics: [[cafe, alice]],
      quiet: false,
    });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of it', '{"t":"ice"'],
    ['no object', '"ice"'],
    ['null', 'null'],
    ['a list', '["ice"]'],
    ['no type', '{}'],
    ['an unknown type', '{"t":"dance"}'],
    ['a type from the prototype', '{"t":"constructor"}'],
    ['no topics', '{"t":"sub"}'],
    ['topics that are text', '{"t":"sub","topics":"abc"}'],
    ['topics without tags', JSON.stringify({ t: 'sub', topics: [cafe] })],
    ['a short topic', JSON.stringify({ t: 'sub', topics: [['cafe', alice]] })],
    ['a topic with a strange sign', JSON.stringify({ t: 'sub', topics: [[`${cafe.slice(1)}+`, alice]] })],
    ['a topic and a newline', JSON.stringify({ t: 'sub', topics: [[`${cafe}\n`, alice]] })],
    ['a long tag', JSON.stringify({ t: 'sub', topics: [[cafe, `${alice}a`]] })],
    ['a third part', JSON.stringify({ t: 'sub', topics: [[cafe, alice, 1]] })],
    ['quiet as text', JSON.stringify({ t: 'sub', topics: [[cafe, alice]], quiet: 'yes' })],
    ['unsub of pairs', JSON.stringify({ t: 'unsub', topics: [[cafe, alice]] })],
    ['pub to nowhere', '{"t":"pub"}'],
    ['pub to no tag', JSON.stringify({ t: 'pub', topic: cafe, to: 5 })],
    ['a negative id', JSON.stringify({ t: 'pub', topic: cafe, id: -1 })],
    ['an id with a fraction', JSON.stringify({ t: 'pub', topic: cafe, id: 1.5 })],
    ['an endless id', `{"t":"pub","topic":"${cafe}","id":1e999}`],
    ['deep nesting', '['.repeat(60_000)],
    ['broken UTF-8', '\u{d800}'],
  ])('is refused when it is %s', (_what, text) => {
    expect(decode(text).header).toBeUndefined();
  });

  it('is refused when a header with a body is long', () => {
    expect(decode(`{"t":"pub","topic":"${cafe}","pad":"${'x'.repeat(500)}"}\nbody`).header).toBeUndefined();
  });

  it('tells which message was refused when it can', () => {
    expect(decode('{"t":"pub","topic":"no","id":7}')).toEqual({ header: undefined, id: 7 });
    expect(decode('{"t":"pub","topic":"no","id":"7"}')).toEqual({ header: undefined, id: undefined });
  });
});
