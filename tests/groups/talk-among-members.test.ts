/** Messages and epochs upon real operations: what the resolver says of members is what decides who reads and who is heard. */
import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createEpoch, openBox, type NewEpoch } from '../../src/groups/epoch-boxes.ts';
import { chooseEpoch, nextNumber, type EpochChoice, type KnownEpoch } from '../../src/groups/epoch-choice.ts';
import { deviceKeyOf, flawOfEpoch, type EpochSecret } from '../../src/groups/epoch.ts';
import { readJoinRequest, signJoinRequest } from '../../src/membership/join-request.ts';
import { createKeyPackages, keyPackageOf, type OwnKeyPackages } from '../../src/groups/key-package.ts';
import { authorityOf, judgeMessage } from '../../src/groups/message-judge.ts';
import { emptyLog, place, type DeviceLog } from '../../src/groups/message-log.ts';
import { openMessage, readMessage, sealMessage, type CarriedMessage, type MessageDraft } from '../../src/groups/message.ts';
import { isAct, type Operation } from '../../src/membership/operation.ts';
import { resolve } from '../../src/membership/resolver.ts';
import { bytesOf, operationIdOf, type OperationId } from '../../src/protocol/ids.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { identityOf } from '../support/identities.ts';
import { valueOf } from '../support/value-of.ts';
import { grant, kick, mute, unmute } from '../membership/acts.ts';
import { creation, realAuthor, type RealAuthor } from '../membership/authors.ts';
import { meet, Replica } from '../membership/replica.ts';
import { NOW, saying } from './talkers.ts';

beforeAll(sodiumReady);

interface Keyed extends RealAuthor {
  readonly keys: OwnKeyPackages;
}

/** Somebody whose X-Wing key is their own and whose secrets are kept. */
function keyed(name: string): Keyed {
  const author = realAuthor(name, identityOf(name));
  const keys = createKeyPackages(NOW);
  const kemKey = keyPackageOf(keys);
  return {
    ...author,
    keys,
    keyPackage: { ...author.keyPackage, kemKey },
    request: (group) =>
      valueOf(readJoinRequest(signJoinRequest(author.identity.device, { group, name, kemKey, greeting: '', invitation: undefined }))),
  };
}

/** What is carried apart from operations: all boxes and messages there ever were. Everybody can have all of it. */
class Carried {
  readonly boxes: Bytes[] = [];
  readonly messages: CarriedMessage[] = [];
}

/** A member who talks: an honest app in short. */
class Voice extends Replica<Keyed> {
  readonly carried: Carried;
  readonly secrets = new Map<OperationId, EpochSecret>();
  last: CarriedMessage | undefined;

  constructor(who: Keyed, create: Operation, carried: Carried) {
    super(who, create);
    this.carried = carried;
  }

  epochDevices(id: OperationId): ReadonlySet<string> | undefined {
    const operation = this.history.get(id);
    if (!operation || !isAct(operation, 'epoch')) return undefined;
    const there = this.history.upTo(operation.act.base.map(operationIdOf));
    const state = there && resolve(there, { tip: undefined });
    const devices = new Set(state?.devices.map(({ device }) => device));
    const before = [...(this.history.upTo(operation.prev)?.operations ?? [])];
    const highest = Math.max(0, ...before.map((other) => (isAct(other, 'epoch') ? other.act.n : 0)));
    return flawOfEpoch({ act: operation.act, author: operation.device }, devices, highest) ? undefined : devices;
  }

  /** Tries all boxes there are with all keys there are. */
  opens(): void {
    for (const operation of this.history.operations) {
      const devices = this.epochDevices(operation.id);
      if (!devices || !isAct(operation, 'epoch')) continue;
      const claim = { group: this.history.group, author: operation.device, act: operation.act };
      for (const box of this.carried.boxes) {
        const opened = openBox(claim, { devices, device: this.who.device, own: this.who.keys }, box);
        if (opened.ok) this.secrets.set(operation.id, opened.value);
      }
    }
  }

