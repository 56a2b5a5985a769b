/** What calls of one account are given, and what is on when one begins. */
import type { Clock } from '../lib/clock.ts';
import type { CallMedia } from '../protocol/call-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { IceServer } from '../protocol/signaling.ts';
import type { Session } from '../session/session.ts';
import type { CallJournal, CallPeople, CallStore, CallTurn, GroupCalls, Host, MediaDevicesPort, MediaLinkMaker } from './ports.ts';

export interface CallsOptions {
  readonly me: AccountId;
  readonly session: Pick<Session, 'callChannel' | 'on' | 'wantLink' | 'here' | 'links'>;
  readonly clock: Clock;
  readonly store: CallStore;
  readonly devices: MediaDevicesPort;
  readonly maker: MediaLinkMaker;
  /** STUN and TURN servers with credentials that are valid now. */
  readonly iceServers: () => readonly IceServer[];
  readonly host: Host;
  readonly turn: CallTurn;
  readonly people: CallPeople;
  readonly groups: GroupCalls;
  readonly journal: CallJournal;
  readonly troubled: (reason: unknown) => void;
}

/** What is on when a call begins. */
export interface CallStart {
  readonly media: CallMedia;
  readonly microphone: boolean;
  readonly camera: boolean;
}
