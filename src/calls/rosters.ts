/** Calls that go on in groups, with those who are really there: in the group's log, members now, and here. */
import { Cell, type Observable } from '../lib/observable.ts';
import type { AccountId, CallId, GroupId } from '../protocol/ids.ts';
import type { CallRoster } from '../session/call-entry.ts';
import type { CallsOptions } from './calls-options.ts';

export class Rosters {
  /** One of each group: of two at once the one that remains. */
  readonly going = new Cell<ReadonlyMap<GroupId, CallRoster>>(new Map());
  readonly #options: Pick<CallsOptions, 'me' | 'people' | 'session' | 'groups'>;

  constructor(options: Pick<CallsOptions, 'me' | 'people' | 'session' | 'groups'>) {
    this.#options = options;
  }

  /** Tells whenever `all` may be others, and once at the beginning of each. Returns how to stop. */
  watch(changed: () => void): () => void {
    const { groups, session } = this.#options;
    const subscriptions = [groups.rosters, session.here, session.links].map((source: Observable<unknown>) => source.subscribe(changed));
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  /** Smallest id first; of the people those who can be there, myself not among them. */
  all(): readonly CallRoster[] {
    const { me, people, session, groups } = this.#options;
    const here = valueOf(session.here);
    const links = valueOf(session.links);
    const canBeThere = (group: GroupId, account: AccountId) =>
      account !== me && people.isMember(group, account) && (here.has(account) || links.has(account));
    return valueOf(groups.rosters)
      .map((roster) => ({ ...roster, people: roster.people.filter((account) => canBeThere(roster.group, account)) }))
      .toSorted((a, b) => (a.call < b.call ? -1 : 1));
  }

  of(group: GroupId): readonly CallRoster[] {
    return this.all().filter((roster) => roster.group === group);
  }

  /** `mine`: the call I am in, with those who are in it with me: of it I know better than the log. */
  show(mine: { readonly call: CallId; readonly people: readonly AccountId[] } | undefined): void {
    const going = new Map<GroupId, CallRoster>();
    for (const roster of this.all()) {
      const people = roster.call === mine?.call ? [...mine.people, this.#options.me] : roster.people;
      if (people.length > 0 && !going.has(roster.group)) going.set(roster.group, { ...roster, people });
    }
    if (!sameRosters(this.going.value, going)) this.going.set(going);
  }
}

function sameRosters(a: ReadonlyMap<GroupId, CallRoster>, b: ReadonlyMap<GroupId, CallRoster>): boolean {
  const keyOf = (rosters: ReadonlyMap<GroupId, CallRoster>) =>
    [...rosters.values()].map(({ call, people }) => `${call} ${people.join(' ')}`).join('\n');
  return keyOf(a) === keyOf(b);
}

/** What it holds now: everything watched here tells its value on subscribing. */
function valueOf<Value>(observable: Observable<Value>): Value {
  const told: Value[] = [];
  observable.subscribe((value) => told.push(value)).unsubscribe();
  if (told.length === 0) throw new Error('Broken invariant: it tells its value at once');
  return told[0] as Value;
}
