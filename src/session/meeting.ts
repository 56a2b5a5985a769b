/**
 * Where two people who share a secret meet, and how they seal what they tell each other there (PROTOCOL.md S1–S5).
 *
 * Everything the signaling server sees of it is random to it: the topic, the tags, the sealed signals. It cannot tell
 * who meets whom, nor that today's topic and yesterday's belong to the same two.
 */
import { open, seal } from '../crypto/aead.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { decode, encode, type DecodeFailure } from '../protocol/codec.ts';
import { bytesOf, MEMBER_TAG_BYTES, memberTagOf, TOPIC_BYTES, topicOf, type MemberTag, type Topic } from '../protocol/ids.ts';
import { signal, type Signal, type SignalBody } from '../protocol/signal.ts';

const DAY_MS = 86_400_000;
/** Only the latest few running apps of one peer can be alive; older ones are forgotten, oldest first. */
const MAX_INSTANCES = 8;

/** One topic as one of its two ends sees it. */
export interface Meeting {
  readonly topic: Topic;
  readonly me: MemberTag;
  /** Undefined on an invite's topic, where anyone with the link may come. */
  readonly them: MemberTag | undefined;
  readonly mySeal: Bytes;
  readonly theirSeal: Bytes;
}

/** Who is who on a topic: any bytes that differ between the two ends. */
export interface Ends {
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/** The meeting of two who share a pair secret, on one UTC day (S2): topic, tags and keys change at midnight. */
export function pairMeeting(pairSecret: Bytes, day: number, ends: Ends): Meeting {
  const when = utf8(`day ${day}`);
  return meeting(pairSecret, when, ends, memberTag(pairSecret, when, ends.theirs));
}

const INVITER = utf8('inviter');
const INVITEE = utf8('invitee');

/** The inviter's end of an invite's topic (S3). */
export function inviterMeeting(inviteSecret: Bytes): Meeting {
  return meeting(inviteSecret, utf8('invite'), { mine: INVITER, theirs: INVITEE }, undefined);
}

/** The invitee's end; `tag` is random, because several people may come with one link and only one will be let in. */
export function inviteeMeeting(inviteSecret: Bytes, tag: Bytes): Meeting {
  const when = utf8('invite');
  const shared = meeting(inviteSecret, when, { mine: INVITEE, theirs: INVITER }, memberTag(inviteSecret, when, INVITER));
  return { ...shared, me: memberTagOf(tag) };
}

const DOOR = utf8('door');
const MEMBER = utf8('member');
const JOINER = utf8('joiner');
/** Half of a member's tag is their own, the other half shows that whoever made it holds the secret. */
const HALF_TAG_BYTES = MEMBER_TAG_BYTES / 2;

/** Where members of a group wait for those who come with one invitation (S10). */
export function doorTopic(topicSecret: Bytes): Topic {
  return topicOf(deriveKey({ secret: topicSecret, info: 'rv/topic', context: [DOOR], length: TOPIC_BYTES }));
}

/** The tag of a member at a door: theirs in every run, and to be told from a joiner's, which is random. */
export function doorTag(topicSecret: Bytes, member: Uint8Array): MemberTag {
  return withCheck(topicSecret, halfTag(topicSecret, member));
}

export function isDoorTag(topicSecret: Bytes, tag: MemberTag): boolean {
  return tag === withCheck(topicSecret, bytesOf(tag).subarray(0, HALF_TAG_BYTES));
}

function withCheck(topicSecret: Bytes, own: Uint8Array): MemberTag {
  return memberTagOf(concat(own, halfTag(topicSecret, own)));
}

function halfTag(secret: Bytes, of: Uint8Array): Bytes {
  return deriveKey({ secret, info: 'rv/member', context: [DOOR, of], length: HALF_TAG_BYTES });
}

/** One joiner and one member at a door: what they say to each other, no other joiner or member opens. */
export function doorMeeting(
  topicSecret: Bytes,
  me: 'member' | 'joiner',
  tags: { readonly member: MemberTag; readonly joiner: MemberTag },
): Meeting {
  const sealOf = (end: Bytes) =>
    deriveKey({ secret: topicSecret, info: 'sig/key', context: [DOOR, end, bytesOf(tags.member), bytesOf(tags.joiner)] });
  const [ofMember, ofJoiner] = [sealOf(MEMBER), sealOf(JOINER)];
  const topic = doorTopic(topicSecret);
  return me === 'member'
    ? { topic, me: tags.member, them: tags.joiner, mySeal: ofMember, theirSeal: ofJoiner }
    : { topic, me: tags.joiner, them: tags.member, mySeal: ofJoiner, theirSeal: ofMember };
}

function meeting(secret: Bytes, when: Bytes, ends: Ends, them: MemberTag | undefined): Meeting {
  return {
    topic: topicOf(deriveKey({ secret, info: 'rv/topic', context: [when], length: TOPIC_BYTES })),
    me: memberTag(secret, when, ends.mine),
    them,
    mySeal: deriveKey({ secret, info: 'sig/key', context: [when, ends.mine] }),
    theirSeal: deriveKey({ secret, info: 'sig/key', context: [when, ends.theirs] }),
  };
}

function memberTag(secret: Bytes, when: Bytes, end: Uint8Array): MemberTag {
  return memberTagOf(deriveKey({ secret, info: 'rv/member', context: [when, end], length: MEMBER_TAG_BYTES }));
}

/**
 * The days whose topics are worth joining now: today's, and the neighbour's that is nearer, so that two clocks half a day
 * apart still meet (S2). Days are counted from 1970 in UTC.
 */
export function meetingDays(now: number): readonly [today: number, neighbour: number] {
  const today = Math.floor(now / DAY_MS);
  return [today, now % DAY_MS < DAY_MS / 2 ? today - 1 : today + 1];
}

/** Milliseconds until `meetingDays` changes. */
export function untilDaysChange(now: number): number {
  const halfDay = DAY_MS / 2;
  return halfDay - (now % halfDay);
}

export type SignalFailure = DecodeFailure | { readonly kind: 'not-sealed-by-them' } | { readonly kind: 'replayed' };

/** One run of the app, as its signals name it. All of them share one counter, so it never goes back for anybody. */
export class AppRun {
  readonly instance: Bytes;
  #counter = 0;

