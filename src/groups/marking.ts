/** Saying what this device has and has read, not too often; and what others' marks say of its own messages. */
import type { Books } from './books.ts';
import type { OwnProgress } from './mark-keeper.ts';
import type { Step } from './step.ts';

/** The least time between two marks of a device. In larger groups more, by the square of the members: everybody hears of everybody. */
const INTERVAL_MS = 1_000;
const INTERVAL_MS_PER_MEMBER_SQUARED = 10;
const MAX_INTERVAL_MS = 600_000;

export class Marking {
  readonly #books: Books;
  readonly #run: (task: (step: Step) => void) => void;
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  /** How far my messages were said to have come; and what the step under way says. */
  #told: OwnProgress = { sent: 0, delivered: 0 };
  #next: OwnProgress | undefined;

  /** `run`: makes a step of the group. */
  constructor(books: Books, run: (task: (step: Step) => void) => void) {
    this.#books = books;
    this.#run = run;
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Something to say: it is said at once after a while of silence, and a while after the last time otherwise. */
  soon(): void {
    if (this.#cancel) return;
    const { clock } = this.#books.context;
    const due = Math.max(0, this.#last + this.#interval() - clock.now());
    this.#cancel = clock.after(due, () => {
      this.#cancel = undefined;
      this.#last = clock.now();
      this.#run((step) => this.#renew(step));
    });
  }

  #renew(step: Step): void {
    const { marks, logs, record, membership, context } = this.#books;
    if (!membership) return;
    const write = marks.renew(logs.logs, record.read, record.announcementRead);
    const mark = marks.of(context.device);
    if (!write || !mark) return;
    step.store(write);
    step.marks.push(mark);
  }

  /** The change that shows how far my messages have come, if a step brought marks or changed who is a member. */
  async advance(step: Step): Promise<void> {
    const { state, marks, logs, context } = this.#books;
    if (!state || (step.marks.length === 0 && step.operations.length === 0)) return;
    const progress = marks.progress(state.members);
    for (const status of ['sent', 'delivered'] as const) {
      if (progress[status] <= this.#told[status]) continue;
      const [message] = await logs.read(context.device, progress[status], 1);
      if (message) step.store(context.timeline.advance(context.conversation, message.lamport, status));
    }
    this.#next = progress;
  }

  saved(): void {
    this.#told = this.#next ?? this.#told;
    this.#next = undefined;
  }

  #interval(): number {
    const members = this.#books.state?.members.size ?? 0;
    return Math.min(MAX_INTERVAL_MS, INTERVAL_MS + INTERVAL_MS_PER_MEMBER_SQUARED * members * members);
  }
}
