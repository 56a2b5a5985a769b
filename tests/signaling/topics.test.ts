import { describe, expect, it } from 'vitest';
import { Topics, type Change, type Subscriber } from '../../signaling/topics.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOLD_DOWN = 20_000;

class Person implements Subscriber {
  readonly told: string[] = [];
  readonly got: string[] = [];

  hereChanged(topic: string, member: string, change: Change): void {
    this.told.push(`${member} ${change} ${topic}`);
  }
}

function meet() {
  const clock = new ManualClock();
  const topics = new Topics<Person>({ clock, maxTopics: 5, maxMembers: 3, holdDown: () => HOLD_DOWN });
  const alice = new Person();
  const bob = new Person();
  const say = (from: Person, topic: string, words: string, to?: string) =>
    topics.publish(from, topic, to, (person, tag) => {
      person.got.push(`${tag}: ${words}`);
      return true;
    });
  return { clock, topics, alice, bob, say };
}

describe('joining and leaving', () => {
  it('tells alice that bob came, and bob finds both of them there', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    expect(alice.told).toEqual(['B in café']);
    expect(bob.told).toEqual([]);
    expect(topics.here('café')).toEqual(['A', 'B']);
  });

  it('tells at once when bob leaves on purpose', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.leave(bob, 'café');
    expect(alice.told).toEqual(['B in café', 'B out café']);
    expect(topics.here('café')).toEqual(['A']);
  });

  it('tells nobody of topics they are not on', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'park', 'B', false);
    topics.leave(bob, 'park');
    expect(alice.told).toEqual([]);
  });

  it('lets joining again under the same tag change nothing', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(bob, 'café', 'B', false);
    expect(alice.told).toEqual(['B in café']);
    expect(topics.size.seats).toBe(2);
  });

  it('takes another tag on the same topic for another member', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(bob, 'café', 'B2', false);
    expect(alice.told).toEqual(['B in café', 'B out café', 'B2 in café']);
  });

  it('refuses more topics than a socket may have, and more members than a topic may have', () => {
    const { topics, alice, bob } = meet();
    for (const name of ['1', '2', '3', '4', '5']) expect(topics.join(alice, name, 'A', false)).toBe('joined');
    expect(topics.join(alice, '6', 'A', false)).toBe('limit');
    topics.leave(alice, '1');
    expect(topics.join(alice, '6', 'A', false)).toBe('joined');
    topics.join(bob, '2', 'B', false);
    topics.join(new Person(), '2', 'C', true);
    expect(topics.join(new Person(), '2', 'D', false)).toBe('limit');
    expect(topics.join(new Person(), '2', 'C', false)).toBe('joined');
  });

  it('keeps nothing of topics that everybody has left', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', true);
    topics.leave(alice, 'café');
    topics.drop(bob);
    expect(topics.size).toEqual({ topics: 0, seats: 0 });
  });
});

describe('quiet members', () => {
  it('are not announced, receive everything, and are not counted', () => {
    const { topics, alice, bob, say } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', true);
    expect(alice.told).toEqual([]);
    expect(topics.here('café')).toEqual(['A']);
    expect(say(alice, 'café', 'hello')).toBe(0);
    expect(bob.got).toEqual(['A: hello']);
  });

  it('are announced as gone at once when they turn quiet, and as here when they turn back', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(bob, 'café', 'B', true);
    topics.join(bob, 'café', 'B', false);
    expect(alice.told).toEqual(['B in café', 'B out café', 'B in café']);
  });

  it('die without anybody being told', async () => {
    const { clock, topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', true);
    topics.drop(bob);
    await clock.advance(2 * HOLD_DOWN);
    expect(alice.told).toEqual([]);
    expect(topics.size.seats).toBe(1);
  });
});

