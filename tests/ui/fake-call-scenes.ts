/** How a call stands when a scene begins: whom it is with, who is in it and what is the matter. */
import type { CallOver, CallPerson, CurrentCall, OwnMedia, OwnSource, Quality } from '../../src/calls/call-view.ts';
import { asTrack, type CallRecord } from '../../src/calls/ports.ts';
import type { CallMedia, CallOutcome } from '../../src/protocol/call-word.ts';
import {
  callIdOf,
  conversationOf,
  conversationWith,
  messageIdOf,
  type AccountId,
  type CallId,
  type GroupId,
} from '../../src/protocol/ids.ts';
import type { CallEntry } from '../../src/session/call-entry.ts';
import { fakeCamera, fakeScreen } from './fake-tracks.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export interface CallCast {
  readonly me: AccountId;
  readonly now: number;
  /** Those one can call, best friend first. */
  readonly friends: readonly AccountId[];
  readonly group: GroupId | undefined;
  /** Of the group, without me. */
  readonly members: readonly AccountId[];
}

const GOOD: Quality = { grade: 'good', reason: undefined, route: 'direct', loss: 0, roundTrip: 24, concealed: 0 };
const FAIR: Quality = { grade: 'fair', reason: 'loss', route: 'relayed', loss: 0.07, roundTrip: 180, concealed: 0.02 };
const POOR: Quality = { grade: 'poor', reason: 'round-trip', route: 'relayed', loss: 0.02, roundTrip: 820, concealed: 0.06 };
const QUALITIES = [GOOD, GOOD, FAIR, GOOD, POOR] as const;

/** Nothing is ever heard in the harness, so any track stands for a microphone's. */
export const HEARD: OwnSource = { kind: 'on', track: asTrack({}), device: 'mic' };
export const OFF: OwnSource = { kind: 'off' };

export function seenAs(hue: number): OwnSource {
  return { kind: 'on', track: fakeCamera(hue), device: 'cam' };
}

export function ownMedia(media: CallMedia, changes: Partial<OwnMedia> = {}): OwnMedia {
  return {
    microphone: HEARD,
    camera: media === 'video' ? seenAs(5) : OFF,
    screen: OFF,
    muted: false,
    hand: false,
    mutedBy: undefined,
    ...changes,
  };
}

export function callOf(seed: number): CallId {
  return callIdOf(Uint8Array.from({ length: 16 }, (_, at) => (seed * (at + 3)) & 0xff));
}

export function personIn(account: AccountId, at: number, media: CallMedia, changes: Partial<CallPerson> = {}): CallPerson {
  return {
    account,
    connection: 'connected',
    tracks: {
      microphone: undefined,
      camera: media === 'video' ? fakeCamera(at) : undefined,
      screen: undefined,
      screenSound: undefined,
    },
    muted: false,
    camera: media === 'video',
    screen: false,
    hand: false,
    held: false,
    volume: 1,
    quality: QUALITIES[at % QUALITIES.length],
    isVerified: at === 0,
    ...changes,
  };
}

/** The call a scene begins with; undefined where there is none. */
export function firstCall(scene: string, cast: CallCast): CurrentCall | undefined {
  const [friend] = cast.friends;
  if (friend === undefined || !scene.startsWith('call-')) return undefined;
  if (scene.startsWith('call-group')) return groupCall(scene, cast);
  const pair = pairCalls(friend, cast.now);
  return pair[scene]?.();
}

type Scenes = Readonly<Record<string, () => CurrentCall>>;