  /** @param instance 8 random bytes. */
  constructor(instance: Bytes) {
    this.instance = instance;
  }

  next(): number {
    this.#counter += 1;
    return this.#counter;
  }
}

/**
 * Seals one end's signals and opens those of one peer, each once (S4). Lives as long as the app runs: what it has seen must
 * not be seen again. One for each peer, so that nobody can make us forget what another has said.
 */
export class SignalBox {
  readonly #run: AppRun;
  readonly #seen = new Map<string, number>();

  constructor(run: AppRun) {
    this.#run = run;
  }

  seal(at: Meeting, body: SignalBody, now: number): Bytes {
    const plain = encode(signal, { instance: this.#run.instance, counter: this.#run.next(), at: now, body });
    return seal(at.mySeal, plain, bytesOf(at.topic));
  }

  open(at: Meeting, sealed: Uint8Array): Result<Signal, SignalFailure> {
    const plain = open(at.theirSeal, sealed, bytesOf(at.topic));
    if (!plain) return fail({ kind: 'not-sealed-by-them' });
    const decoded = decode(signal, plain);
    if (!decoded.ok) return decoded;
    const { instance, counter } = decoded.value;
    const name = instance.join();
    if (counter <= (this.#seen.get(name) ?? 0)) return fail({ kind: 'replayed' });
    this.#remember(name, counter);
    return succeed(decoded.value);
  }

  #remember(name: string, counter: number): void {
    this.#seen.delete(name);
    this.#seen.set(name, counter);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_INSTANCES && oldest !== undefined) this.#seen.delete(oldest);
  }
}
