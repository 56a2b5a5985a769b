/**
 * Contents of groups that came through the talk with somebody. They are put down as they come, in a row of their own, and dealt
 * with afterwards: what has to be answered goes out by the same talk, which does not go on before this one is stored.
 */
import { hash } from '../crypto/hash.ts';
import { toBase64url } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import { bytes, decode, encode, fixed, struct } from '../protocol/codec.ts';
import { content as contentCodec, type ContentOf } from '../protocol/content.ts';
import { groupInvitation } from '../protocol/group-invitation.ts';
import { MAX_ENVELOPE_BYTES } from '../protocol/frame.ts';
import { accountIdOf, accountKeyOf, ACCOUNT_ID_BYTES, groupIdOf, operationIdOf, type AccountId, type GroupId } from '../protocol/ids.ts';
import type { GroupStore } from './ports.ts';

const LETTERS = 'letters';

export type GroupContent = ContentOf<'groupInvitation' | 'groupRequest' | 'groupAnswer' | 'groupHistory'>;

const letter = struct({ from: fixed(ACCOUNT_ID_BYTES), content: bytes(MAX_ENVELOPE_BYTES) });

export interface Letter {
  readonly name: string;
  readonly from: AccountId;
  readonly content: GroupContent;
}

export function letterWrite(store: GroupStore, group: GroupId, { from, content }: Omit<Letter, 'name'>): Write {
  const body = encode(letter, { from: accountKeyOf(from), content: encode(contentCodec, content) });
  return store.putParcel(group, LETTERS, toBase64url(hash(body)), body);
}

export async function lettersOf(store: GroupStore, group: GroupId): Promise<readonly Letter[]> {
  return (await store.parcels(group, LETTERS)).flatMap(({ name, body }) => {
    const read = decode(letter, body);
    const content = read.ok ? decode(contentCodec, read.value.content) : read;
    if (!read.ok || !content.ok || !isGroupContent(content.value)) return [];
    return [{ name, from: accountIdOf(read.value.from), content: content.value }];
  });
}

/** The write that says it is dealt with. */
export function letterDone(store: GroupStore, group: GroupId, name: string): Write {
  return store.deleteParcel(group, LETTERS, name);
}

/** Undefined for an invitation that does not read. */
export function groupOf(content: GroupContent): GroupId | undefined {
  if (content.type !== 'groupInvitation') return groupIdOf(operationIdOf(content.group));
  const invitation = decode(groupInvitation, content.invitation);
  return invitation.ok ? groupIdOf(operationIdOf(invitation.value.group)) : undefined;
}

function isGroupContent(content: { readonly type: string }): content is GroupContent {
  return (
    content.type === 'groupInvitation' ||
    content.type === 'groupRequest' ||
    content.type === 'groupAnswer' ||
    content.type === 'groupHistory'
  );
}