function pairCalls(contact: AccountId, now: number): Scenes {
  const base = (media: CallMedia) => ({ call: callOf(1), with: { kind: 'contact', contact }, media }) as const;
  const inCall = (media: CallMedia, person: Partial<CallPerson> = {}, own: Partial<OwnMedia> = {}): CurrentCall => ({
    ...base(media),
    phase: 'in',
    since: now - 83 * SECOND,
    people: [personIn(contact, 0, media, person)],
    own: ownMedia(media, own),
    speaker: contact,
    adaptation: { rung: 'full', because: undefined },
    bearable: 4,
  });
  const over = (why: CallOver, duration = 0): CurrentCall => ({ ...base('voice'), phase: 'over', why, duration });
  const rings = (media: CallMedia, quiet = false): CurrentCall => ({ ...base(media), phase: 'ringing', since: now, from: contact, quiet });
  const calls = (media: CallMedia, reached: boolean): CurrentCall => ({
    ...base(media),
    phase: 'calling',
    since: now,
    reached,
    own: ownMedia(media),
  });
  return {
    'call-ringing': () => rings('voice'),
    'call-ringing-video': () => rings('video'),
    'call-ringing-quiet': () => rings('voice', true),
    'call-ringing-menu': () => rings('voice'),
    'call-out': () => calls('voice', false),
    'call-out-video': () => calls('video', true),
    'call-voice': () => inCall('voice'),
    'call-voice-muted': () => inCall('voice', { muted: true }, { muted: true }),
    'call-video': () => inCall('video'),
    'call-small': () => inCall('video'),
    'call-devices': () => inCall('video'),
    'call-keys': () => inCall('video'),
    'call-lost': () => inCall('video', {}, { camera: { kind: 'lost' } }),
    'call-screen': () => inCall('video', { screen: true, tracks: { ...personIn(contact, 0, 'video').tracks, screen: fakeScreen() } }),
    'call-reconnecting': () => inCall('video', { connection: 'reconnecting', quality: POOR }),
    'call-adapted': () => ({
      ...(inCall('video', { quality: { ...FAIR, reason: 'cpu' } }) as Extract<CurrentCall, { phase: 'in' }>),
      adaptation: { rung: 'low', because: 'cpu' },
    }),
    'call-over': () => over('by-them', 12 * MINUTE + 5 * SECOND),
    'call-over-unreachable': () => over('unreachable'),
    'call-over-missed': () => over('missed'),
  };
}

/** Of four people all alike, of eight the speaker large, with hands up and muted ones. */
function groupCall(scene: string, { now, group, members }: CallCast): CurrentCall | undefined {
  const [first] = members;
  if (group === undefined || first === undefined) return undefined;
  const media = scene.endsWith('-voice') ? 'voice' : 'video';
  const base = { call: callOf(2), with: { kind: 'group', group }, media } as const;
  if (scene === 'call-group-ringing') return { ...base, phase: 'ringing', since: now, from: first, quiet: false };
  const isCrowd = scene.startsWith('call-group-8');
  const others = members.slice(0, isCrowd ? 7 : 3);
  const people = others.map((account, at) =>
    personIn(account, at, media, {
      ...(at === 1 && { muted: true }),
      ...(at === 2 && { camera: false }),
      ...(isCrowd && at > 3 && { held: true, hand: at === 5 }),
      ...(at === 6 && { connection: 'reconnecting' }),
    }),
  );
  return {
    ...base,
    phase: 'in',
    since: now - 8 * MINUTE - 41 * SECOND,
    people: scene === 'call-group-alone' ? [] : people,
    own: ownMedia(media, isCrowd ? { hand: true } : scene === 'call-group-muted' ? { muted: true, mutedBy: first } : {}),
    speaker: others[isCrowd ? 3 : 0],
    adaptation: isCrowd ? { rung: 'speakers', because: 'people' } : { rung: 'full', because: undefined },
    bearable: isCrowd ? 6 : 8,
  };
}

/** What has been called so far, newest first. `mine`: begun here. */
export function pastCalls({ me, now, friends, group, members }: CallCast): readonly CallRecord[] {
  const [first, second, third] = friends;
  if (first === undefined || second === undefined || third === undefined) return [];
  const two = (seed: number, ago: number, contact: AccountId, isMine: boolean, entry: Omit<PairEntry, 'kind' | 'call'>): CallRecord => ({
    conversation: conversationWith(contact),
    message: messageIdOf(Uint8Array.from({ length: 16 }, () => seed)),
    author: isMine ? me : contact,
    wall: now - ago,
    entry: { kind: 'two', call: callOf(seed), ...entry },
  });
  const ended = (media: CallMedia, outcome: CallOutcome, duration = 0) => ({ media, outcome, duration });
  const ofGroup: readonly CallRecord[] =
    group === undefined
      ? []
      : [
          {
            conversation: conversationOf(group),
            message: messageIdOf(new Uint8Array(16).fill(98)),
            author: members[0] ?? me,
            wall: now - 26 * HOUR,
            entry: { kind: 'group', call: callOf(98), media: 'video', over: true, duration: 42 * MINUTE, people: members.slice(0, 4) },
          },
        ];
  return [
    two(90, 9 * MINUTE, second, false, ended('voice', 'missed')),
    two(91, 3 * HOUR, second, false, ended('video', 'cancelled')),
    two(92, 5 * HOUR, first, true, ended('video', 'answered', 12 * MINUTE + 5 * SECOND)),
    ...ofGroup,
    two(93, 28 * HOUR, third, true, ended('voice', 'unreachable')),
    two(94, 50 * HOUR, second, true, ended('voice', 'declined')),
    two(95, 74 * HOUR, second, false, ended('voice', 'answered', 65 * MINUTE)),
  ];
}

type PairEntry = Extract<CallEntry, { kind: 'two' }>;
