/**
 * `catch_up`, its computing part: messages a second that somebody who was away reads, judges, places in the logs and opens, of
 * 10,000 that eight devices have written. Against the least that signed and sealed messages can cost: verifying one signature and
 * opening one ciphertext each, of the same bytes, in turns within the same run.
 */
import { sealWithNonce, openWithNonce } from '../../src/crypto/aead.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sign, signingKeyPair, verify, type Signed } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createEpoch } from '../../src/groups/epoch-boxes.ts';
import type { EpochSecret } from '../../src/groups/epoch.ts';
import { authorityOf, judgeMessage } from '../../src/groups/message-judge.ts';
import { emptyLog, type DeviceLog } from '../../src/groups/message-log.ts';
import { openMessage, readMessage, sealMessage, type CarriedMessage } from '../../src/groups/message.ts';
import type { Operation } from '../../src/membership/operation.ts';
import { EMPTY, type Bytes } from '../../src/lib/bytes.ts';
import { bytesOf } from '../../src/protocol/ids.ts';
import type { RealAuthor } from '../membership/authors.ts';
import type { Replica } from '../membership/replica.ts';
import { valueOf } from '../support/value-of.ts';
import { median, report, round, spread } from './figure.ts';
import { groupOf, newcomers } from './group-seed.ts';

const MESSAGES = 10_000;
const AUTHORS = 8;
/** The 10,000 are read in so many parts, each followed by the same part of the bare work. */
const ROUNDS = 20;
const NOW = 1_790_000_000_000;
/** At most this much of the bare speed is lost to formats, ids, key derivation and judging. */
const TARGET = 0.5;

export async function benchGroupMessages(): Promise<void> {
  await sodiumReady();
  const group = talkingGroup(newcomers(AUTHORS));
  const began = performance.now();
  const messages = writtenBy(group, MESSAGES);
  const sealing = (MESSAGES * 1_000) / (performance.now() - began);
  const bare = bareOf(messages);
  const [ours, peer]: [number[], number[]] = [[], []];
  const reader = readerOf(group);
  const part = MESSAGES / ROUNDS;
  for (let start = 0; start < MESSAGES; start += part) {
    ours.push(rateOf(part, () => messages.slice(start, start + part).forEach(reader)));
    peer.push(rateOf(part, () => bare.slice(start, start + part).forEach(({ carry }) => carry())));
  }
  report({
    bench: 'group',
    figure: 'catch_up_reading',
    ours: median(ours),
    peer: median(peer),
    against: 'one Ed25519 verification and one XChaCha20-Poly1305 opening a message, nothing else',
    unit: 'messages/s',
    better: 'more',
    target: TARGET,
    runs: ROUNDS,
    detail: { messages: MESSAGES, authors: AUTHORS, sealing: round(sealing), ours: spread(ours), peer: spread(peer) },
  });
}

/** People of a group, an epoch for all of them, and what it takes to write in it. */
export interface BenchGroup {
  readonly authors: readonly RealAuthor[];
  readonly replica: Replica<RealAuthor>;
  readonly epoch: Operation;
  readonly secret: EpochSecret;
  readonly boxes: readonly Bytes[];
}

/** A group the first of them made, which has begun an epoch. */
export function talkingGroup(authors: readonly RealAuthor[]): BenchGroup {
  const replica = groupOf(authors);
  const { who: owner } = replica;
  const recipients = replica.state.devices.map(({ device, introduction }) => ({ device, kemKey: introduction.kemKey }));
  const base = replica.history.previous.map(bytesOf);
  const { act, secret, boxes } = createEpoch({ group: replica.history.group, author: owner.device, n: 1, base, recipients });
  return { authors, replica, epoch: replica.does({ type: 'epoch', ...act }), secret, boxes: boxes.flatMap((box) => box ?? []) };
}

/** So many messages, by all of them in turns, each author's log by itself. */
export function writtenBy({ authors, replica, epoch, secret }: BenchGroup, count: number): readonly CarriedMessage[] {
  const last = new Map<RealAuthor, CarriedMessage>();
  return Array.from({ length: count }, (_, index) => {
    const author = authors[index % authors.length];
    if (!author) throw new Error('There are authors.');
    const before = last.get(author);
    const message = sealMessage({
      group: replica.history.group,
      epoch: { id: epoch.id, secret },
      author: { account: author.account, signing: author.identity.device.signing },
      seq: (before?.seq ?? 0) + 1,
      own: before?.id,
      control: replica.history.previous,
      lamport: index + 1,
      wall: NOW,
      body: { type: 'text', text: `message ${index}: shall we meet at the lake at seven?`, mentions: { all: false, accounts: [] } },
    });
    last.set(author, message);
    return message;
  });
}

/** Takes a message as it came, and throws unless all is well. */
function readerOf({ replica, epoch, secret }: BenchGroup): (message: CarriedMessage) => void {
  const { history, state } = replica;
  const devices = new Set(state.devices.map(({ device }) => device));
  const authority = authorityOf(history, state, (id) => (id === epoch.id ? devices : undefined));
  const logs = new Map<string, DeviceLog>();
  let lamport = 0;
  return ({ envelope }) => {
    const message = valueOf(readMessage(envelope));
    const log = logs.get(message.device) ?? emptyLog();
    const accepted = valueOf(judgeMessage(message, { group: history.group, authority, log, lamport, now: NOW }));
    logs.set(message.device, accepted.log);
    lamport = Math.max(lamport, message.lamport);
    valueOf(openMessage(message, secret));
  };
}

function bareOf(messages: readonly CarriedMessage[]): readonly { readonly carry: () => void }[] {
  const pair = signingKeyPair(randomBytes(32));
  const [key, nonce] = [randomBytes(32), randomBytes(24)];
  return messages.map(({ envelope, sealed }) => {
    const signed: Signed = sign('grp-msg', envelope, pair);
    const ciphertext: Bytes = sealWithNonce(key, nonce, sealed.ciphertext.subarray(16), EMPTY);
    return {
      carry: () => {
        if (!verify('grp-msg', signed) || !openWithNonce(key, nonce, ciphertext, EMPTY)) throw new Error('All of it is as it was.');
      },
    };
  });
}

function rateOf(count: number, work: () => void): number {
  const began = performance.now();
  work();
  return (count * 1_000) / (performance.now() - began);
}
