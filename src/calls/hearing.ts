/** Whose words are heard, and about which call (PROTOCOL.md V2): nobody else comes any further. */
import type { Bytes } from '../lib/bytes.ts';
import { callWord, type CallWordBody } from '../protocol/call-word.ts';
import { decode } from '../protocol/codec.ts';
import { callIdOf, groupIdOf, operationIdOf, type AccountId, type CallId, type GroupId } from '../protocol/ids.ts';
import type { CallWith } from './call-view.ts';
import type { CallPeople } from './ports.ts';
import type { GroupSide } from './group-side.ts';
import type { PairSide } from './pair-side.ts';

export interface HearingOptions {
  readonly people: CallPeople;
  readonly pair: PairSide;
  readonly group: GroupSide;
  /** False where this browser has no WebRTC. */
  readonly canCall: boolean;
  /** Whom we are about to call: devices are being opened for it. */
  readonly starting: () => CallWith | undefined;
  readonly tell: (to: AccountId, call: CallId, word: CallWordBody) => void;
  /** What they say cannot be read: nothing more is taken from that link. */
  readonly refuse: (from: AccountId) => void;
  /** Somebody in the call with me says it. */
  readonly toLive: (from: AccountId, word: CallWordBody) => void;
  /** Asks for the browser's turn, in another tab there may be a call; then rings, or says that another has it. */
  readonly ring: (ring: () => void, taken: () => void) => void;
}

export class Hearing {
  readonly #options: HearingOptions;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  receive(from: AccountId, body: Bytes): void {
    const decoded = decode(callWord, body);
    if (!decoded.ok) {
      this.#options.refuse(from);
      return;
    }
    const { word } = decoded.value;
    const call = callIdOf(decoded.value.call);
    const group = this.#groupOf(call, word);
    if (group) this.#hearInGroup(group, from, call, word);
    else if (this.#options.people.isContact(from)) this.#hear(from, call, word);
  }

  /** The group whose call it is about, if it is about one. */
  #groupOf(call: CallId, word: CallWordBody): GroupId | undefined {
    if (word.type === 'present') return groupIdOf(operationIdOf(word.group));
    const { state } = this.#options.group;
    return state.phase !== 'idle' && state.call === call ? state.group : undefined;
  }

  #hearInGroup(group: GroupId, from: AccountId, call: CallId, word: CallWordBody): void {
    const { people, group: side, toLive, tell } = this.#options;
    if (!people.isMember(group, from)) return;
    const before = side.state;
    if (before.phase === 'in' && before.group === group) {
      side.advance({ type: 'word', from, call, word });
      const after = side.state;
      if (after.phase === 'in' && after.call === call) toLive(from, word);
    } else if (word.type === 'present') {
      // They think I am in it: by an old roster, or from before this page.
      tell(from, call, { type: 'end', reason: 'failed' });
    }
  }

  #hear(from: AccountId, call: CallId, word: CallWordBody): void {
    if (word.type === 'ring' && !this.#mayRing(from, call, word)) return;
    const { pair, toLive } = this.#options;
    pair.advance({ type: 'word', from, call, word });
    const { state } = pair;
    if (state.phase === 'in' && state.call === call && state.peer === from) toLive(from, word);
  }

  /** Whether a ring can be heard now. If not it was answered, or comes again in a moment. */
  #mayRing(from: AccountId, call: CallId, word: CallWordBody): boolean {
    const { pair, group, canCall, starting } = this.#options;
    if (pair.state.phase !== 'idle' || pair.hasEnded(call)) return true;
    if (group.state.phase === 'in' || !canCall) {
      this.#sayBusy(from, call);
      return false;
    }
    const about = starting();
    if (about) {
      // If we are about to ring them, the two calls become one as soon as we do.
      if (about.kind !== 'contact' || about.contact !== from) this.#sayBusy(from, call);
      return false;
    }
    // Somebody wants this person, and not just whoever is in the group.
    group.advance({ type: 'leave', why: 'missed' });
    this.#options.ring(
      () => pair.advance({ type: 'word', from, call, word }),
      () => this.#sayBusy(from, call),
    );
    return false;
  }

  #sayBusy(to: AccountId, call: CallId): void {
    this.#options.tell(to, call, { type: 'end', reason: 'busy' });
  }
}
