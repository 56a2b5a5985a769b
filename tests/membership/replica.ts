/** A member with what they know of a group, who does things upon it, honestly or not. */
import type { GroupState, Pins } from '../../src/membership/group-state.ts';
import { History } from '../../src/membership/history.ts';
import type { JoinRequest } from '../../src/membership/join-request.ts';
import { isChained, type Operation, type OperationFields } from '../../src/membership/operation.ts';
import { resolve } from '../../src/membership/resolver.ts';
import type { GroupAct } from '../../src/protocol/group-operation.ts';
import type { OperationId } from '../../src/protocol/ids.ts';
import { admit, apply } from './acts.ts';
import type { Author } from './authors.ts';

export class Replica<Who extends Author = Author> {
  readonly who: Who;
  readonly history: History;
  pins: Pins = { tip: undefined };

  constructor(who: Who, creation: Operation) {
    this.who = who;
    this.history = new History(creation.group);
    this.hears(creation);
  }

  get state(): GroupState {
    const state = resolve(this.history, this.pins);
    if (!state) throw new Error('The group has not come yet.');
    return state;
  }

  /** What the person is shown is pinned. */
  looks(): GroupState {
    const { state } = this;
    this.pins = { tip: state.tip };
    return state;
  }

  hears(...operations: readonly Operation[]): void {
    for (const operation of operations) this.history.add(operation, 'somebody');
  }

  hearsAllFrom(...others: readonly Replica[]): void {
    for (const { history } of others) this.hears(...history.operations);
  }

  /** After all they know, as an honest app does it. */
  does(act: GroupAct, request?: JoinRequest): Operation {
    return this.#sign(this.history, act, request);
  }

  admits(whom: Author, request: JoinRequest = whom.request(this.history.group)): Operation {
    return this.does(admit(request, this.state.tip), request);
  }

  carries(request: JoinRequest): Operation {
    return this.does(apply(request), request);
  }

  /** Says to have known no more than these, and keeps it to themselves. */
  backdates(to: readonly Operation[], act: GroupAct, request?: JoinRequest): Operation {
    const then = this.history.upTo(to.map(({ id }) => id));
    if (!then) throw new Error('Nobody knows that time.');
    return this.#sign(then, act, request, this.history);
  }

  backdatesAdmission(to: readonly Operation[], whom: Author): Operation {
    const request = whom.request(this.history.group);
    return this.backdates(to, admit(request, this.state.tip), request);
  }

  /** Signed with whatever is said, and told to nobody. */
  claims(act: GroupAct, changes: Partial<OperationFields> = {}, request?: JoinRequest): Operation {
    return this.who.sign({ ...this.#fields(this.history, act), ...changes }, request);
  }

  #sign(known: History, act: GroupAct, request?: JoinRequest, mine: History = known): Operation {
    const operation = this.who.sign(this.#fields(known, act), request);
    mine.add(operation, 'myself');
    return operation;
  }

  #fields(known: History, act: GroupAct): OperationFields {
    const own = known.lastOf(this.who.device);
    const prev = [...known.previous].sort();
    const ownerPrev = isChained(act) ? resolve(known, this.pins)?.tip : undefined;
    const lamports = [...prev, own?.id, ownerPrev].map((id) => this.#lamportOf(id));
    return {
      group: known.group,
      seq: (own?.seq ?? 0) + 1,
      own: own?.id,
      prev,
      ownerPrev,
      lamport: Math.max(...lamports) + 1,
      wall: 1_790_000_000_000,
      place: 0,
      act,
    };
  }

  #lamportOf(id: OperationId | undefined): number {
    return id === undefined ? 0 : (this.history.get(id)?.lamport ?? 0);
  }
}

/** All of them know what any of them knows. */
export function meet(...replicas: readonly Replica[]): void {
  for (const replica of replicas) replica.hearsAllFrom(...replicas);
  for (const replica of replicas) replica.hearsAllFrom(...replicas);
}
