/** The page of the link tests: real links for a test in Node to drive. Served by link-site.ts. */
import { toHex, type Bytes } from '../../src/lib/bytes.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { MAX_FRAME_BYTES } from '../../src/protocol/frame.ts';
import type { LinkClosure, LinkSignal } from '../../src/session/ports.ts';
import { createLinkMaker } from '../../src/transport/peer-link.ts';
import { LINK_CONTRACT, LinkEnd, type LinkWorld } from './link-contract.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (delay, action) => {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};

/** What the page's window offers. Everything that crosses into Node is plain data. */
export interface LinkPage {
  readonly rules: readonly string[];
  /** Resolves with what was broken, or undefined. */
  keep(rule: string): Promise<string | undefined>;
  /** Makes this page's one link; its signals go to `window.sendSignal`, which the test provides. */
  make(role: 'offerer' | 'answerer'): void;
  signal(signal: LinkSignal): void;
  /** This side's fingerprint and the other's. */
  opened(): Promise<readonly [local: string, remote: string]>;
  /** Sends so many full frames once the link is open, waiting whenever enough is waiting; resolves with the longest queue seen, in bytes. */
  sendFrames(count: number): Promise<number>;
  /** Resolves when so many frames have come, with whether each was the right one in its place, and none came before `opened`. */
  framesCame(count: number): Promise<boolean>;
  relayed(): Promise<boolean | undefined>;
  close(): void;
  closed(): Promise<LinkClosure>;
}

declare global {
  interface Window {
    linkPage: LinkPage;
    sendSignal(signal: LinkSignal): Promise<void>;
  }
}

const maker = createLinkMaker({ clock });
const world: LinkWorld = { alice: maker, bob: maker, forge };
const HIGH_WATER_BYTES = 1024 * 1024;
let end: LinkEnd | undefined;

function forge(sdp: string, fingerprint: Bytes): string {
  const text = toHex(fingerprint).toUpperCase().match(/../g)?.join(':') ?? '';
  return sdp.replaceAll(/^a=fingerprint:sha-256 .*$/gm, (line) => `a=fingerprint:sha-256 ${text}${line.endsWith('\r') ? '\r' : ''}`);
}

function theEnd(): LinkEnd {
  if (!end) throw new Error('make the link first');
  return end;
}

function frameNumber(index: number): Bytes {
  const frame = new Uint8Array(MAX_FRAME_BYTES).fill(index & 0xff);
  new DataView(frame.buffer).setUint32(0, index);
  return frame;
}

window.linkPage = {
  rules: Object.keys(LINK_CONTRACT),
  async keep(rule) {
    try {
      await LINK_CONTRACT[rule]?.(world);
      return undefined;
    } catch (reason) {
      return String(reason);
    }
  },
  make(role) {
    end = new LinkEnd(maker, role, (signal) => void window.sendSignal(signal));
  },
  signal(signal) {
    theEnd().link.signal(signal);
  },
  async opened() {
    const here = theEnd();
    await here.until(() => here.opened !== undefined || here.closures.length > 0);
    if (!here.opened) throw new Error(`closed: ${JSON.stringify(here.closures)}`);
    return [toHex(here.opened.local), toHex(here.opened.remote)];
  },
  async sendFrames(count) {
    const here = theEnd();
    await here.until(() => here.opened !== undefined || here.closures.length > 0);
    let longest = 0;
    for (let index = 0; index < count; index++) {
      here.link.send(frameNumber(index));
      longest = Math.max(longest, here.link.waiting);
      if (here.link.waiting < HIGH_WATER_BYTES) continue;
      const { drained } = here;
      await here.until(() => here.drained > drained || here.closures.length > 0);
    }
    return longest;
  },
  async framesCame(count) {
    const here = theEnd();
    await here.until(() => here.frames.length >= count || here.closures.length > 0);
    const inOrder = here.frames.every((frame, index) => new DataView(frame.buffer).getUint32(frame.byteOffset) === index);
    return here.frames.length === count && inOrder && here.untimely.length === 0;
  },
  relayed: () => theEnd().link.relayed(),
  close: () => theEnd().link.close(),
  async closed() {
    const here = theEnd();
    await here.until(() => here.closures.length > 0);
    return here.closures[0] ?? { reason: 'closed' };
  },
};
