import type { Utterance } from '../../chat/ports.ts';
import type { AccountId } from '../../protocol/ids.ts';
import type { AttachmentPlace } from '../../session/attachment.ts';

/** Where a file was said. `me`: the author of what went out. */
export function placeOf(message: Utterance, me: AccountId): AttachmentPlace {
  const { conversation, id, wall } = message;
  return { conversation, message: id, author: message.direction === 'in' ? message.author : me, wall };
}
