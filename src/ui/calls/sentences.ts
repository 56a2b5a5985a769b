/** What is said of a call, put together: how it goes, how it ended, what it was. */
import type { Adaptation, CallFailure, CallOver, CurrentCall, Quality } from '../../calls/call-view.ts';
import type { Words } from '../../i18n/en.ts';
import type { Format } from '../../i18n/format.ts';
import { assertNever } from '../../lib/assert.ts';
import type { CallEntry } from '../../session/call-entry.ts';

type CallWords = Words['calls'];

export function callFailureSentence(failure: CallFailure, { failures }: CallWords): string {
  switch (failure.kind) {
    case 'refused':
    case 'none-there':
    case 'in-use':
    case 'unsupported':
      return failures[failure.kind][failure.what];
    case 'call-full':
      return failures['call-full'](failure.limit);
    default:
      return failures[failure.kind];
  }
}

/** Why a call is over; `name`: of the other, or of the group. */
export function overSentence(why: CallOver, isGroup: boolean, name: string, { over }: CallWords): string {
  switch (why) {
    case 'by-me':
    case 'lost':
    case 'removed':
      return over[why];
    case 'by-them':
      return isGroup ? over['group-over'] : over['by-them'](name);
    default:
      return over[why](name);
  }
}

/** How far a call has come; undefined while there is nothing to say: they talk. */
export function stateSentence(call: CurrentCall, { screen }: CallWords): string | undefined {
  switch (call.phase) {
    case 'calling':
      return call.reached ? screen.ringing : screen.calling;
    case 'in':
      return talkSentence(call, screen);
    case 'ringing':
    case 'over':
      return undefined;
    default:
      return assertNever(call);
  }
}

function talkSentence({ people }: Extract<CurrentCall, { phase: 'in' }>, screen: CallWords['screen']): string | undefined {
  if (people.length === 0) return screen.alone;
  if (people.some(({ connection }) => connection === 'connected')) return undefined;
  return people.some(({ connection }) => connection === 'reconnecting') ? screen.reconnecting : screen.connecting;
}

export function qualitySentence(quality: Quality | undefined, words: CallWords['quality'], format: Format): string {
  if (!quality) return words.unknown;
  const route = quality.route ? [words[quality.route]] : [];
  return words.joined(words[quality.grade], ...reasonOf(quality, words, format), ...route);
}

function reasonOf({ reason, loss, roundTrip }: Quality, words: CallWords['quality'], format: Format): readonly string[] {
  switch (reason) {
    case undefined:
      return [];
    case 'loss':
      return [words.loss(format.percent(loss))];
    case 'round-trip':
      return roundTrip === undefined ? [] : [words['round-trip'](Math.round(roundTrip))];
    case 'cpu':
      return [words.cpu];
    default:
      return assertNever(reason);
  }
}

/** What is shown less, and why; undefined when nothing is. */
export function adaptationSentence({ rung, because }: Adaptation, words: CallWords['adaptation']): string | undefined {
  return rung === 'full' ? undefined : words.joined(words[rung], because ? words.because[because] : '');
}

/** Whether a call is one I should know I did not get. */
export function isMissed(entry: CallEntry, isMine: boolean): boolean {
  return entry.kind === 'two' && !isMine && entry.outcome !== 'answered' && entry.outcome !== 'declined';
}

/** What a call was, in a few words and without its length. */
export function entrySentence(entry: CallEntry, isMine: boolean, { entry: words }: CallWords): string {
  if (entry.kind === 'group') return entry.over ? words.group[entry.media] : words.joined(words.group[entry.media], words.goingOn);
  const outcome = outcomeOf(entry.outcome, isMine, words);
  const direction = isMissed(entry, isMine) ? words.missed : isMine ? words.outgoing : words.incoming;
  return outcome === undefined ? direction[entry.media] : words.joined(direction[entry.media], outcome);
}

function outcomeOf(
  outcome: Extract<CallEntry, { kind: 'two' }>['outcome'],
  isMine: boolean,
  words: CallWords['entry'],
): string | undefined {
  switch (outcome) {
    case 'answered':
      return undefined;
    case 'declined':
      return isMine ? words.declinedByThem : words.declinedByMe;
    case 'busy':
      return isMine ? words.busyThem : words.busyMe;
    case 'missed':
      return isMine ? words.noAnswer : undefined;
    case 'cancelled':
      return isMine ? words.cancelled : undefined;
    case 'unreachable':
      return isMine ? words.unreachable : undefined;
    default:
      return assertNever(outcome);
  }
}

/** A length of talking as a clock shows it, 1:05; empty for none. */
export function lengthOf(duration: number, format: Format): string {
  return duration <= 0 ? '' : format.countdown(Math.floor(duration / 1000) * 1000);
}
