/**
 * Somebody with an invitation at a group's door: asks one member after another who is there, until one answers (PROTOCOL.md I22–I26).
 * Anybody who holds the invitation may stand there as well, so no answer is final before its maker says so.
 */
import { randomBytes } from '../crypto/random.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { ByeReason } from '../protocol/frame.ts';
import { accountKeyOf, MEMBER_TAG_BYTES, memberTagOf, type MemberTag } from '../protocol/ids.ts';
import { LINK_ID_BYTES } from '../protocol/signal.ts';
import { Backoff } from './backoff.ts';
import type { DoorContext } from './door-context.ts';
import { signalBodyOf } from './introduction-context.ts';
import type { KnockFailure, Knocking, KnockOptions, KnockRefusal } from './knocking.ts';
import { doorMeeting, doorTag, doorTopic, isDoorTag, SignalBox, type Meeting } from './meeting.ts';
import type { TopicMembership } from './ports.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';

/** How long nobody may be seen before we say so: the meeting place takes a moment to tell who is there. */
const LOOK_AROUND_MS = 3_000;
/** How long a member may take to say anything at all: who has just left is still shown for a while. */
const HEAR_WAIT_MS = 6_000;
/** How long one may then take to make a link and to answer: their person is not asked, only their store. */
const ANSWER_WAIT_MS = 30_000;

/** What came of asking a member. `failed` is tried again. */
type Outcome = 'failed' | 'answered' | KnockRefusal;

interface Attempt {
  readonly id: Bytes;
  readonly member: MemberTag;
  readonly meeting: Meeting;
  readonly link: SecureLink;
  stopWaiting: () => void;
}

export class DoorVisit implements Knocking {
  readonly #context: DoorContext;
  readonly #options: KnockOptions;
  readonly #tag = memberTagOf(randomBytes(MEMBER_TAG_BYTES));
  readonly #inviterTag: MemberTag;
  readonly #ownTag: MemberTag;
  readonly #box: SignalBox;
  readonly #membership: TopicMembership;
  readonly #backoff = new Backoff();
  readonly #outcomes = new Map<MemberTag, Outcome>();
  #members: readonly MemberTag[] = [];
  #attempt: Attempt | undefined;
  #cancelTimer: (() => void) | undefined;
  #told: KnockFailure['kind'] | undefined;
  #phase: 'looking' | 'answered' | 'over' = 'looking';

  constructor(context: DoorContext, options: KnockOptions) {
    this.#context = context;
    this.#options = options;
    const { topicSecret, inviter } = options;
    this.#inviterTag = doorTag(topicSecret, accountKeyOf(inviter));
    this.#ownTag = doorTag(topicSecret, accountKeyOf(context.me.account));
    this.#box = new SignalBox(context.run);
    const listener = {
      peersChanged: (peers: ReadonlySet<MemberTag>) => this.#lookAround(peers),
      received: (body: Bytes, from: MemberTag) => this.#received(body, from),
    };
    // Nobody there needs to see us: it is we who speak first.
    this.#membership = context.rendezvous.join(doorTopic(topicSecret), this.#tag, listener, { quiet: true });
    this.#cancelTimer = context.clock.after(LOOK_AROUND_MS, () => this.#askNext());
  }

