import type { TabChannel } from '../../src/platform/tab-lock.ts';

/** BroadcastChannel within one process, delivered at the next turn. */
export class FakeChannels {
  readonly #open = new Map<TabChannel, string>();

  readonly open = (name: string): TabChannel => {
    const channel: TabChannel = {
      onmessage: null,
      postMessage: (data: unknown) => {
        for (const [other, its] of this.#open) {
          if (other === channel || its !== name) continue;
          queueMicrotask(() => {
            other.onmessage?.call(other as BroadcastChannel, { data } as MessageEvent);
          });
        }
      },
      close: () => {
        this.#open.delete(channel);
      },
    };
    this.#open.set(channel, name);
    return channel;
  };
}
