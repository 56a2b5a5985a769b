/**
 * `resolver_10k`: milliseconds until the 10,000 operations a group has at most are placed and judged, from scratch, in Node. The
 * peer is the same state by plain replay: in order, the last word wins, nothing checked. Signatures are left out on both sides:
 * they are verified once, when an operation comes, and what that takes stands in the detail.
 */
import type { RandomSource } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { History } from '../../src/membership/history.ts';
import type { JoinRequest } from '../../src/membership/join-request.ts';
import { isChained, readOperation, restoreOperation, type Operation } from '../../src/membership/operation.ts';
import { resolve } from '../../src/membership/resolver.ts';
import type { Bytes } from '../../src/lib/bytes.ts';
import { MAX_MEMBERS, MAX_OPERATIONS, type GroupAct } from '../../src/protocol/group-operation.ts';
import type { AccountId, OperationId } from '../../src/protocol/ids.ts';
import * as acts from '../membership/acts.ts';
import { creation, fabricatedAuthor, realAuthor, type Author } from '../membership/authors.ts';
import { Replica } from '../membership/replica.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { median, report, round, spread } from './figure.ts';

const RUNS = 9;
const WARM_UP = 3;
const GOAL_MS = 200;
/** Of plain replay: asking of each operation whether it counts may cost some times what taking its word for it costs. */
const TARGET = 8;
const ADMINS = 12;
const SIGNED = 200;
/** How many operations the others have made at most before somebody hears of them. */
const LAG = 4;

export async function benchGroupResolver(): Promise<void> {
  await sodiumReady();
  const operations = longHistory(seededRandom(7));
  const runs = Array.from({ length: RUNS + WARM_UP }, () => measureOnce(operations)).slice(WARM_UP);
  const ours = runs.map(({ placed, resolved }) => placed + resolved);
  const peer = runs.map(({ replayed }) => replayed);
  report({
    bench: 'group',
    figure: 'resolver_10k',
    ours: median(ours),
    peer: median(peer),
    against: 'plain replay without checks',
    unit: 'ms',
    target: TARGET,
    runs: RUNS,
    detail: {
      where: 'node',
      operations: operations.length,
      goalMs: GOAL_MS,
      withinGoal: median(ours) <= GOAL_MS,
      ours: spread(ours),
      peer: spread(peer),
      placed: round(median(runs.map(({ placed }) => placed))),
      resolved: round(median(runs.map(({ resolved }) => resolved))),
      ...signatures(),
    },
  });
}

function measureOnce(operations: readonly Operation[]) {
  const [first] = operations;
  if (!first) throw new Error('There is no history.');
  const history = new History(first.group);
  const start = performance.now();
  for (const operation of operations) history.add(operation, 'bench');
  const placed = performance.now();
  const state = resolve(history, { tip: undefined });
  const resolved = performance.now();
  const plain = replay(operations);
  const replayed = performance.now();
  if (history.size !== operations.length || !state || plain.members.size === 0) throw new Error('The history does not hold together.');
  return { placed: placed - start, resolved: resolved - placed, replayed: replayed - resolved };
}

/** What a group does in years: people come and go, are muted, renew their keys, acknowledge, pin and announce, often at once. */
function longHistory(random: RandomSource): readonly Operation[] {
  const people = Array.from({ length: MAX_MEMBERS }, (_, index) => fabricatedAuthor(`member ${String(index)}`, random));
  const [owner] = people;
  if (!owner) throw new Error('Nobody is there.');
  const chronicle = new Chronicle(creation(owner, random));
  for (const person of people.slice(1)) chronicle.admit(owner, person, 0);
  for (const admin of people.slice(1, ADMINS)) chronicle.write(owner, acts.grant(admin), 0);

  const draw = (limit: number) => {
    const [a = 0, b = 0] = random(2);
    return ((a << 8) | b) % limit;
  };
  while (chronicle.operations.length < MAX_OPERATIONS) {
    const kind = draw(100);
    const lag = draw(LAG);
    const admin = people[draw(ADMINS)] ?? owner;
    const member = people[ADMINS + draw(people.length - ADMINS)] ?? owner;
    if (kind < 30) chronicle.write(member, acts.ack(chronicle.tip), lag);
    else if (kind < 55) chronicle.write(member, { type: 'keyPackage', ...member.keyPackage }, lag);
    else if (kind < 70) chronicle.write(member, acts.epoch, lag);
    else if (kind < 75) chronicle.write(member, acts.nickname(`nick ${String(draw(1000))}`), lag);
    else if (kind < 80) chronicle.write(admin, acts.announce(`news ${String(draw(1000))}`), lag);
    else if (kind < 84) chronicle.write(admin, draw(2) ? acts.pin(`m${String(draw(99))}`) : acts.unpin(`m${String(draw(99))}`), lag);
    else if (kind < 88) chronicle.write(admin, draw(2) ? acts.mute(member) : acts.unmute(member), lag);
    else if (kind < 91) chronicle.write(admin, acts.rename(`garden ${String(draw(1000))}`), lag);
    else if (kind < 93) chronicle.write(admin, acts.kick(member), lag);
    else if (kind < 96) chronicle.admit(admin, member, lag);
    else if (kind < 98) chronicle.write(owner, draw(2) ? acts.openToAll : acts.keepHistory, 0);
    else chronicle.write(owner, acts.grant(people[1 + draw(ADMINS - 1)] ?? member), 0);
  }
  return chronicle.operations;
}