  askAnother(): void {
    if (this.#phase !== 'answered') return;
    this.#phase = 'looking';
    this.#askNext();
  }

  close(): void {
    this.#phase = 'over';
    this.#stopTimer();
    this.#membership.leave();
    this.#attempt?.link.close('leaving');
  }

  #lookAround(peers: ReadonlySet<MemberTag>): void {
    const { topicSecret } = this.#options;
    const before = this.#members;
    this.#members = [...peers].filter((tag) => tag !== this.#ownTag && isDoorTag(topicSecret, tag));
    const came = this.#members.some((tag) => !before.includes(tag));
    if (came || (before.length > 0 && this.#members.length === 0)) this.#askNext();
  }

  /** Asks somebody who is here and was not asked yet: the inviter first, of the others any. */
  #askNext(): void {
    if (this.#phase !== 'looking' || this.#attempt) return;
    this.#stopTimer();
    const unasked = this.#members.filter((tag) => !this.#outcomes.has(tag));
    const next = unasked.includes(this.#inviterTag) ? this.#inviterTag : anyOf(unasked);
    if (next) this.#ask(next);
    else this.#considerFailure();
  }

  #considerFailure(): void {
    const outcomes = this.#members.map((tag) => this.#outcomes.get(tag));
    if (outcomes.includes('failed')) {
      this.#cancelTimer = this.#context.clock.after(this.#backoff.next(), () => this.#tryFailedAgain());
      return;
    }
    const refusal = outcomes.find((outcome) => outcome !== undefined && outcome !== 'answered');
    this.#tell(refusal && refusal !== 'failed' ? { kind: refusal } : { kind: 'nobody-here-yet' });
  }

  #tryFailedAgain(): void {
    for (const [tag, outcome] of this.#outcomes) if (outcome === 'failed') this.#outcomes.delete(tag);
    this.#askNext();
  }

  #ask(member: MemberTag): void {
    const { me, maker, clock, rendezvous, minimumListVersion } = this.#context;
    const { topicSecret, request } = this.#options;
    const meeting = doorMeeting(topicSecret, 'joiner', { member, joiner: this.#tag });
    const id = randomBytes(LINK_ID_BYTES);
    let by: VerifiedDevice | undefined;
    const link: SecureLink = new SecureLink({
      role: 'offerer',
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: { device: me, psk: topicSecret, expects: (account) => account !== me.account, minimumListVersion },
      events: {
        signal: (signal) => this.#membership.publish(this.#box.seal(meeting, signalBodyOf(id, signal), clock.now())),
        established: (device) => {
          by = device;
          link.send({ type: 'groupKnock', body: request });
        },
        frame: (frame) => {
          if (by && frame.type === 'groupWelcome') this.#answered(member, link, frame.body, by);
        },
        drained: () => undefined,
        closed: (closure) => {
          this.#ended(member, closure);
        },
      },
    });
    this.#attempt = { id, member, meeting, link, stopWaiting: clock.after(HEAR_WAIT_MS, () => link.close('leaving')) };
  }

  #received(sealed: Bytes, from: MemberTag): void {
    const attempt = this.#attempt;
    if (attempt?.member !== from) return;
    const opened = this.#box.open(attempt.meeting, sealed);
    if (!opened.ok) return;
    const { body } = opened.value;
    if ((body.type !== 'answer' && body.type !== 'candidates') || !equalBytes(body.link, attempt.id)) return;
    attempt.stopWaiting();
    attempt.stopWaiting = this.#context.clock.after(ANSWER_WAIT_MS, () => attempt.link.close('leaving'));
    attempt.link.signal(body);
  }

  #answered(member: MemberTag, link: SecureLink, welcome: Bytes, by: VerifiedDevice): void {
    if (this.#phase !== 'looking') return;
    this.#phase = 'answered';
    this.#outcomes.set(member, 'answered');
    this.#told = undefined;
    link.close('leaving');
    this.#options.events.answered(welcome, by);
  }

  #ended(member: MemberTag, closure: SecureLinkClosure): void {
    this.#attempt?.stopWaiting();
    this.#attempt = undefined;
    if (this.#phase !== 'looking') return;
    if (closure.reason === 'unsupported') {
      this.close();
      this.#options.events.failed({ kind: 'unsupported' });
      return;
    }
    const refusal = closure.reason === 'bye' ? refusalOf(closure.bye) : undefined;
    this.#outcomes.set(member, refusal ?? 'failed');
    this.#askNext();
  }

  /** The same is not told twice in a row. */
  #tell(failure: KnockFailure): void {
    if (failure.kind === this.#told) return;
    this.#told = failure.kind;
    this.#options.events.failed(failure);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

function refusalOf(bye: ByeReason): KnockRefusal | undefined {
  return bye === 'invite-used' || bye === 'invite-expired' || bye === 'group-over' ? bye : undefined;
}

function anyOf(tags: readonly MemberTag[]): MemberTag | undefined {
  const [random = 0] = randomBytes(1);
  return tags[random % tags.length];
}
