/** Random histories of a group in which some are honest, some are not, and nobody is ever up to date. The same seed, the same history. */
import type { RandomSource } from '../../src/crypto/random.ts';
import { mayAct } from '../../src/membership/act-rules.ts';
import type { GroupState } from '../../src/membership/group-state.ts';
import type { JoinRequest } from '../../src/membership/join-request.ts';
import type { Operation } from '../../src/membership/operation.ts';
import type { ActType, GroupAct } from '../../src/protocol/group-operation.ts';
import { bytesOf, operationIdOf, type AccountId, type OperationId } from '../../src/protocol/ids.ts';
import { seededRandom } from '../support/seeded-random.ts';
import * as acts from './acts.ts';
import { creation, fabricatedAuthor, furtherDevice, type Author } from './authors.ts';
import { meet, Replica } from './replica.ts';
import { appearance } from './state-digest.ts';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const STEPS = 24;
const TRIES = 4;

/** What a right's end takes from somebody: those acts of theirs must be of no use, whenever they say they did them. */
type Loss = 'removed' | 'demoted' | 'ex-owner';

export interface HostileHistory {
  readonly operations: readonly Operation[];
  /** Of whoever watched all of it. */
  readonly observer: Replica;
  /** Backdated operations, and after how many of them the state of somebody who pins was another. */
  readonly backdated: Readonly<Record<Loss, number>>;
  readonly stateChanges: number;
  /** Acts that `mayAct` allowed, and how many of them did not count where they were done. */
  readonly allowed: number;
  readonly dishonoured: number;
}

export function hostileHistory(seed: number): HostileHistory {
  return new Plot(seed).run();
}

const OWNERS: readonly ActType[] = ['grant', 'revoke', 'expel', 'offer', 'policy', 'disband'];
const ADMINS: readonly ActType[] = [
  'settle',
  'admit',
  'decline',
  'kick',
  'mute',
  'unmute',
  'muteAll',
  'unmuteAll',
  'rename',
  'topic',
  'announce',
  'pin',
  'unpin',
];
const MEMBERS: readonly ActType[] = ['keyPackage', 'epoch', 'ack', 'apply', 'nickname', 'invite', 'revokeInvite'];

/** Whoever was demoted is still a member, and whoever handed over is still an admin. */
const LOST: Readonly<Record<Loss, ReadonlySet<ActType>>> = {
  removed: new Set([...OWNERS, 'accept', ...ADMINS, ...MEMBERS]),
  demoted: new Set([...OWNERS, 'accept', ...ADMINS]),
  'ex-owner': new Set(OWNERS),
};

function lossOf(before: GroupState, after: GroupState, account: AccountId): Loss | undefined {
  const [was, is] = [before.members.get(account), after.members.get(account)];
  if (was && !is) return 'removed';
  if (was?.role === 'admin' && is?.role === 'member') return 'demoted';
  return was?.role === 'owner' && is?.role !== 'owner' ? 'ex-owner' : undefined;
}

function isStillLost(now: GroupState, account: AccountId, loss: Loss): boolean {
  const role = now.members.get(account)?.role;
  if (loss === 'removed') return role === undefined;
  return loss === 'demoted' ? role === 'member' : role !== 'owner';
}

interface Cue {
  readonly act: GroupAct;
  readonly request?: JoinRequest;
}