  choice(): EpochChoice {
    const epochs = this.state.epochs.flatMap(({ id, act }): readonly KnownEpoch[] =>
      this.epochDevices(id)
        ? [{ id, n: act.n, recipients: act.recipients, since: NOW, messages: 0, secret: this.secrets.has(id) ? 'held' : 'awaited' }]
        : [],
    );
    return chooseEpoch(
      epochs,
      this.state.devices.map(({ device }) => device),
      NOW,
    );
  }

  /** Begins an epoch for the members as this replica sees them. */
  begins(): Operation {
    const { epoch } = this.newEpoch();
    const operation = this.does({ type: 'epoch', ...epoch.act });
    this.secrets.set(operation.id, epoch.secret);
    this.carried.boxes.push(...epoch.boxes.filter((box) => box !== undefined));
    return operation;
  }

  newEpoch(devices = this.state.devices): { readonly epoch: NewEpoch } {
    const n = nextNumber(this.history.operations.flatMap((operation) => (isAct(operation, 'epoch') ? [operation.act] : [])));
    const recipients = devices.map(({ device, introduction }) => ({ device, kemKey: introduction.kemKey }));
    const base = this.history.previous.map(bytesOf);
    return { epoch: createEpoch({ group: this.history.group, author: this.who.device, n, base, recipients }) };
  }

  /** As an honest app: in the epoch the rule says, begun first if need be. */
  says(text: string): CarriedMessage {
    this.opens();
    const choice = this.choice();
    const id = choice.kind === 'begin' ? this.begins().id : choice.epoch;
    return this.saysIn(id, text);
  }

  saysIn(epoch: OperationId, text: string, changes: Partial<MessageDraft> = {}): CarriedMessage {
    const secret = this.secrets.get(epoch);
    if (!secret) throw new Error(`${this.who.name} has no secret of that epoch.`);
    const message = sealMessage({
      group: this.history.group,
      epoch: { id: epoch, secret },
      author: { account: this.who.account, signing: this.who.identity.device.signing },
      seq: (this.last?.seq ?? 0) + 1,
      own: this.last?.id,
      control: this.history.previous.slice(0, 8),
      lamport: (this.last?.lamport ?? 0) + 1,
      wall: NOW,
      body: saying(text),
      ...changes,
    });
    this.last = message;
    this.carried.messages.push(message);
    return message;
  }

  judges(message: CarriedMessage, log: DeviceLog = this.#logBefore(message)) {
    const authority = authorityOf(this.history, this.state, (id) => this.epochDevices(id));
    return judgeMessage(valueOf(readMessage(message.envelope)), { group: this.history.group, authority, log, lamport: 0, now: NOW });
  }

  /** Accepted and shown, kept only, or refused and why. */
  verdict(message: CarriedMessage): string {
    const judged = this.judges(message);
    if (!judged.ok) return judged.failure.kind;
    return judged.value.shown ? 'shown' : 'kept';
  }

  reads(message: CarriedMessage): string | undefined {
    this.opens();
    for (const secret of this.secrets.values()) {
      const opened = openMessage(message, secret);
      if (opened.ok && opened.value.type === 'text') return opened.value.text;
    }
    return undefined;
  }

  #logBefore(message: CarriedMessage): DeviceLog {
    let log = emptyLog();
    for (const earlier of this.carried.messages) {
      if (earlier.device !== message.device || earlier.seq >= message.seq) continue;
      const placed = place(log, earlier, undefined);
      if (placed.kind === 'added') log = placed.log;
    }
    return log;
  }
}

/** alice owns the group, bob is an admin, carol and dave are members; all know all. */
function garden() {
  const carried = new Carried();
  const owner = keyed('alice');
  const created = creation(owner, randomBytes);
  const alice = new Voice(owner, created, carried);
  const joined = (name: string) => {
    const voice = new Voice(keyed(name), created, carried);
    alice.admits(voice.who);
    return voice;
  };
  const [bob, carol, dave] = [joined('bob'), joined('carol'), joined('dave')];
  alice.does(grant(bob.who));
  meet(alice, bob, carol, dave);
  return { alice, bob, carol, dave };
}

