import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../../src/crypto/random.ts';
import { sessionId } from '../../src/crypto/ratchet/session-start.ts';
import { isSignature, signatureOf, type SignatureContext } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createDevice } from '../../src/identity/device.ts';
import { compareBytes, EMPTY, equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { fail } from '../../src/lib/result.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { MAX_TEXT_BYTES } from '../../src/protocol/content.ts';
import { envelope as envelopeCodec, prekeyBundle } from '../../src/protocol/envelope.ts';
import { frame, MAX_ENVELOPE_BYTES } from '../../src/protocol/frame.ts';
import { MAX_FRAME_CONTENT_BYTES } from '../../src/session/channel-cipher.ts';
import { identityOf, REGISTERED_AT } from '../support/identities.ts';
import { flipBit } from '../support/ratcheting.ts';
import { link, linkedTalkers, Talker, talkersInSession } from '../support/sessions.ts';
import { valueOf } from '../support/value-of.ts';

beforeAll(sodiumReady);

const DAY_MS = 86_400_000;

const typeOf = (envelope: Bytes) => valueOf(decode(envelopeCodec, envelope)).type;

function startIn(envelope: Bytes): Bytes {
  const decoded = valueOf(decode(envelopeCodec, envelope));
  if (decoded.type !== 'opening') throw new Error('Carries no start');
  return decoded.start;
}

describe('a session', () => {
  it('[R11] [R15] carries its start until it is answered', () => {
    const { alice, bob } = linkedTalkers();
    const [one, two] = [alice.write('one'), alice.write('two')];
    expect([typeOf(one), typeOf(two)]).toEqual(['opening', 'opening']);
    expect(bob.read(one)).toBe('one');
    const answer = bob.write('answer');
    expect(typeOf(answer)).toBe('message');
    expect(alice.read(answer)).toBe('answer');
    expect(typeOf(alice.write('three'))).toBe('message');
    expect(bob.read(two)).toBe('two');
  });

  it('[R15] or until a message of it is known to have been read', () => {
    const { alice, bob } = linkedTalkers();
    const one = alice.write('one');
    bob.read(one);
    alice.confirm(one);
    const two = alice.write('two');
    expect(typeOf(two)).toBe('message');
    expect(bob.read(two)).toBe('two');
    const before = alice.state;
    alice.confirm(two);
    expect(alice.state).toBe(before);
  });

  it('[R10] cannot be started without prekeys, and these fit a frame', () => {
    const [alice, bob] = [new Talker(identityOf('alice')), new Talker(identityOf('bob'))];
    alice.meet(bob.verified);
    bob.meet(alice.verified);
    expect(() => alice.write('too early')).toThrow('prekeys');
    expect(encode(frame, { type: 'prekeys', ...bob.offer() }).length).toBeLessThan(MAX_FRAME_CONTENT_BYTES);
  });

  it('[F1] carries the longest text there is, with all that may go along, in one envelope', () => {
    const { alice, bob } = linkedTalkers();
    alice.now += 8 * DAY_MS;
    const text = 'x'.repeat(MAX_TEXT_BYTES + 64);
    const envelope = alice.write(text);
    expect(envelope.length).toBeLessThan(MAX_ENVELOPE_BYTES);
    expect(bob.read(envelope)).toBe(text);
  });

  it('[R13] is opened by its first message whichever comes first', () => {
    const { alice, bob } = linkedTalkers();
    const envelopes = ['one', 'two', 'three'].map((text) => alice.write(text));
    expect(envelopes.reverse().map((envelope) => bob.read(envelope))).toEqual(['three', 'two', 'one']);
  });

  it('keeps its state small: four kilobytes for a device with everything issued', () => {
    const { alice, bob } = talkersInSession();
    expect(alice.state.length).toBeLessThan(4_096);
    expect(bob.state.length).toBeLessThan(4_096);
  });
});

describe('attack 12 and 13 on whole envelopes', () => {
  it('[R6] [R12] any byte changed: refused, and the state stays', () => {
    const { alice, bob } = linkedTalkers();
    const [opening, second] = [alice.write('one'), alice.write('two')];
    for (const envelope of [opening, second]) {
      for (let place = 0; place < envelope.length; place++) {
        const changed = flipBit(envelope, place * 8 + (place % 8));
        expect(bob.cipher.open(bob.state, changed).ok, `byte ${place}`).toBe(false);
      }
      expect(bob.read(envelope)).toMatch(/one|two/);
    }
  }, 60_000);

  it('[R6] the start taken off or put on: refused', () => {
    const { alice, bob } = linkedTalkers();
    const [one, two] = [alice.write('one'), alice.write('two')];
    bob.read(one);
    const start = startIn(two);
    const { header, commitment, body } = valueOf(decode(envelopeCodec, two));
    expect(bob.read(encode(envelopeCodec, { type: 'message', header, commitment, body }))).toBe('forged');
    alice.confirm(one);
    const three = valueOf(decode(envelopeCodec, alice.write('three')));
    expect(bob.read(encode(envelopeCodec, { ...three, type: 'opening', start }))).toBe('forged');
  });

  it('[R8] again: refused', () => {
    const { alice, bob } = talkersInSession();
    const message = alice.write('once');
    expect(bob.read(message)).toBe('once');
    expect(bob.read(message)).toBe('already-opened');
  });

  it('[C1] what is no envelope: refused, whatever it is', () => {
    const { bob } = talkersInSession();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(bob.cipher.open(bob.state, new Uint8Array(bytes)).ok).toBe(false);
      }),
    );
    expect(bob.cipher.open(bob.state, EMPTY)).toEqual(fail({ kind: 'malformed' }));
  });
});

