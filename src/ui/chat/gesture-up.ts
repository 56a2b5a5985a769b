import type { Attachment } from 'svelte/attachments';

const KEYS_UP: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home']);

/** Tells when somebody sets out to scroll up: by wheel, finger, key or scrollbar. Silent where there is nothing above. */
export function gestureUp(made: () => void): Attachment<HTMLElement> {
  return (scroller) => {
    let touchedAt = 0;
    const tell = (): void => {
      if (scroller.scrollTop > 0) made();
    };
    const listeners = {
      wheel: (event: WheelEvent) => event.deltaY < 0 && tell(),
      keydown: (event: KeyboardEvent) => KEYS_UP.has(event.key) && tell(),
      touchstart: (event: TouchEvent) => (touchedAt = event.touches[0]?.clientY ?? 0),
      touchmove: (event: TouchEvent) => (event.touches[0]?.clientY ?? 0) > touchedAt && tell(),
      // Right of the content is the scrollbar.
      pointerdown: (event: PointerEvent) => event.offsetX >= scroller.clientWidth && tell(),
    };
    const controller = new AbortController();
    for (const [name, listener] of Object.entries(listeners)) {
      scroller.addEventListener(name, listener as EventListener, { passive: true, signal: controller.signal });
    }
    return () => controller.abort();
  };
}
