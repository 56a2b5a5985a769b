/** The one funnel for what nobody expected: it is shown to the person and written to the console, never swallowed. */
import { Cell, type Observable } from '../lib/observable.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { Trouble } from '../ui/parley.ts';

/** More than these at once say nothing new. */
const MAX_SHOWN = 5;
/**
 * A size that changed while sizes were being told is told in the next frame; browsers say so as an error event (Resize
 * Observer, "deliver resize loop error"). Lists that measure their rows live by it, and nothing is lost.
 */
const RESIZE_PUT_OFF = 'ResizeObserver loop';

export class Troubles {
  readonly #shown = new Cell<readonly Trouble[]>([]);

  get shown(): Observable<readonly Trouble[]> {
    return this.#shown;
  }

  report(reason: unknown): void {
    console.error('Parley met something unexpected:', reason);
    const trouble = troubleOf(reason);
    if (this.#shown.value.some(({ kind, detail }) => kind === trouble.kind && detail === trouble.detail)) return;
    this.#shown.set([...this.#shown.value, trouble].slice(-MAX_SHOWN));
  }

  dismiss(trouble: Trouble): void {
    this.#shown.set(this.#shown.value.filter((shown) => shown !== trouble));
  }

  /** Listens to what no `catch` has caught. Returns its undo. */
  listen(window: Window): () => void {
    const onError = (event: ErrorEvent): void => {
      if (!event.message.startsWith(RESIZE_PUT_OFF)) this.report(event.error ?? event.message);
    };
    const onRejection = (event: PromiseRejectionEvent): void => this.report(event.reason);
    window.addEventListener('error', onError);
    window.addEventListener('unhandledrejection', onRejection);
    return () => {
      window.removeEventListener('error', onError);
      window.removeEventListener('unhandledrejection', onRejection);
    };
  }
}

function troubleOf(reason: unknown): Trouble {
  if (reason instanceof StoreRefused) return { kind: reason.kind, detail: '' };
  return { kind: 'unexpected', detail: reason instanceof Error ? reason.message : String(reason) };
}