const seenOf = ({ who }: Voice, seq: number) => [{ device: deviceKeyOf(who.device), seq }];

describe('a removed member', () => {
  it('[G45] [attack 33] reads nothing sent afterwards, though they have all that was carried', () => {
    const { alice, bob, carol, dave } = garden();
    const before = alice.says('while carol is here');
    meet(alice, bob, carol, dave);
    expect(carol.reads(before)).toBe('while carol is here');

    bob.does(kick(carol.who, seenOf(carol, 0)));
    meet(alice, bob, carol, dave);
    const after = dave.says('when carol is gone');
    meet(alice, bob, carol, dave);
    expect(after.epoch).not.toBe(before.epoch);
    expect([alice, bob, dave].map((voice) => voice.reads(after))).toEqual(Array(3).fill('when carol is gone'));
    expect(carol.reads(after)).toBeUndefined();
    expect([...carol.secrets.keys()]).toEqual([before.epoch]);
  });

  it('[G45] [attack 33] has no key even when carol and dave were removed at once, each by somebody who had not heard of the other', () => {
    const { alice, bob, carol, dave } = garden();
    alice.does(kick(carol.who, seenOf(carol, 0)));
    bob.does(kick(dave.who, seenOf(dave, 0)));
    const [byAlice, byBob] = [alice.says('without carol'), bob.says('without dave')];
    meet(alice, bob, carol, dave);
    // Until they met, each of the two was still told by one side; nobody could know better.
    expect([dave.reads(byAlice), carol.reads(byBob)]).toEqual(['without carol', 'without dave']);

    const together = alice.says('without both');
    meet(alice, bob, carol, dave);
    expect(bob.reads(together)).toBe('without both');
    expect([carol.reads(together), dave.reads(together)]).toEqual([undefined, undefined]);
    expect([byAlice.epoch, byBob.epoch]).not.toContain(together.epoch);
    // What was said meanwhile stays readable, to both.
    expect([alice.reads(byBob), bob.reads(byAlice)]).toEqual(['without dave', 'without carol']);
    expect([alice.verdict(byBob), bob.verdict(byAlice)]).toEqual(['shown', 'shown']);
  });

  it('[G48] [attack 36] is not heard: knowing it, not at all; pretending not to, only as far as had been seen', () => {
    const { alice, bob, carol } = garden();
    const epoch = carol.says('one').epoch;
    carol.saysIn(epoch, 'two');
    meet(alice, bob, carol);
    const then = carol.history.previous;
    bob.does(kick(carol.who, seenOf(carol, 2)));
    meet(alice, bob, carol);
    const backdated = carol.saysIn(epoch, 'I said this before', { control: then });
    const brazen = carol.saysIn(epoch, 'I am still here');
    expect(carol.carried.messages.map((message) => alice.verdict(message))).toEqual(['shown', 'shown', 'kept', 'foreign']);
    expect([alice.verdict(backdated), bob.verdict(brazen)]).toEqual(['kept', 'foreign']);
  });

  it('[G48] who left is not heard beyond what they had said', () => {
    const { alice, dave } = garden();
    const epoch = dave.says('bye').epoch;
    const then = dave.history.previous;
    dave.does({ type: 'leave', seen: seenOf(dave, 1) });
    meet(alice, dave);
    expect(alice.verdict(dave.saysIn(epoch, 'before I left', { control: then }))).toBe('kept');
    expect(alice.verdict(dave.saysIn(epoch, 'after'))).toBe('foreign');
  });
});

