/** What both sides of a group's door work with. */
import type { Device } from '../identity/device.ts';
import type { Clock } from '../lib/clock.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { AppRun } from './meeting.ts';
import type { LinkMaker, Rendezvous } from './ports.ts';

export interface DoorContext {
  readonly me: Device;
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly run: AppRun;
  /** The highest version seen of an account's device list; 0 for a stranger. */
  readonly minimumListVersion: (account: AccountId) => number;
}
