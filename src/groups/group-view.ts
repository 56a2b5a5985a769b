/** A group as the screens see it, made of what is held of it. */
import type { AccountId } from '../protocol/ids.ts';
import type { Books } from './books.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupState } from '../membership/group-state.ts';
import type { Group, GroupAlert, GroupMember, GroupPhase } from './ports.ts';
import type { Role } from '../membership/group-state.ts';
import { readersOf } from './spread.ts';

const RANK: Readonly<Record<Role, number>> = { owner: 0, admin: 1, member: 2 };

export interface ViewParts {
  readonly books: Books;
  /** Members linked now. */
  readonly linked: number;
  /** Links of invitations made on this device, by the invitation's id. */
  readonly links: ReadonlyMap<string, string>;
  /** Accounts whose devices said two things as one in their logs. */
  readonly forkers: ReadonlySet<AccountId>;
}

export function viewOf(parts: ViewParts): Group {
  const { books, linked } = parts;
  const { record, state, membership, context } = books;
  const base = { id: context.group, phase: phaseOf(record, state, context.me.account), notify: record.notify, linked };
  if (!state) return { ...base, ...nothingYet(record) };
  const { name, picture, topic, pinned, allMuted, policy, offeredTo, announcement } = state;
  const accounts = [...state.members.keys()];
  return {
    ...base,
    name,
    picture,
    topic,
    pinned,
    allMuted,
    policy,
    offeredTo,
    announcement: announcement && { ...announcement, readBy: readersOf(announcement.id, books.marks.all, accounts) },
    me: { role: membership?.role ?? 'member', muted: membership?.muted },
    members: membersOf(state),
    former: [...state.former.values()].map(({ account, name }) => ({ account, name })),
    applications: isAdmin(membership?.role)
      ? state.applications.map(({ request, at }) => ({
          account: request.account,
          name: request.introduction.name,
          greeting: request.greeting,
          at,
        }))
      : [],
    invites: state.invites.map(({ id, operation, by, used }) => {
      const { mode, expires, uses } = operation.act;
      return { id, link: parts.links.get(id), by, mode, expires, uses, used };
    }),
    alerts: alertsOf(parts).map(({ alert }) => alert),
  };
}

export function isAdmin(role: Role | undefined): boolean {
  return role === 'owner' || role === 'admin';
}

/** What makes a person look and has not been put away; each with the key it is put away by. */
export function alertsOf({ books, forkers }: ViewParts): readonly { readonly key: string; readonly alert: GroupAlert }[] {
  const { state, record, membership } = books;
  if (!state) return [];
  const equivocators = new Set([...state.equivocations.map(({ account }) => account), ...forkers]);
  const all: { readonly key: string; readonly alert: GroupAlert }[] = [
    ...state.forks.map((fork) => ({ key: `fork ${fork}`, alert: { kind: 'ownership-conflict' as const } })),
    ...[...equivocators].map((account) => ({ key: `double ${account}`, alert: { kind: 'equivocation' as const, account } })),
    ...(isAdmin(membership?.role)
      ? [...state.ejected].map(([account, request]) => ({
          key: `ejected ${request.id}`,
          alert: { kind: 'ejected' as const, account, name: request.introduction.name },
        }))
      : []),
  ];
  return all.filter(({ key }) => !record.dismissed.includes(key));
}

export function phaseOf({ standing }: GroupRecord, state: GroupState | undefined, me: AccountId): GroupPhase {
  if (standing === 'applied') return 'applied';
  if (standing === 'declined') return 'declined';
  if (standing !== 'inside' || !state) return 'joining';
  if (state.disbanded) return 'disbanded';
  if (state.members.has(me)) return 'active';
  return state.former.get(me)?.how === 'left' ? 'left' : 'removed';
}

/** I have left, and nobody is known to have heard of it yet. */
export function isParting({ state, record, context: { me } }: Books): boolean {
  return phaseOf(record, state, me.account) === 'left' && !record.parted;
}

function membersOf({ members }: GroupState): readonly GroupMember[] {
  return [...members.values()]
    .map(({ account, name, nickname, role, muted, since }) => ({ account, name, nickname, role, muted, since }))
    .sort((a, b) => RANK[a.role] - RANK[b.role] || byName(a.nickname ?? a.name, b.nickname ?? b.name));
}

const COLLATOR = new Intl.Collator();

function byName(a: string, b: string): number {
  return COLLATOR.compare(a, b);
}

function nothingYet({ name }: GroupRecord): Omit<Group, 'id' | 'phase' | 'notify' | 'linked'> {
  return {
    name,
    picture: undefined,
    topic: '',
    announcement: undefined,
    pinned: [],
    me: { role: 'member', muted: undefined },
    members: [],
    former: [],
    allMuted: false,
    policy: { history: { kind: 'none' }, invites: 'admins' },
    offeredTo: undefined,
    applications: [],
    invites: [],
    alerts: [],
  };
}