/** Operations as they come, each made by somebody who is some of them behind. */
class Chronicle {
  readonly operations: Operation[] = [];
  /** Ends of the history after each operation. */
  readonly #heads: (readonly Operation[])[] = [];
  readonly #last = new Map<string, Operation>();
  #tip: Operation;

  constructor(made: Operation) {
    this.#tip = made;
    this.#append(made, []);
  }

  get tip(): OperationId {
    return this.#tip.id;
  }

  admit(admin: Author, whom: Author, lag: number): void {
    const request = whom.request(this.#tip.group);
    this.write(admin, acts.admit(request, this.tip), lag, request);
  }

  write(author: Author, act: GroupAct, lag: number, request?: JoinRequest): void {
    const heads = this.#heads[Math.max(0, this.#heads.length - 1 - lag)] ?? [];
    const own = this.#last.get(author.device);
    const ownerPrev = isChained(act) ? this.#tip : undefined;
    const parents = [...new Set([...heads, ...(own ? [own] : []), ...(ownerPrev ? [ownerPrev] : [])])];
    const operation = author.sign(
      {
        group: this.#tip.group,
        seq: (own?.seq ?? 0) + 1,
        own: own?.id,
        prev: parents.slice(0, 16).map(({ id }) => id),
        ownerPrev: ownerPrev?.id,
        lamport: Math.max(...parents.map(({ lamport }) => lamport)) + 1,
        wall: 0,
        place: 0,
        act,
      },
      request,
    );
    this.#append(operation, parents);
    if (ownerPrev) this.#tip = operation;
  }

  #append(operation: Operation, parents: readonly Operation[]): void {
    const before = this.#heads.at(-1) ?? [];
    this.#heads.push([...before.filter((head) => !parents.includes(head)), operation].slice(-14));
    this.operations.push(operation);
    this.#last.set(operation.device, operation);
  }
}

/** As it is done where every writer is trusted: the last word wins. */
function replay(operations: readonly Operation[]) {
  const ordered = [...operations].sort((a, b) => a.lamport - b.lamport || (a.id < b.id ? -1 : 1));
  const members = new Map<AccountId, { readonly name: string; readonly at: number }>();
  const admins = new Set<AccountId>();
  const muted = new Set<AccountId>();
  const nicknames = new Map<AccountId, string>();
  const keys = new Map<string, Bytes>();
  const acknowledged = new Map<AccountId, Bytes>();
  const epochs: Operation[] = [];
  const pinned = new Set<string>();
  const words = { name: '', announcement: '', policy: '' };
  for (const operation of ordered) {
    const { act, account, target, introduces, wall } = operation;
    if (introduces) keys.set(introduces.deviceId, introduces.kemKey);
    if (act.type === 'create') {
      members.set(account, { name: act.owner.name, at: wall });
      words.name = act.name;
    } else if (act.type === 'admit' && target) members.set(target, { name: introduces?.name ?? '', at: wall });
    else if ((act.type === 'kick' || act.type === 'expel') && target) members.delete(target);
    else if (act.type === 'grant' && target) admins.add(target);
    else if (act.type === 'revoke' && target) admins.delete(target);
    else if (act.type === 'mute' && target) muted.add(target);
    else if (act.type === 'unmute' && target) muted.delete(target);
    else if (act.type === 'nickname') nicknames.set(account, act.nickname);
    else if (act.type === 'ack') acknowledged.set(account, act.tip);
    else if (act.type === 'epoch') epochs.push(operation);
    else if (act.type === 'pin') pinned.add(act.message.toString());
    else if (act.type === 'unpin') pinned.delete(act.message.toString());
    else if (act.type === 'rename') words.name = act.name;
    else if (act.type === 'announce') words.announcement = act.text;
    else if (act.type === 'policy') words.policy = act.invites;
  }
  return { members, admins, muted, nicknames, keys, acknowledged, epochs, pinned, words };
}

/** Milliseconds to read one operation: with its signature, and from one's own store without. */
function signatures() {
  const alice = realAuthor('alice');
  const made = creation(alice, seededRandom(1));
  const replica = new Replica(alice, made);
  const envelopes = Array.from({ length: SIGNED }, (_, index) => replica.does(acts.rename(`garden ${String(index)}`)).envelope);
  const perOperation = (read: typeof readOperation) => {
    const start = performance.now();
    for (const envelope of envelopes) if (!read(envelope).ok) throw new Error('It does not read.');
    return round((performance.now() - start) / SIGNED);
  };
  return { verifyMsEach: perOperation(readOperation), restoreMsEach: perOperation(restoreOperation) };
}
