/** Carries out what the machine of a call in a group says (`group-call.ts`), and keeps it in step with the group's log. */
import { randomBytes } from '../crypto/random.ts';
import { assertNever } from '../lib/assert.ts';
import type { CallMedia, CallWordBody } from '../protocol/call-word.ts';
import { CALL_ID_BYTES, callIdOf, type AccountId, type CallId, type GroupId } from '../protocol/ids.ts';
import type { CallRoster, GroupCallAct } from '../session/call-entry.ts';
import type { CallOver } from './call-view.ts';
import type { CallsOptions } from './calls-options.ts';
import { advanceGroup, awaited, NO_GROUP_CALL, type GroupCallEvent, type GroupEffect, type GroupState } from './group-call.ts';
import type { Journal } from './journal.ts';
import type { Rosters } from './rosters.ts';
import type { Writing } from './writing.ts';

/** A call in a group that began longer ago calls nobody to it any more. Milliseconds. */
const FRESH_MS = 120_000;

export interface GroupSideOptions extends Pick<CallsOptions, 'me' | 'clock' | 'people' | 'groups'> {
  readonly journal: Journal;
  readonly rosters: Rosters;
  readonly writing: Writing;
  readonly tell: (to: AccountId, call: CallId, word: CallWordBody) => void;
  /** I am in it. */
  readonly entered: () => void;
  readonly admit: (account: AccountId) => void;
  readonly dismiss: (account: AccountId) => void;
  readonly over: (call: Exclude<GroupState, { phase: 'idle' }>, why: CallOver) => void;
  /** A call has just begun somewhere: rings for it if it can. */
  readonly begun: (ring: () => void) => void;
  /** It stands otherwise than before. */
  readonly moved: () => void;
}

export class GroupSide {
  readonly #options: GroupSideOptions;
  /** Calls that were there before, or have called already. */
  readonly #known = new Set<CallId>();
  #state: GroupState = NO_GROUP_CALL;

  constructor(options: GroupSideOptions) {
    this.#options = options;
  }

  get state(): GroupState {
    return this.#state;
  }

  /** The call that is going on there, or a new one. What is left of calls nobody is in any more is ended by whoever comes next. */
  join(group: GroupId, media: CallMedia): void {
    const rosters = this.#options.rosters.of(group);
    const [going] = rosters.filter(({ people }) => people.length > 0);
    for (const left of going ? [] : rosters) this.#write(group, { call: left.call, media: left.media, act: 'ended' });
    const call = going?.call ?? callIdOf(randomBytes(CALL_ID_BYTES));
    this.#known.add(call);
    this.advance({
      type: 'join',
      group,
      call,
      media: going?.media ?? media,
      act: going ? 'joined' : 'started',
      expected: going?.people ?? [],
    });
  }

  /** The logs, or who is here, are others. */
  rostersChanged(): void {
    const rosters = this.#options.rosters.all();
    const state = this.#state;
    if (state.phase !== 'idle') this.advance({ type: 'rosters', rosters: rosters.filter(({ group }) => group === state.group) });
    for (const roster of rosters) this.#ringFor(roster);
  }

  /** Somebody may be no member any more, or I am none. */
  peopleChanged(): void {
    const { people, me } = this.#options;
    const state = this.#state;
    if (state.phase === 'idle') return;
    if (!people.isMember(state.group, me)) {
      this.advance({ type: 'leave', why: 'removed' });
      return;
    }
    for (const account of awaited(state)) if (!people.isMember(state.group, account)) this.advance({ type: 'gone', account });
  }

  advance(event: GroupCallEvent): void {
    const { clock, journal, entered, moved } = this.#options;
    const before = this.#state;
    const { next, effects } = advanceGroup(before, event, clock.now());
    this.#state = next;
    if (next.phase === 'in' && before.phase !== 'in') entered();
    if (next.phase === 'in' && (before.phase !== 'in' || before.call !== next.call)) journal.noteGroup(next);
    for (const effect of effects) this.#carryOut(effect);
    if (next !== before) moved();
  }

  #carryOut(effect: GroupEffect): void {
    const { tell, admit, dismiss, over, journal } = this.#options;
    switch (effect.type) {
      case 'tell':
        tell(effect.to, effect.call, effect.word);
        break;
      case 'act':
        this.#write(effect.group, { call: effect.call, act: effect.act, media: effect.media });
        break;
      case 'admit':
        admit(effect.account);
        break;
      case 'dismiss':
        dismiss(effect.account);
        break;
      case 'over':
        // One that only called to it goes on without me, and can be joined from the group.
        if (effect.call.phase === 'ringing') break;
        journal.forgetGroup();
        over(effect.call, effect.why);
        break;
      default:
        assertNever(effect);
    }
  }

  /** A call that has just begun in a group calls its members to it, once. */
  #ringFor({ group, call, media, by, began, people }: CallRoster): void {
    if (this.#known.has(call) || people.length === 0) return;
    this.#known.add(call);
    const { me, clock, begun } = this.#options;
    const isFresh = Math.abs(clock.now() - began) <= FRESH_MS;
    if (by !== me && isFresh) begun(() => this.advance({ type: 'ring', group, call, media, from: by }));
  }

  /** Into the group's log. */
  #write(group: GroupId, act: GroupCallAct): void {
    const { groups, writing } = this.#options;
    writing.soon(
      () => groups.tell(group, act),
      (told) => {
        const state = this.#state;
        const isComing = act.act === 'started' || act.act === 'joined';
        if (!told.ok && isComing && state.phase === 'in' && state.call === act.call) this.advance({ type: 'leave', why: 'removed' });
      },
    );
  }
}
