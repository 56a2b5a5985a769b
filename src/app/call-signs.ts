/** How a call makes itself noticed beyond the screen: it rings, the system tells of it, and the screen stays on. */
import type { CurrentCall } from '../calls/call-view.ts';
import type { CallRecord } from '../calls/ports.ts';
import type { Words } from '../i18n/en.ts';
import type { Observable, Subscription } from '../lib/observable.ts';
import type { Notices } from '../platform/notices.ts';
import type { Tone } from '../platform/ring-tones.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';

export interface CallSignsOptions {
  readonly me: AccountId;
  readonly current: Observable<CurrentCall | undefined>;
  /** The newest of the history. */
  readonly newest: Observable<readonly CallRecord[]>;
  readonly nameOf: (whom: AccountId | GroupId) => string;
  readonly isQuiet: (from: { readonly contact: AccountId }) => boolean;
  /** Whether the page can be seen. */
  readonly visible: Observable<boolean>;
  /** Undefined: silence. */
  readonly play: (tone: Tone | undefined) => void;
  readonly notices: Notices;
  /** In the language of the page as it is now. */
  readonly words: () => Words['callNotices'];
  /** Returns how to let the screen go dark again. */
  readonly keepAwake: () => () => void;
  readonly troubled: (reason: unknown) => void;
}

export class CallSigns {
  readonly #options: CallSignsOptions;
  readonly #subscriptions: readonly Subscription[];
  #call: CurrentCall | undefined;
  #isVisible = true;
  #newest: { readonly record: CallRecord | undefined } | undefined;
  #takeNoticeBack: (() => void) | undefined;
  #letSleep: (() => void) | undefined;

  constructor(options: CallSignsOptions) {
    this.#options = options;
    const { visible, current, newest, troubled } = options;
    this.#subscriptions = [
      visible.subscribe((isVisible) => {
        this.#isVisible = isVisible;
        this.#noticeRinging();
      }, troubled),
      current.subscribe((call) => this.#changed(call), troubled),
      newest.subscribe(([record]) => this.#recorded(record), troubled),
    ];
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#changed(undefined);
  }

  #changed(call: CurrentCall | undefined): void {
    const before = this.#call;
    this.#call = call;
    const tone = toneOf(before, call);
    if (tone !== 'as-before') this.#options.play(tone);
    if (before?.call !== call?.call || before?.phase !== call?.phase) this.#noticeRinging();
    if (call?.phase === 'in') {
      this.#letSleep ??= this.#options.keepAwake();
    } else {
      this.#letSleep?.();
      this.#letSleep = undefined;
    }
  }

  #noticeRinging(): void {
    const call = this.#call;
    if (call?.phase !== 'ringing') {
      this.#takeNoticeBack?.();
      this.#takeNoticeBack = undefined;
      return;
    }
    if (this.#takeNoticeBack || this.#isVisible || call.quiet) return;
    const { notices, nameOf, words } = this.#options;
    const from = nameOf(call.from);
    const body = call.with.kind === 'group' ? words().group(from) : words().incoming[call.media];
    const title = call.with.kind === 'group' ? nameOf(call.with.group) : from;
    this.#takeNoticeBack = notices.show({ tag: call.call, title, body, insistent: true, clicked: () => undefined });
  }

  /** A call was missed if it is entered in the history as such; what was there before this page is no news. */
  #recorded(record: CallRecord | undefined): void {
    const before = this.#newest;
    this.#newest = { record };
    if (!before || !record || this.#isVisible) return;
    const isNew = !before.record || record.wall > before.record.wall;
    const { me, isQuiet, notices, nameOf, words } = this.#options;
    if (!isNew || !isMissed(record, me) || isQuiet({ contact: record.author })) return;
    const body = words().missed[record.entry.media];
    notices.show({ tag: record.entry.call, title: nameOf(record.author), body, insistent: false, clicked: () => undefined });
  }
}

/** What is heard from now on. A call that was neither answered nor begun here ends in silence. */
function toneOf(before: CurrentCall | undefined, now: CurrentCall | undefined): Tone | undefined | 'as-before' {
  const wasTalking = before?.phase === 'in' || before?.phase === 'calling';
  if (now?.phase === 'over' && before?.call === now.call && wasTalking) return 'ended';
  const wanted = soundOf(now);
  // A last tone ends by itself, whatever is put away meanwhile.
  return wanted === soundOf(before) ? 'as-before' : wanted;
}

function soundOf(call: CurrentCall | undefined): Tone | undefined {
  if (call?.phase === 'ringing') return call.quiet ? undefined : 'incoming';
  return call?.phase === 'calling' && call.reached ? 'ringback' : undefined;
}

function isMissed({ author, entry }: CallRecord, me: AccountId): boolean {
  return author !== me && entry.kind === 'two' && entry.outcome !== 'answered' && entry.outcome !== 'declined';
}