describe('attack 14: loss, reorder, repetition and restarts, sessions included', () => {
  it('whatever happens on the way, what opens says what was written, once', () => {
    const event = fc.record({
      byAlice: fc.boolean(),
      fate: fc.constantFrom('arrives', 'arrives', 'late', 'lost', 'twice'),
      before: fc.constantFrom('nothing', 'nothing', 'nothing', 'new link', 'alice restarts', 'bob restarts', 'ten days'),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 50 }), (events) => {
        const { alice, bob } = linkedTalkers();
        const late: { readonly to: Talker; readonly envelope: Bytes; readonly text: string }[] = [];
        for (const [index, { byAlice, fate, before }] of events.entries()) {
          if (before === 'ten days') for (const talker of [alice, bob]) talker.now += 10 * DAY_MS;
          if (before === 'alice restarts' || before === 'bob restarts') (before === 'bob restarts' ? bob : alice).restart();
          if (before !== 'nothing') link(alice, bob);
          const [from, to] = byAlice ? [alice, bob] : [bob, alice];
          const text = `message ${index}`;
          const envelope = from.write(text);
          if (fate === 'late') late.push({ to, envelope, text });
          if (fate === 'arrives' || fate === 'twice') expect(to.read(envelope)).toBe(text);
          if (fate === 'twice') expect(to.cipher.open(to.state, envelope).ok).toBe(false);
        }
        for (const { to, envelope, text } of late) {
          const outcome = to.read(envelope);
          if (outcome !== text) expect(outcome).toMatch(/already-opened|not-for-this-session|unknown-prekey|downgraded|too-far-ahead/);
          expect(to.cipher.open(to.state, envelope).ok).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});

describe('attack 16: what fails leaves the state', () => {
  it('[R2] byte for byte, whoever brings what', () => {
    const { alice, bob } = talkersInSession();
    const [before, envelope] = [bob.state.slice(), alice.write('x')];
    for (const bad of [flipBit(envelope, 1_000), randomBytes(300), EMPTY]) expect(bob.cipher.open(bob.state, bad).ok).toBe(false);
    expect(bob.cipher.learn(bob.state, { bundle: randomBytes(300), signature: randomBytes(64) }).ok).toBe(false);
    expect(bob.state).toEqual(before);
    expect(bob.read(envelope)).toBe('x');
  });

  it('[D7] a step whose result is thrown away, because saving failed, can be made again', () => {
    const { alice, bob } = linkedTalkers();
    const opening = alice.write('one');
    const state = bob.state;
    for (let times = 0; times < 3; times++) {
      bob.state = state;
      expect(bob.read(opening)).toBe('one');
    }
  });
});

describe('attack 17: a start again', () => {
  it('[R13] while the session lives, its message is a replay', () => {
    const { alice, bob } = linkedTalkers();
    const opening = alice.write('one');
    expect(bob.read(opening)).toBe('one');
    expect(bob.read(opening)).toBe('already-opened');
  });

  it('[R10] when the session is forgotten, its one-time prekey is, too', () => {
    const { alice, bob } = linkedTalkers();
    const opening = alice.write('one');
    bob.read(opening);
    for (let count = 0; count < 5; count++) {
      alice.restart();
      link(alice, bob);
      expect(bob.read(alice.write('another session'))).toBe('another session');
    }
    expect(bob.read(opening)).toBe('unknown-prekey');
  });

  it('[R10] a one-time prekey serves one session, even if two are started from one bundle', () => {
    const { alice, bob } = linkedTalkers();
    const state = alice.state;
    const one = alice.write('one');
    alice.state = state;
    const two = alice.write('two');
    expect(equalBytes(startIn(one), startIn(two))).toBe(false);
    expect(bob.read(one)).toBe('one');
    expect(bob.read(two)).toBe('unknown-prekey');
  });

  it('[R10] prekeys issued to carol are no use to alice', () => {
    const [alice, bob, bobForCarol, carol] = [
      new Talker(identityOf('alice')),
      new Talker(identityOf('bob')),
      new Talker(identityOf('bob')),
      new Talker(identityOf('carol')),
    ];
    link(alice, bob);
    bobForCarol.meet(carol.verified);
    alice.learn(bobForCarol.offer());
    expect(bob.read(alice.write('with carol’s prekeys'))).not.toBe('with carol’s prekeys');
    for (let count = 0; count < 20; count++) expect(bobForCarol.offer().bundle.length).toBe(26_299);
  });
});

describe('attack 18: both start at once', () => {
  it.each([1, 2, 3, 4, 5, 6])('[R14] both sessions open, and both go on in the one with the smaller id (%i)', (seed) => {
    const { alice, bob } = linkedTalkers(seed * 100);
    const [alices, bobs] = [alice.write('from alice'), bob.write('from bob')];
    const aliceKnowsHersOnly = alice.state;
    const bobKnowsHisOnly = bob.state;
    expect([bob.read(alices), alice.read(bobs)]).toEqual(['from alice', 'from bob']);
    const [fromAlice, fromBob] = [alice.write('on'), bob.write('on')];
    if (compareBytes(sessionId(startIn(alices)), sessionId(startIn(bobs))) < 0) {
      expect(alice.cipher.open(aliceKnowsHersOnly, fromBob).ok).toBe(true);
      expect(startIn(fromAlice)).toEqual(startIn(alices));
    } else {
      expect(bob.cipher.open(bobKnowsHisOnly, fromAlice).ok).toBe(true);
      expect(startIn(fromBob)).toEqual(startIn(bobs));
    }
    expect([bob.read(fromAlice), alice.read(fromBob)]).toEqual(['on', 'on']);
    expect([alice.write('settled'), bob.write('settled')].map(typeOf)).toEqual(['message', 'message']);
  });

  it('[R14] the session that is not gone on with still opens what was sealed in it', () => {
    const { alice, bob } = linkedTalkers();
    const alices = ['a1', 'a2', 'a3'].map((text) => alice.write(text));
    const bobs = ['b1', 'b2', 'b3'].map((text) => bob.write(text));
    for (const place of [2, 0, 1]) {
      expect(bob.read(alices[place] ?? EMPTY)).toBe(`a${place + 1}`);
      expect(alice.read(bobs[place] ?? EMPTY)).toBe(`b${place + 1}`);
    }
    for (let turn = 0; turn < 4; turn++) {
      expect(bob.read(alice.write('on'))).toBe('on');
      expect(alice.read(bob.write('and on'))).toBe('and on');
    }
  });
});

describe('starting again', () => {
  it('[R16] after thirty days of silence, from the prekeys of the next link', () => {
    const { alice, bob } = talkersInSession();
    for (const talker of [alice, bob]) talker.now += 29 * DAY_MS;
    link(alice, bob);
    expect(typeOf(alice.write('not yet'))).toBe('message');
    for (const talker of [alice, bob]) talker.now += 2 * DAY_MS;
    link(alice, bob);
    const envelope = alice.write('after a month');
    expect(typeOf(envelope)).toBe('opening');
    expect(bob.read(envelope)).toBe('after a month');
    expect(alice.read(bob.write('here again'))).toBe('here again');
  });

  it('[D9] when the peer has lost its state: what it cannot open is sealed again, and the talk goes on in the new session', () => {
    const { alice } = talkersInSession();
    const lost = new Talker(identityOf('bob'));
    link(alice, lost);
    expect(lost.read(alice.write('for the old session'))).toBe('not-for-this-session');
    alice.restart();
    alice.learn(lost.offer());
    expect(lost.read(alice.write('for the new one'))).toBe('for the new one');
    expect(alice.read(lost.write('thank you'))).toBe('thank you');
  });

  it('[R14] a side that lost its state starts with a higher generation than the other knows, so both go on in its session', () => {
    const { alice } = talkersInSession();
    const lost = new Talker(identityOf('bob'));
    link(alice, lost);
    expect(alice.read(lost.write('from the start'))).toBe('from the start');
    const answer = alice.write('there you are');
    expect(typeOf(answer)).toBe('message');
    expect(lost.read(answer)).toBe('there you are');
  });

  it('[R1] with a peer’s new device everything starts anew', () => {
    const { alice } = talkersInSession();
    const bob = identityOf('bob');
    const renewed = new Talker({ ...bob, device: createDevice(bob.account, 'new browser', REGISTERED_AT + 1) });
    expect(alice.meet(renewed.verified)).toBe(true);
    link(alice, renewed);
    const envelope = alice.write('hello again');
    expect(typeOf(envelope)).toBe('opening');
    expect(renewed.read(envelope)).toBe('hello again');
  });
});

describe('attack 20: an old backup', () => {
  it('[R1] has no session in it; and a state that a thief or a person brings back on a new device serves nobody', () => {
    const { alice, bob } = talkersInSession();
    const copy = alice.state.slice();
    const account = identityOf('alice').account;
    const restored = new Talker({ account, device: createDevice(account, 'restored', REGISTERED_AT + 1) });
    restored.state = copy;
    expect(restored.meet(bob.verified)).toBe(true);
    link(restored, bob);
    const envelope = restored.write('from the new device');
    expect(typeOf(envelope)).toBe('opening');
    expect(bob.read(envelope)).toBe('from the new device');
  });

  it('[R6] on the same device the same place in a chain comes again, and not the same key', () => {
    const { alice } = talkersInSession();
    const copy = alice.state.slice();
    const one = valueOf(decode(envelopeCodec, alice.write('one')));
    alice.state = copy;
    const two = valueOf(decode(envelopeCodec, alice.write('two')));
    expect(compareBytes(one.commitment, two.commitment)).not.toBe(0);
  });

  it('[D5] and starts another session when told to', () => {
    const { alice, bob } = talkersInSession();
    const copy = alice.state.slice();
    bob.read(alice.write('one'));
    alice.state = copy;
    expect(bob.read(alice.write('same place, other words'))).toBe('already-opened');
    alice.restart();
    alice.learn(bob.offer());
    expect(bob.read(alice.write('in a new session'))).toBe('in a new session');
  });
});

describe('attack 19: a signature for another thing', () => {
  const contexts: readonly SignatureContext[] = ['devcert', 'devlist', 'chan-sigI', 'chan-sigR', 'prekeys'];

  it('[C5] given in any context verifies in no other', () => {
    const { signing } = identityOf('bob').device;
    const payload = randomBytes(100);
    for (const given of contexts) {
      const signature = signatureOf(given, payload, signing);
      for (const wanted of contexts) expect(isSignature(wanted, payload, signature, signing.publicKey)).toBe(given === wanted);
    }
  });

  it.each(contexts.filter((context) => context !== 'prekeys'))('[R10] a bundle signed as %s is refused', (context) => {
    const { alice, bob } = linkedTalkers();
    const { bundle } = bob.offer();
    const signature = signatureOf(context, bundle, bob.identity.device.signing);
    expect(alice.cipher.learn(alice.state, { bundle, signature })).toEqual(fail({ kind: 'wrong-signature' }));
  });

  it('[R10] a bundle signed by carol, or with any byte changed, is refused', () => {
    const { alice, bob } = linkedTalkers();
    const { bundle, signature } = bob.offer();
    const carols = signatureOf('prekeys', bundle, identityOf('carol').device.signing);
    expect(alice.cipher.learn(alice.state, { bundle, signature: carols }).ok).toBe(false);
    for (let place = 0; place < bundle.length; place += 97) {
      expect(alice.cipher.learn(alice.state, { bundle: flipBit(bundle, place * 8), signature }).ok).toBe(false);
    }
  });

  it('[C1] signed nonsense is refused, and prekeys that are no keys start nothing', () => {
    const { alice, bob } = linkedTalkers();
    const { signing } = bob.identity.device;
    const nonsense = randomBytes(300);
    const learnt = alice.cipher.learn(alice.state, { bundle: nonsense, signature: signatureOf('prekeys', nonsense, signing) });
    expect(learnt).toEqual(fail({ kind: 'malformed' }));
    const good = valueOf(decode(prekeyBundle, bob.offer().bundle));
    const bundle = encode(prekeyBundle, { ...good, signed: { ...good.signed, agreementKey: new Uint8Array(32) } });
    alice.learn({ bundle, signature: signatureOf('prekeys', bundle, signing) });
    expect(alice.cipher.seal(alice.state, EMPTY)).toEqual(fail({ kind: 'bad-prekeys' }));
  });
});
