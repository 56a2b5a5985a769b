/** What the parts of one group share. */
import type { Device } from '../identity/device.ts';
import type { Clock } from '../lib/clock.ts';
import type { ConversationId, GroupId } from '../protocol/ids.ts';
import type { AttachmentKeeper } from '../session/attachment.ts';
import type { GroupTimeline } from '../session/group-talk.ts';
import type { GroupStore } from './ports.ts';

export interface GroupContext {
  readonly group: GroupId;
  readonly conversation: ConversationId;
  readonly me: Device;
  /** My device's signing key: 32 bytes in base64url. */
  readonly device: string;
  /** What I am called. */
  readonly name: string;
  readonly store: GroupStore;
  readonly timeline: GroupTimeline;
  readonly files: AttachmentKeeper;
  readonly clock: Clock;
}
