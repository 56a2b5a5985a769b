/**
 * A member's place at a group's door: whoever comes with the invitation proves who they are, asks once, and gets what the groups'
 * room answers (PROTOCOL.md I22–I26). A few members are enough: the others leave, and look in now and then.
 */
import { randomBytes } from '../crypto/random.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import { accountKeyOf, type MemberTag } from '../protocol/ids.ts';
import type { DoorContext } from './door-context.ts';
import { signalBodyOf } from './introduction-context.ts';
import { LONGEST_TIMER_MS } from './inviting.ts';
import type { GroupDoor, KnockAnswer, KnockHandler } from './knocking.ts';
import { doorMeeting, doorTag, doorTopic, isDoorTag, SignalBox, type Meeting } from './meeting.ts';
import type { TopicMembership } from './ports.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';
import { TokenBucket } from './token-bucket.ts';

/** People who may be proving themselves at one door at once (H9): each costs a connection and a key agreement. */
const MAX_UNPROVEN = 3;
/** Links at one door at once, proven ones included. */
const MAX_LINKS = 8;
/** Links made at one door: each may bring a request that everybody in the group will read. */
const LINK_LIMIT = { capacity: 6, perSecond: 0.5 };
/** A joiner knocks at once and leaves with the answer; who stays longer wants something else. */
const LINK_LIFE_MS = 30_000;
/** Failed proofs after which a door is shut, and for how long: somebody is trying. A link that many have is not worth less for it. */
const MAX_FAILURES = 5;
const SHUT_MS = 600_000;
/** Members at one door; a topic has no room for a whole group. */
const MAX_KEEPERS = 8;
/** How long one too many stays, lest all leave at once, and how long they are away. Up to twice as long, by chance. */
const SURPLUS_MS = 30_000;
const AWAY_MS = 180_000;

export interface GroupDoorEvents {
  /** Undefined while no room answers. */
  readonly handler: () => KnockHandler | undefined;
  /** The room failed to answer. */
  readonly stalled: (reason: unknown) => void;
}

export class GroupDoorPost {
  readonly #context: DoorContext;
  readonly #door: GroupDoor;
  readonly #events: GroupDoorEvents;
  readonly #tag: MemberTag;
  readonly #box: SignalBox;
  readonly #bucket: TokenBucket;
  readonly #links = new Map<string, SecureLink>();
  readonly #serial = new Serial();
  #membership: TopicMembership | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopExpiry: (() => void) | undefined;
  #failures = 0;

  /** Goes there. */
  constructor(context: DoorContext, door: GroupDoor, events: GroupDoorEvents) {
    this.#context = context;
    this.#door = door;
    this.#events = events;
    this.#tag = doorTag(door.topicSecret, accountKeyOf(context.me.account));
    this.#box = new SignalBox(context.run);
    this.#bucket = new TokenBucket(LINK_LIMIT, context.clock.now());
    this.#stand();
    this.#watchExpiry();
  }

  close(): void {
    this.#stopExpiry?.();
    this.#stopExpiry = undefined;
    this.#leave();
    for (const link of [...this.#links.values()]) link.close('leaving');
  }

  // ————— coming and going —————

  #stand(): void {
    const { rendezvous } = this.#context;
    const listener = {
      peersChanged: (peers: ReadonlySet<MemberTag>) => this.#noticeOthers(peers),
      received: (body: Bytes, from: MemberTag) => this.#received(body, from),
    };
    this.#membership = rendezvous.join(doorTopic(this.#door.topicSecret), this.#tag, listener, { quiet: false });
  }

  #leave(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#membership?.leave();
    this.#membership = undefined;
  }

