/** One walk along the owner's chain: where it stands, and what may come next (PROTOCOL.md G10, G11). */
import type { AccountId, OperationId } from '../protocol/ids.ts';
import { withdrawalOf } from './device-lists.ts';
import type { OperationIndex } from './operation-index.ts';
import type { Operation } from './operation.ts';

/** How many times somebody was let in are looked at, the last ones: who comes and goes thousands of times costs no more. */
const MAX_ENTRIES = 64;

/** A time as owner or admin: from a place in the chain up to, and without, another; Infinity: it still lasts. */
export interface Reign {
  readonly rank: 'owner' | 'admin';
  readonly from: number;
  readonly to: number;
  /** Number of the operation that began it. */
  readonly by: number;
}

/**
 * How an operation lies to the chain: its author knew it up to `from`, and it is known from `to` on. What is between them is
 * concurrent to it.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The chain is a line: what has been seen of it is a beginning of it, and what has seen something is an end. */
export function spanAlong({ history }: OperationIndex, links: readonly number[], number: number): Span {
  const from = firstPlace(links, (link) => link !== number && !history.precedes(link, number)) - 1;
  return { from, to: firstPlace(links, (link) => history.precedes(number, link)) };
}

/** The operation with this id and all that it continues, back to the beginning. */
export function branchOf({ history }: OperationIndex, tip: OperationId | undefined): ReadonlySet<OperationId> {
  const branch = new Set<OperationId>();
  for (let link = tip && history.get(tip); link; link = link.ownerPrev && history.get(link.ownerPrev)) branch.add(link.id);
  return branch;
}

/** Some of the reign was at a time that the operation's author knew or should have known. */
export function overlaps(reign: Reign, span: Span): boolean {
  return reign.from < span.to && reign.to > span.from;
}

/** The first place whose link is so, when all after it are. */
function firstPlace(links: readonly number[], isSo: (link: number) => boolean): number {
  let low = 0;
  let high = links.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const link = links[middle];
    if (link !== undefined && isSo(link)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export class ChainWalk {
  readonly #index: OperationIndex;
  readonly #links: number[] = [];
  readonly #reigns = new Map<AccountId, Reign[]>();
  #owner: AccountId;
  #offeredTo: AccountId | undefined;
  #isOver = false;

  /** Begins at `create`, which has the number 0 in every history. */
  constructor(index: OperationIndex) {
    this.#index = index;
    this.#owner = index.history.at(0).account;
    this.#begin(this.#owner, 'owner', 0);
    this.#links.push(0);
  }

  get links(): readonly number[] {
    return this.#links;
  }

  get reigns(): ReadonlyMap<AccountId, readonly Reign[]> {
    return this.#reigns;
  }

  get owner(): AccountId {
    return this.#owner;
  }

  get offeredTo(): AccountId | undefined {
    return this.#offeredTo;
  }

  /** Operations that may come next; more than one: the chain is forked here. */
  get continuations(): readonly number[] {
    const { continuations, history } = this.#index;
    const tip = history.at(this.#links.at(-1) ?? 0);
    return this.#isOver ? [] : (continuations.get(tip.id) ?? []).filter((number) => this.#mayFollow(number));
  }

  advance(number: number): void {
    const { act, account, target } = this.#index.history.at(number);
    if (act.type === 'grant' && target) this.#begin(target, 'admin', number);
    if ((act.type === 'revoke' || act.type === 'expel') && target) this.#end(target);
    if (act.type === 'offer') this.#offeredTo = target;
    if (act.type === 'accept') this.#handOver(account, number);
    if (act.type === 'disband') this.#isOver = true;
    this.#links.push(number);
  }

  /**
   * Whether somebody left, as far as this operation's author knew, after they had got what `since` gave them. The owner cannot
   * leave. It asks for nothing but the chain so far: all of it that matters for a `leave` in the past of what comes next.
   */
  hasLeft(account: AccountId, since: number, asOf: number): boolean {
    const { history, leaves } = this.#index;
    const counts = (leave: number) =>
      !this.#wasOwner(account, spanAlong(this.#index, this.#links, leave)) && !withdrawalOf(this.#index, leave).known;
    const isSince = (leave: number) => history.precedes(leave, asOf) && !history.precedes(leave, since) && counts(leave);
    return leaves.get(account)?.findLast(isSince) !== undefined;
  }

  #mayFollow(number: number): boolean {
    const operation = this.#index.history.at(number);
    const author = operation.act.type === 'accept' ? this.#offeredTo : this.#owner;
    return operation.account === author && this.#isSound(operation, number) && !withdrawalOf(this.#index, number).known;
  }

  #isSound({ act, account, target }: Operation, number: number): boolean {
    switch (act.type) {
      case 'grant':
        return target !== undefined && target !== this.#owner && !this.#isGone(target, number);
      case 'revoke':
      case 'expel':
        return target !== this.#owner;
      case 'offer':
        return target === undefined || this.#isAdmin(target, number);
      case 'accept':
        return this.#isAdmin(account, number);
      default:
        return true;
    }
  }

  /**
   * Nobody is made a member by being made an admin who has not asked to be let in, as far as is known here. Who has left has to
   * ask again: an `admit` with a new request, which has seen them leave.
   */
  #isGone(account: AccountId, asOf: number): boolean {
    const { history, entries } = this.#index;
    const asked = (entries.get(account) ?? []).filter((entry) => history.precedes(entry, asOf)).slice(-MAX_ENTRIES);
    return asked.findLast((entry) => !this.hasLeft(account, entry, asOf)) === undefined;
  }

  #isAdmin(account: AccountId, asOf: number): boolean {
    const reign = this.#current(account);
    return reign?.rank === 'admin' && !this.hasLeft(account, reign.by, asOf);
  }

  #wasOwner(account: AccountId, span: Span): boolean {
    return (this.#reigns.get(account) ?? []).some((reign) => reign.rank === 'owner' && overlaps(reign, span));
  }

  #current(account: AccountId): Reign | undefined {
    const last = this.#reigns.get(account)?.at(-1);
    return last?.to === Infinity ? last : undefined;
  }

  /** Whoever was owner stays as an admin; the new one may change that. */
  #handOver(to: AccountId, by: number): void {
    this.#begin(this.#owner, 'admin', by);
    this.#begin(to, 'owner', by);
    this.#owner = to;
    this.#offeredTo = undefined;
  }

  #begin(account: AccountId, rank: Reign['rank'], by: number): void {
    this.#close(account);
    const reigns = this.#reigns.get(account) ?? [];
    reigns.push({ rank, from: this.#links.length, to: Infinity, by });
    this.#reigns.set(account, reigns);
  }

  #end(account: AccountId): void {
    this.#close(account);
    if (this.#offeredTo === account) this.#offeredTo = undefined;
  }

  #close(account: AccountId): void {
    const reigns = this.#reigns.get(account);
    const last = reigns?.at(-1);
    if (reigns && last?.to === Infinity) reigns[reigns.length - 1] = { ...last, to: this.#links.length };
  }
}