describe('hold-down', () => {
  it('tells that bob is gone only when he has stayed away', async () => {
    const { clock, topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(bob);
    await clock.advance(HOLD_DOWN - 1);
    expect(alice.told).toEqual(['B in café']);
    expect(topics.here('café')).toEqual(['A', 'B']);
    await clock.advance(1);
    expect(alice.told).toEqual(['B in café', 'B out café']);
    expect(topics.here('café')).toEqual(['A']);
  });

  it('lets bob come back in time without a word to alice', async () => {
    const { clock, topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(bob);
    await clock.advance(HOLD_DOWN - 1);
    topics.join(new Person(), 'café', 'B', false);
    await clock.advance(2 * HOLD_DOWN);
    expect(alice.told).toEqual(['B in café']);
  });

  it('starts anew with each death', async () => {
    const { clock, topics, alice, bob } = meet();
    const bobAgain = new Person();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(bob);
    await clock.advance(HOLD_DOWN - 1);
    topics.join(bobAgain, 'café', 'B', false);
    topics.drop(bobAgain);
    await clock.advance(HOLD_DOWN - 1);
    expect(alice.told).toEqual(['B in café']);
    await clock.advance(1);
    expect(alice.told).toEqual(['B in café', 'B out café']);
  });

  it('leaves no ghost behind when bob comes back and then leaves on purpose', () => {
    const { topics, alice, bob } = meet();
    const bobAgain = new Person();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(bob);
    topics.join(bobAgain, 'café', 'B', false);
    topics.leave(bobAgain, 'café');
    expect(alice.told).toEqual(['B in café', 'B out café']);
    expect(['C', 'D'].map((tag) => topics.join(new Person(), 'café', tag, false))).toEqual(['joined', 'joined']);
  });

  it('ends at once when bob comes back quietly', () => {
    const { topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(bob);
    topics.join(new Person(), 'café', 'B', true);
    expect(alice.told).toEqual(['B in café', 'B out café']);
  });

  it('keeps a ghost only where somebody could be told of it', async () => {
    const { clock, topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.drop(alice);
    topics.drop(bob);
    expect(topics.size).toEqual({ topics: 0, seats: 0 });
    topics.join(alice, 'café', 'A', false);
    await clock.advance(2 * HOLD_DOWN);
    expect(topics.here('café')).toEqual(['A']);
  });
});

describe('several sockets under one tag', () => {
  it('are one member: announced once, counted once, gone with the last', () => {
    const { topics, alice, bob, say } = meet();
    const bobElsewhere = new Person();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(bobElsewhere, 'café', 'B', false);
    expect(alice.told).toEqual(['B in café']);
    expect(say(alice, 'café', 'hello')).toBe(1);
    expect([bob.got, bobElsewhere.got]).toEqual([['A: hello'], ['A: hello']]);
    topics.leave(bob, 'café');
    expect(alice.told).toEqual(['B in café']);
    topics.leave(bobElsewhere, 'café');
    expect(alice.told).toEqual(['B in café', 'B out café']);
  });

  it('do not hear what one of them says', () => {
    const { topics, bob, say } = meet();
    const bobElsewhere = new Person();
    topics.join(bob, 'café', 'B', false);
    topics.join(bobElsewhere, 'café', 'B', false);
    expect(say(bob, 'café', 'hello')).toBe(0);
    expect(bobElsewhere.got).toEqual([]);
  });

  it('are held down when only a quiet one is left after a death', async () => {
    const { clock, topics, alice, bob } = meet();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(new Person(), 'café', 'B', true);
    topics.drop(bob);
    expect(alice.told).toEqual(['B in café']);
    await clock.advance(HOLD_DOWN);
    expect(alice.told).toEqual(['B in café', 'B out café']);
  });
});

describe('publishing', () => {
  it('reaches everybody else on the topic, or only the one named', () => {
    const { topics, alice, bob, say } = meet();
    const carol = new Person();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(carol, 'café', 'C', false);
    expect(say(alice, 'café', 'all')).toBe(2);
    expect(say(alice, 'café', 'carol', 'C')).toBe(1);
    expect(say(alice, 'café', 'nobody', 'D')).toBe(0);
    expect([alice.got, bob.got, carol.got]).toEqual([[], ['A: all'], ['A: all', 'A: carol']]);
  });

  it('is only for those who are there', () => {
    const { topics, alice, bob, say } = meet();
    topics.join(bob, 'café', 'B', false);
    expect(say(alice, 'café', 'hello')).toBeUndefined();
    topics.join(alice, 'café', 'A', false);
    topics.leave(alice, 'café');
    expect(say(alice, 'café', 'hello')).toBeUndefined();
    expect(bob.got).toEqual([]);
  });

  it('does not count those who could not take it, nor ghosts', () => {
    const { topics, alice, bob } = meet();
    const carol = new Person();
    topics.join(alice, 'café', 'A', false);
    topics.join(bob, 'café', 'B', false);
    topics.join(carol, 'café', 'C', false);
    topics.drop(carol);
    expect(topics.publish(alice, 'café', undefined, () => false)).toBe(0);
    expect(topics.publish(alice, 'café', undefined, () => true)).toBe(1);
  });
});