  #awayFor(milliseconds: number): void {
    this.#leave();
    this.#cancelTimer = this.#context.clock.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      this.#stand();
    });
  }

  /** Those with the lowest tags stay; who they are, chance and the invitation's secret decide. */
  #noticeOthers(peers: ReadonlySet<MemberTag>): void {
    const before = [...peers].filter((tag) => tag < this.#tag && isDoorTag(this.#door.topicSecret, tag)).length;
    if (before < MAX_KEEPERS) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    } else this.#cancelTimer ??= this.#context.clock.after(byChance(SURPLUS_MS), () => this.#awayFor(byChance(AWAY_MS)));
  }

  #watchExpiry(): void {
    const { expires } = this.#door;
    if (expires === undefined) return;
    const { clock } = this.#context;
    const left = expires - clock.now();
    if (left <= 0) this.close();
    else this.#stopExpiry = clock.after(Math.min(left, LONGEST_TIMER_MS), () => this.#watchExpiry());
  }

  // ————— those who come —————

  #received(sealed: Bytes, from: MemberTag): void {
    const meeting = doorMeeting(this.#door.topicSecret, 'member', { member: this.#tag, joiner: from });
    const opened = this.#box.open(meeting, sealed);
    if (!opened.ok) return;
    const { body } = opened.value;
    if (body.type === 'offer') this.#answer(meeting, body.link, body.sdp);
    if (body.type === 'candidates') this.#links.get(toBase64url(body.link))?.signal(body);
  }

  #answer(meeting: Meeting, id: Bytes, sdp: string): void {
    const { me, maker, clock, rendezvous, minimumListVersion } = this.#context;
    const name = toBase64url(id);
    const unproven = [...this.#links.values()].filter(({ phase }) => phase !== 'open').length;
    if (unproven >= MAX_UNPROVEN || this.#links.size >= MAX_LINKS || this.#links.has(name) || !this.#bucket.take(clock.now())) return;
    let joiner: VerifiedDevice | undefined;
    const stopTimer = clock.after(LINK_LIFE_MS, () => link.close('leaving'));
    const link: SecureLink = new SecureLink({
      role: 'answerer',
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: { device: me, psk: this.#door.topicSecret, expects: (account) => account !== me.account, minimumListVersion },
      events: {
        signal: (signal) => this.#membership?.publish(this.#box.seal(meeting, signalBodyOf(id, signal), clock.now())),
        established: (device) => {
          joiner = device;
        },
        frame: (frame) => {
          const from = joiner;
          joiner = undefined;
          // One knock a link, first of all; anything else here is none of ours.
          if (from && frame.type === 'groupKnock') this.#knocked(link, from, frame.body);
          else link.close('protocol');
        },
        drained: () => undefined,
        closed: (closure) => {
          stopTimer();
          this.#links.delete(name);
          if (isFailedProof(closure)) this.#countFailure();
        },
      },
    });
    this.#links.set(name, link);
    link.signal({ type: 'offer', sdp });
  }

  #knocked(link: SecureLink, from: VerifiedDevice, request: Bytes): void {
    const { group, inviteId } = this.#door;
    const handler = this.#events.handler();
    if (!handler) {
      link.close('leaving');
      return;
    }
    this.#serial
      .run(() => handler({ group, inviteId, from, request }))
      .then(
        (answer) => this.#reply(link, answer),
        (reason: unknown) => {
          link.close('leaving');
          this.#events.stalled(reason);
        },
      );
  }

  #reply(link: SecureLink, answer: KnockAnswer): void {
    switch (answer.kind) {
      case 'welcome':
        link.send({ type: 'groupWelcome', body: answer.welcome });
        break;
      case 'refused':
        link.close(answer.reason);
        break;
      case 'wrong-proof':
        link.close('protocol');
        this.#countFailure();
        break;
      default:
        assertNever(answer);
    }
  }

  #countFailure(): void {
    this.#failures += 1;
    if (this.#failures < MAX_FAILURES || !this.#membership) return;
    this.#failures = 0;
    this.#awayFor(SHUT_MS);
  }
}

function isFailedProof(closure: SecureLinkClosure): boolean {
  return closure.reason === 'handshake-refused';
}

/** Between once and twice as long. */
function byChance(milliseconds: number): number {
  const [random = 0] = randomBytes(1);
  return Math.round(milliseconds * (1 + random / 255));
}
