/** What all tabs of this browser must hear at once: an account was shut, by its owner or by time. */
import type { TabChannel } from './tab-lock.ts';

const CHANNEL = 'parley-news';

export interface TabNews {
  /** Told to all other tabs. */
  tellShut(account: string): void;
  close(): void;
}

interface ShutNews {
  readonly shut: string;
}

/** `onShut`: another tab says that nobody may have the account open any more. */
export function createTabNews(openChannel: (name: string) => TabChannel, onShut: (account: string) => void): TabNews {
  const channel = openChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Partial<ShutNews> | undefined>) => {
    if (typeof data?.shut === 'string') onShut(data.shut);
  };
  return {
    tellShut: (account) => {
      const news: ShutNews = { shut: account };
      channel.postMessage(news);
    },
    close: () => channel.close(),
  };
}
