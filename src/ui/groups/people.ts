/** Who is who in a group. */
import type { Group, GroupMember } from '../../groups/ports.ts';
import type { AccountId } from '../../protocol/ids.ts';

export function membersByAccount({ members }: Group): ReadonlyMap<AccountId, GroupMember> {
  return new Map(members.map((member) => [member.account, member]));
}

export function formerNames({ former }: Group): ReadonlyMap<AccountId, string> {
  return new Map(former.map(({ account, name }) => [account, name]));
}

/** What members are called here: by the name they have taken in this group, or as everywhere. */
export function shownName({ nickname, name }: Pick<GroupMember, 'nickname' | 'name'>): string {
  return nickname ?? name;
}
