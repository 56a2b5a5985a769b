/** What really travels in a call: read from the browser's own counters, whatever the screen shows. */
import { expect, type Page } from '@playwright/test';

declare global {
  interface Window {
    readonly everyConnection: readonly RTCPeerConnection[];
  }
}

/** To be run in a page before the app: keeps every connection the page makes where the counters can be read. */
export const WATCH_CONNECTIONS = `{
  const made = [];
  window.everyConnection = made;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      made.push(this);
    }
  };
}`;

/** Of all media that comes in, since the page was loaded. */
export interface CallTraffic {
  /** Pictures that were decoded. */
  readonly frames: number;
  /** Loudness times time, of all that was heard. */
  readonly energy: number;
  /** Sound that was played, silence included; in seconds. */
  readonly played: number;
  /** Media connections that are open now. */
  readonly open: number;
}

/** The fake microphone beeps once a second: in a longer time there is always one. */
const LISTEN_SECONDS = 1.5;

/** What comes in while the next second and a half of sound is played. */
export async function listen(page: Page): Promise<CallTraffic> {
  const before = await readTraffic(page);
  let after = before;
  await expect
    .poll(
      async () => {
        after = await readTraffic(page);
        return after.played - before.played;
      },
      { intervals: [100] },
    )
    .toBeGreaterThan(LISTEN_SECONDS);
  return { ...after, frames: after.frames - before.frames, energy: after.energy - before.energy, played: after.played - before.played };
}

export async function readTraffic(page: Page): Promise<CallTraffic> {
  return page.evaluate(async () => {
    const sum = { frames: 0, energy: 0, played: 0, open: 0 };
    for (const connection of window.everyConnection) {
      if (connection.getReceivers().length === 0) continue;
      if (connection.connectionState === 'connected') sum.open += 1;
      for (const report of (await connection.getStats()).values() as Iterable<Partial<RTCInboundRtpStreamStats>>) {
        if (report.type !== 'inbound-rtp') continue;
        sum.frames += report.framesDecoded ?? 0;
        sum.energy += report.totalAudioEnergy ?? 0;
        sum.played += report.totalSamplesDuration ?? 0;
      }
    }
    return sum;
  });
}
