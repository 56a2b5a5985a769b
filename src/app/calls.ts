/** Calls of an open account: the room put together with what it needs, its signs, and what the screens see of it. */
import { Calls } from '../calls/calls.ts';
import type { Track } from '../calls/ports.ts';
import type { Chat } from '../chat/chat.ts';
import type { Groups } from '../groups/groups.ts';
import type { Clock } from '../lib/clock.ts';
import type { Observable } from '../lib/observable.ts';
import type { Presence } from '../presence/presence.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { Rendezvous } from '../session/ports.ts';
import type { Session } from '../session/session.ts';
import type { AccountStores } from '../storage/account-stores.ts';
import type { Calls as CallVerbs } from '../ui/calls/contract.ts';
import { KnownPeople } from './call-people.ts';
import { CallSigns } from './call-signs.ts';
import type { CallSurroundings } from './call-surroundings.ts';

export interface CallParts {
  readonly me: { readonly id: AccountId; readonly name: string };
  readonly stores: AccountStores;
  readonly rendezvous: Rendezvous;
  readonly session: Session;
  readonly chat: Chat;
  readonly groups: Groups;
  readonly presence: Presence;
  readonly surroundings: CallSurroundings;
  /** Whether the page can be seen. */
  readonly visible: Observable<boolean>;
  readonly clock: Clock;
  readonly troubled: (reason: unknown) => void;
}

export interface OpenCalls {
  readonly verbs: CallVerbs;
  /** Hangs up, and gives the devices back. */
  close(): Promise<void>;
}

/** Opened once the groups are, so that calls that were going on in them before ring nobody, and before the session is. */
export async function openCalls(parts: CallParts): Promise<OpenCalls> {
  const { me, stores, rendezvous, session, chat, groups, presence, surroundings, visible, clock, troubled } = parts;
  const people = new KnownPeople({
    me,
    contacts: stores.contacts.watchContacts(),
    groups: groups.watch(),
    presence: presence.mine,
    troubled,
  });
  const calls = await Calls.open({
    me: me.id,
    session,
    clock,
    store: stores.calls,
    devices: surroundings.devices,
    maker: surroundings.maker,
    iceServers: () => rendezvous.iceServers(),
    host: surroundings.host,
    turn: surroundings.turn,
    people,
    groups: { rosters: groups.callRosters, tell: (group, act) => groups.tellCall(group, act) },
    journal: { enter: (contact, call, writes) => chat.enterCall(contact, call, writes) },
    troubled,
  }).catch((reason: unknown) => {
    people.close();
    throw reason;
  });
  chat.keepCalls(calls);
  session.register('call', chat.calls);
  const signs = new CallSigns({
    me: me.id,
    current: calls.current,
    newest: calls.history(1),
    nameOf: (whom) => people.nameOf(whom),
    isQuiet: (from) => people.isQuiet(from),
    visible,
    play: surroundings.play,
    notices: surroundings.notices,
    words: surroundings.words,
    keepAwake: surroundings.keepAwake,
    troubled,
  });
  const stopWatchingPage = surroundings.onLeave(() => calls.hangUp());
  return {
    verbs: createVerbs(calls, surroundings),
    close: async () => {
      stopWatchingPage();
      signs.close();
      await calls.close();
      people.close();
    },
  };
}

function createVerbs(calls: Calls, { devices, notices }: CallSurroundings): CallVerbs {
  return {
    current: calls.current,
    get canCall() {
      return calls.canCall;
    },
    start: (whom, options) => calls.start(whom, options),
    answer: (options) => calls.answer(options),
    decline: () => calls.decline(),
    hangUp: () => calls.hangUp(),
    dismiss: () => calls.dismiss(),
    going: calls.going,
    preview: (options) => calls.preview(options),
    setMuted: (muted) => calls.setMuted(muted),
    setMicrophone: (on) => calls.setMicrophone(on),
    setCamera: (on) => calls.setCamera(on),
    shareScreen: (options) => calls.shareScreen(options),
    stopSharing: () => calls.stopSharing(),
    setHand: (raised) => calls.setHand(raised),
    setVolume: (person, volume) => calls.setVolume(person, volume),
    askToMute: (person) => calls.askToMute(person),
    show: (wishes) => calls.show(wishes),
    levels: calls.levels,
    devices: devices.devices,
    canShareScreen: devices.canShareScreen,
    canChooseSpeaker: devices.canChooseSpeaker,
    settings: calls.settings,
    change: (settings) => calls.change(settings),
    trackOf: mediaTrackOf,
    notices: { permission: notices.permission, ask: () => notices.ask() },
    history: (limit) => calls.history(limit),
    missed: calls.missed,
    seen: () => calls.seen(),
  };
}

/** Tracks are made by the rim, of media tracks and of nothing else. */
function mediaTrackOf(track: Track): MediaStreamTrack {
  return track as object as MediaStreamTrack;
}
