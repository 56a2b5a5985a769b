/** Whose messages are hidden, and from where on (PROTOCOL.md G21, G22). */
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { MutedUntil } from '../session/group-talk.ts';
import type { GroupState, Silencing } from './group-state.ts';
import { counted, type Counted, type Judged } from './judged.ts';
import { collect } from './operation-index.ts';
import { lastWords, nextWords } from './standing.ts';

type MuteWord = Counted<'mute' | 'unmute'>;

export function silencesBy(judged: Judged): Pick<GroupState, 'silencings'> {
  const silencings = new Map<AccountId, Silencing[]>();
  for (const [account, silencing] of [...removalsIn(judged), ...mutesIn(judged)]) collect(silencings, account, silencing);
  return { silencings };
}

/** What holds for somebody now; of mutes that did not know of each other, the longest. Whether its time is over, the clock says. */
export function mutesBy(judged: Judged): ReadonlyMap<AccountId, MutedUntil> {
  const { history } = judged.index;
  const muted = new Map<AccountId, MutedUntil>();
  for (const [account, words] of muteWords(judged)) {
    const standing = lastWords(history, words).flatMap(({ act }) => (act.type === 'mute' ? [untilOf(act.until)] : []));
    const [first, ...rest] = standing;
    if (first !== undefined) muted.set(account, rest.reduce(longer, first));
  }
  return muted;
}

function* removalsIn(judged: Judged): Iterable<[AccountId, Silencing]> {
  for (const { operation, act } of counted(judged, 'kick', 'expel', 'leave')) {
    const account = operation.target ?? operation.account;
    yield [account, { operation, kind: 'removal', seen: countsOf(act.seen), until: undefined, lifted: [] }];
  }
}

function* mutesIn(judged: Judged): Iterable<[AccountId, Silencing]> {
  const { history } = judged.index;
  for (const [account, words] of muteWords(judged)) {
    for (const { number, operation, act } of words) {
      if (act.type !== 'mute') continue;
      const lifted = nextWords(history, words, number).map((word) => word.operation.id);
      yield [account, { operation, kind: 'mute', seen: countsOf(act.seen), until: untilOf(act.until), lifted }];
    }
  }
}

function muteWords(judged: Judged): ReadonlyMap<AccountId, readonly MuteWord[]> {
  const byAccount = new Map<AccountId, MuteWord[]>();
  for (const word of counted(judged, 'mute', 'unmute')) {
    if (word.operation.target) collect(byAccount, word.operation.target, word);
  }
  return byAccount;
}

function untilOf(until: number | undefined): MutedUntil {
  return until ?? 'for-good';
}

function longer(a: MutedUntil, b: MutedUntil): MutedUntil {
  return a === 'for-good' || b === 'for-good' ? 'for-good' : Math.max(a, b);
}

/** A device that is counted twice has the lower count: nobody gains by it. */
function countsOf(seen: readonly { readonly device: Bytes; readonly seq: number }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { device, seq } of seen) {
    const id = toBase64url(device);
    counts.set(id, Math.min(seq, counts.get(id) ?? seq));
  }
  return counts;
}
