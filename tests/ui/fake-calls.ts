/** Calls with canned people, who answer after a while; how they stand at first depends on the scene (fake-call-scenes.ts). */
import type { CallPerson, CallWith, CurrentCall, OwnMedia } from '../../src/calls/call-view.ts';
import type { CallRecord, CallSettings, CaptureFailure, MediaDevice } from '../../src/calls/ports.ts';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed, type Result } from '../../src/lib/result.ts';
import type { GroupId } from '../../src/protocol/ids.ts';
import type { CallRoster } from '../../src/session/call-entry.ts';
import type { CallOptions, Calls, Preview } from '../../src/ui/calls/contract.ts';
import { callOf, firstCall, HEARD, OFF, ownMedia, pastCalls, personIn, seenAs, type CallCast } from './fake-call-scenes.ts';
import { fakeScreen } from './fake-tracks.ts';

const RING_MS = 1_000;
const ANSWER_MS = 3_000;

type InCall = Extract<CurrentCall, { phase: 'in' }>;

export function createFakeCalls(scene: string, cast: CallCast): Calls {
  const current = new Cell<CurrentCall | undefined>(firstCall(scene, cast));
  const records = scene.startsWith('call') ? pastCalls(cast) : [];
  const missed = new Cell(records.filter(({ entry }) => entry.kind === 'two' && ['missed', 'cancelled'].includes(entry.outcome)).length);
  const settings = new Cell<CallSettings>({
    microphone: 'mic',
    camera: undefined,
    speaker: undefined,
    processing: { echoCancellation: true, noiseSuppression: true, autoGain: true },
  });
  const permission = new Cell<'unasked' | 'granted' | 'refused' | 'unsupported'>(scene === 'call-notices-refused' ? 'refused' : 'unasked');

  const changeOwn = (changes: Partial<OwnMedia>): void => {
    const call = current.value;
    if (call?.phase === 'calling' || call?.phase === 'in') current.set({ ...call, own: { ...call.own, ...changes } });
  };
  const changePerson = (account: string, changes: Partial<CallPerson>): void => {
    const call = current.value;
    if (call?.phase !== 'in') return;
    current.set({ ...call, people: call.people.map((person) => (person.account === account ? { ...person, ...changes } : person)) });
  };
  const enter = (whom: CallWith, { media, microphone, camera }: CallOptions): void => {
    const others = whom.kind === 'contact' ? [whom.contact] : cast.members.slice(0, 3);
    const inside: InCall = {
      call: callOf(1),
      with: whom,
      media,
      phase: 'in',
      since: Date.now(),
      people: others.map((account, at) => personIn(account, at, media)),
      own: ownMedia(media, { microphone: microphone ? HEARD : OFF, camera: camera ? seenAs(5) : OFF }),
      speaker: others[0],
      adaptation: { rung: 'full', because: undefined },
      bearable: 4,
    };
    current.set(inside);
  };

  return {
    current,
    canCall: true,
    start(whom, options) {
      if (whom.kind === 'group') enter(whom, options);
      else {
        const call = {
          call: callOf(1),
          with: whom,
          media: options.media,
          phase: 'calling',
          since: Date.now(),
          own: ownMedia(options.media),
        } as const;
        current.set({ ...call, reached: false });
        const later = (delay: number, act: () => void) =>
          setTimeout(() => {
            if (current.value?.phase === 'calling') act();
          }, delay);
        later(RING_MS, () => current.set({ ...call, reached: true }));
        later(ANSWER_MS, () => enter(whom, options));
      }
      return agreed();
    },
    answer(options) {
      const call = current.value;
      if (call?.phase !== 'ringing') return Promise.resolve(fail({ kind: 'call-gone' }));
      enter(call.with, options);
      return agreed();
    },
    decline: () => current.set(undefined),
    hangUp() {
      const call = current.value;
      if (call?.phase !== 'calling' && call?.phase !== 'in') return;
      const duration = call.phase === 'in' ? Date.now() - call.since : 0;
      current.set({ call: call.call, with: call.with, media: call.media, phase: 'over', why: 'by-me', duration });
    },
    dismiss: () => current.set(undefined),
    going: new Cell(goingCalls(scene, cast)),
    preview: (options) => createFakePreview(scene, options),
    setMuted: (muted) => changeOwn({ muted, mutedBy: undefined }),
    setMicrophone: (on) => agreed(() => changeOwn({ microphone: on ? HEARD : OFF })),
    setCamera: (on) => agreed(() => changeOwn({ camera: on ? seenAs(5) : OFF })),
    shareScreen: () => agreed(() => changeOwn({ screen: { kind: 'on', track: fakeScreen(), device: '' } })),
    stopSharing: () => changeOwn({ screen: OFF }),
    setHand: (hand) => changeOwn({ hand }),
    setVolume: (account, volume) => changePerson(account, { volume }),
    askToMute: (account) => changePerson(account, { muted: true }),
    show: () => undefined,
    levels: new Cell(new Map([[cast.friends[0] ?? cast.me, 0.3]])),
    devices: new Cell(DEVICES),
    canShareScreen: true,
    canChooseSpeaker: true,
    settings,
    change: (changed) => agreed(() => settings.set(changed)),
    // Made by fake-tracks.ts, of a real one.
    trackOf: (track) => track as unknown as MediaStreamTrack,
    notices: {
      permission,
      ask: () => {
        permission.set('granted');
        return Promise.resolve();
      },
    },
    history: () => new Cell<readonly CallRecord[]>(records),
    missed,
    seen: () => missed.set(0),
  };
}

const DEVICES: readonly MediaDevice[] = [
  { kind: 'microphone', id: 'mic', label: 'Built-in microphone' },
  { kind: 'microphone', id: 'headset', label: 'Headset of a very well known maker with a very long name (2b3d:0001)' },
  { kind: 'camera', id: 'cam', label: 'FaceCam HD' },
  { kind: 'speaker', id: 'out', label: '' },
];

function createFakePreview(scene: string, { media, camera }: CallOptions): Preview {
  const refused = (what: 'microphone' | 'camera') => ({ kind: 'failed', failure: { kind: 'refused', what } }) as const;
  const isRefused = scene === 'call-before-refused';
  const first = ownMedia(media, { camera: camera ? seenAs(5) : OFF });
  const own = new Cell<OwnMedia>(
    isRefused ? { ...first, microphone: refused('microphone'), camera: camera ? refused('camera') : OFF } : first,
  );
  return {
    own,
    level: new Cell(0.2),
    setMuted: (muted) => own.set({ ...own.value, muted }),
    setCamera: (on): Promise<Result<undefined, CaptureFailure>> =>
      isRefused ? Promise.resolve(fail(refused('camera').failure)) : agreed(() => own.set({ ...own.value, camera: on ? seenAs(5) : OFF })),
    close: () => undefined,
  };
}

function goingCalls(scene: string, { group, members, now }: CallCast): ReadonlyMap<GroupId, CallRoster> {
  const [by] = members;
  if (scene !== 'call-going' || group === undefined || by === undefined) return new Map();
  return new Map([[group, { group, call: callOf(99), media: 'video', by, began: now - 240_000, people: members.slice(0, 3) }]]);
}

function agreed(act: () => void = () => undefined): Promise<Result<undefined, never>> {
  act();
  return Promise.resolve(succeed(undefined));
}