class Plot {
  readonly #random: RandomSource;
  readonly #cast: Replica[];
  readonly #observer: Replica;
  /** Who has lost what, and the operations that stood where they still had it. */
  readonly #losses: { readonly who: Replica; readonly loss: Loss; readonly heads: readonly Operation[] }[] = [];
  readonly #backdated: Record<Loss, number> = { removed: 0, demoted: 0, 'ex-owner': 0 };
  #stateChanges = 0;
  #allowed = 0;
  #dishonoured = 0;
  readonly #invites: string[] = [];
  #listVersion = 1;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const authors = NAMES.map((name) => fabricatedAuthor(name, this.#random));
    const [owner = fabricatedAuthor('nobody', this.#random)] = authors;
    const made = creation(owner, this.#random);
    this.#cast = authors.map((author) => new Replica(author, made));
    this.#observer = new Replica(fabricatedAuthor('the observer', this.#random), made);
    this.#open();
  }

  run(): HostileHistory {
    for (let step = 0; step < STEPS; step++) {
      if (this.#chance(0.55)) this.#gossip();
      if (this.#chance(0.06)) this.#renewDevice();
      if (this.#chance(0.2)) this.#actDishonestly();
      else this.#actHonestly();
      this.#observe();
      if (this.#losses.length > 0 && this.#chance(0.5)) this.#backdate();
    }
    return {
      operations: this.#observer.history.operations,
      observer: this.#observer,
      backdated: this.#backdated,
      stateChanges: this.#stateChanges,
      allowed: this.#allowed,
      dishonoured: this.#dishonoured,
    };
  }

  /** A group worth fighting for: two admins, two members, one outside. */
  #open(): void {
    const [owner, bob, carol, dave, erin] = this.#cast;
    if (!owner || !bob || !carol || !dave || !erin) throw new Error('The cast is too small.');
    for (const { who } of [bob, carol, dave, erin]) owner.admits(who);
    for (const { who } of [bob, carol]) owner.does(acts.grant(who));
    meet(...this.#cast);
    this.#observe();
  }

  #actHonestly(): void {
    const somebody = this.#pick(this.#cast);
    const { owner, offeredTo } = somebody.state;
    const inCharge = this.#cast.find(({ who }) => who.account === (this.#chance(0.5) ? offeredTo : owner));
    const actor = inCharge && this.#chance(0.4) ? inCharge : somebody;
    const before = actor.looks();
    // A device that its account has taken out of force would not be running.
    if (!before.devices.some(({ device }) => device === actor.who.device)) return;
    const cues = [...this.#statecraft(actor.who.account, before), ...Array.from({ length: TRIES }, () => this.#cue(actor))];
    const cue = cues.find(({ act, request }) => {
      const isIn = request !== undefined && before.members.has(request.account);
      return !isIn && mayAct(before, actor.who.account, act) === undefined;
    });
    if (!cue) return;
    const operation = actor.does(cue.act, cue.request);
    this.#allowed++;
    if (!actor.state.effective.has(operation.id)) this.#dishonoured++;
  }

  /** What changes who is in charge would be rare if it were left to chance alone. */
  #statecraft(account: AccountId, { offeredTo, owner, members }: GroupState): readonly Cue[] {
    if (offeredTo === account) return this.#chance(0.7) ? [{ act: acts.accept }] : [];
    const admins = this.#cast.filter(({ who }) => members.get(who.account)?.role === 'admin');
    if (owner !== account || admins.length === 0 || !this.#chance(0.5)) return [];
    const { who } = this.#pick(admins);
    return [{ act: this.#chance(0.5) ? acts.offer(who) : this.#pick([acts.revoke(who), acts.expel(who)]) }];
  }

  #actDishonestly(): void {
    const actor = this.#pick(this.#cast);
    const { act, request } = this.#cue(actor);
    actor.does(act, request);
  }

  /** Somebody hears of all that somebody else knows, or of a part of it. */
  #gossip(): void {
    const [from, to] = [this.#pick(this.#cast), this.#pick(this.#cast)];
    const { operations } = from.history;
    const upTo = this.#chance(0.7) ? operations.length : this.#below(operations.length);
    to.hears(...operations.slice(0, upTo));
  }

  /** A new device of a member, whose account does not list the one before any more. */
  #renewDevice(): void {
    const actor = this.#pick(this.#cast);
    const version = ++this.#listVersion;
    const who = furtherDevice(actor.who, this.#random, (certificate) => ({ version, active: new Set([certificate]) }));
    const [made] = actor.history.operations;
    if (!made) return;
    const replica = new Replica(who, made);
    // It has been brought up to date by somebody who knows what the old one did.
    replica.hearsAllFrom(actor, this.#observer);
    replica.does({ type: 'keyPackage', ...who.keyPackage });
    this.#cast[this.#cast.indexOf(actor)] = replica;
  }

  /** Everything gets around in the end; and whoever looks notices who has lost what. */
  #observe(): void {
    const before = this.#observer.looks();
    const heads = this.#observer.history.heads;
    this.#observer.hearsAllFrom(...this.#cast);
    const after = this.#observer.looks();
    for (const who of this.#cast) {
      const loss = lossOf(before, after, who.who.account);
      if (loss) this.#losses.push({ who, loss, heads });
    }
  }

  /** Says to have known no more than what was known while they had the right: all of it, or one operation of it. */
  #backdate(): void {
    const { who, loss, heads } = this.#pick(this.#losses);
    const now = this.#observer.looks();
    if (!isStillLost(now, who.who.account, loss)) return;
    who.hearsAllFrom(this.#observer);
    const cue = this.#lostCue(who, loss);
    // Whoever left with an offer in hand has not lost it until the owner takes it back (G11).
    if (cue.act.type === 'accept' && now.offeredTo === who.who.account) return;
    const operation = who.backdates(this.#chance(0.7) ? heads : [this.#pick(who.history.operations)], cue.act, cue.request);
    const before = appearance(now);
    this.#observer.hears(operation);
    this.#backdated[loss]++;
    if (appearance(this.#observer.state) !== before) this.#stateChanges++;
  }

  #lostCue(who: Replica, loss: Loss): Cue {
    for (;;) {
      const cue = this.#cue(who);
      if (LOST[loss].has(cue.act.type)) return cue;
    }
  }

  #cue({ who, history, pins }: Replica): Cue {
    const target = this.#pick(this.#cast).who;
    const other = this.#pick(this.#cast).who;
    const tip = pins.tip ?? operationIdOf(bytesOf(history.group));
    const choices: readonly (() => Cue)[] = [
      () => ({ act: acts.grant(target) }),
      () => ({ act: acts.revoke(target) }),
      () => ({ act: acts.expel(target) }),
      () => ({ act: acts.offer(this.#chance(0.8) ? target : undefined) }),
      () => ({ act: acts.accept }),
      () => ({ act: acts.accept }),
      () => ({ act: this.#chance(0.5) ? acts.openToAll : acts.keepHistory }),
      () => ({ act: this.#chance(0.1) ? acts.disband : acts.grant(other) }),
      () => ({ act: acts.settle(this.#pick(history.operations).id) }),
      () => this.#admission(target, tip),
      () => this.#admission(target, tip),
      () => this.#admission(other, tip),
      () => ({ act: acts.kick(target) }),
      () => ({ act: acts.kick(other) }),
      () => ({ act: acts.mute(target, this.#chance(0.5) ? 5 : undefined) }),
      () => ({ act: acts.unmute(target) }),
      () => ({ act: this.#chance(0.5) ? acts.muteAll : acts.unmuteAll }),
      () => ({ act: acts.rename(`${who.name} ${String(this.#below(1000))}`) }),
      () => ({ act: acts.topic(`${who.name} ${String(this.#below(1000))}`) }),
      () => ({ act: acts.announce(`${who.name} ${String(this.#below(1000))}`) }),
      () => ({ act: this.#chance(0.5) ? acts.pin(target.name) : acts.unpin(target.name) }),
      () => ({ act: acts.invite(this.#drawName(), tip) }),
      () => ({ act: acts.revokeInvite(this.#pick(['nobody', ...this.#invites])) }),
      () => ({ act: acts.decline(target) }),
      () => this.#application(target),
      () => ({ act: acts.nickname(`${who.name} ${String(this.#below(1000))}`) }),
      () => ({ act: acts.ack(tip) }),
      () => ({ act: acts.epoch }),
      () => ({ act: { type: 'keyPackage', ...who.keyPackage } }),
      () => ({ act: acts.leave }),
    ];
    return this.#pick(choices)();
  }

  #admission(whom: Author, tip: OperationId): Cue {
    const request = whom.request(this.#observer.history.group);
    return { act: acts.admit(request, tip), request };
  }

  #application(whom: Author): Cue {
    const request = whom.request(this.#observer.history.group);
    return { act: acts.apply(request), request };
  }

  #drawName(): string {
    const name = `${String(this.#below(1_000_000))} ${String(this.#below(1_000_000))}`;
    this.#invites.push(name);
    return name;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  }

  #chance(of: number): boolean {
    return this.#below(1000) < of * 1000;
  }

  #below(limit: number): number {
    const [a = 0, b = 0, c = 0] = this.#random(3);
    return ((a << 16) | (b << 8) | c) % limit;
  }
}