describe('a muted member', () => {
  it('[G48] [attack 36] is not shown, knowing it or not, and is heard again when unmuted', () => {
    const { alice, bob, carol } = garden();
    const epoch = carol.says('one').epoch;
    meet(alice, bob, carol);
    const then = carol.history.previous;
    bob.does(mute(carol.who, undefined, seenOf(carol, 1)));
    const unaware = carol.saysIn(epoch, 'not knowing');
    meet(alice, bob, carol);
    const knowing = carol.saysIn(epoch, 'knowing');
    const backdated = carol.saysIn(epoch, 'pretending', { control: then });
    expect([unaware, knowing, backdated].map((message) => alice.verdict(message))).toEqual(['kept', 'kept', 'kept']);

    alice.does(unmute(carol.who));
    meet(alice, bob, carol);
    const free = carol.saysIn(epoch, 'thank you');
    expect(bob.verdict(free)).toBe('shown');
    expect(bob.verdict(backdated)).toBe('kept');
  });

  it('[G48] [attack 36] does not end a mute for a time by setting the clock', () => {
    const { alice, bob, carol } = garden();
    const epoch = carol.says('one').epoch;
    meet(alice, bob, carol);
    bob.does(mute(carol.who, NOW + 86_400_000, seenOf(carol, 1)));
    meet(alice, bob, carol);
    expect(alice.verdict(carol.saysIn(epoch, 'from tomorrow', { wall: NOW + 86_400_000 }))).toBe('kept');
  });
});

describe('a message', () => {
  it('[G48] [attack 23] of a member in the name of another is refused by all, whatever keys they have', () => {
    const { alice, bob, carol, dave } = garden();
    const epoch = dave.says('hello').epoch;
    meet(alice, bob, carol, dave);
    carol.opens();
    const inDavesName = { author: { account: dave.who.account, signing: carol.who.identity.device.signing } };
    const forged = carol.saysIn(epoch, 'I owe carol a thousand', inDavesName);
    expect([alice, bob, dave].map((voice) => voice.verdict(forged))).toEqual(['foreign', 'foreign', 'foreign']);
  });

  it('[G48] of a stranger who came by the secret is refused', () => {
    const { alice, dave } = garden();
    const epoch = dave.says('hello').epoch;
    meet(alice, dave);
    const stranger = new Voice(keyed('mallory'), alice.history.at(0), alice.carried);
    stranger.hearsAllFrom(alice);
    stranger.secrets.set(epoch, dave.secrets.get(epoch) ?? expect.fail('dave has begun it'));
    expect(alice.verdict(stranger.saysIn(epoch, 'hello from outside'))).toBe('foreign');
  });

  it('[G48] waits for the operations it builds on', () => {
    const { alice, bob } = garden();
    const message = bob.says('in an epoch alice has not heard of');
    expect(alice.verdict(message)).toBe('awaits-operations');
    meet(alice, bob);
    expect(alice.verdict(message)).toBe('shown');
  });
});

describe('an epoch', () => {
  it('[G43] [attack 34] with a missing or an extra recipient is nothing, and so are messages in it', () => {
    const { alice, carol, dave } = garden();
    const devices = carol.state.devices;
    for (const recipients of [devices.slice(1), [...devices, strangeDevice(devices)]]) {
      const { epoch } = carol.newEpoch(recipients);
      const operation = carol.does({ type: 'epoch', ...epoch.act });
      carol.secrets.set(operation.id, epoch.secret);
      meet(alice, carol, dave);
      expect(alice.epochDevices(operation.id)).toBeUndefined();
      expect(alice.verdict(carol.saysIn(operation.id, 'just among us'))).toBe('invalid-epoch');
    }
  });

  it('[G43] stays good where it stands when its author turns out to have been removed meanwhile', () => {
    const { alice, bob, carol, dave } = garden();
    const begun = carol.says('hello').epoch;
    dave.hearsAllFrom(carol);
    const unaware = dave.says('hello carol');
    expect(unaware.epoch).toBe(begun);
    bob.does(kick(carol.who, seenOf(carol, 0)));
    meet(alice, bob, carol, dave);
    expect(alice.state.voided.has(begun)).toBe(true);
    expect(alice.verdict(unaware)).toBe('shown');
    expect(alice.reads(unaware)).toBe('hello carol');
    // Nobody goes on writing in it.
    expect(alice.says('now without carol').epoch).not.toBe(begun);
  });
});

function strangeDevice(devices: Voice['state']['devices']) {
  const [first] = devices;
  return { ...(first ?? expect.fail('there are four')), device: keyed('mallory').device };
}
