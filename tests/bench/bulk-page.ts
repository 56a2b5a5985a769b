/**
 * Both ends of bulk in a page, over a bare RTCDataChannel and over our link, so that the same bytes can be sent by either.
 * Bundled and injected by bulk.ts as the global `bulking`; signals go to `window.carrySignal`.
 */
import { assert } from '../../src/lib/assert.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Lanes } from '../../src/session/lanes.ts';
import type { Link, LinkSignal } from '../../src/session/ports.ts';
import { createLinkMaker } from '../../src/transport/peer-link.ts';
import { Arrivals, bareWay, give, type Way } from './bulk-way.ts';

type RawSignal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit };
type Signal = { readonly kind: 'raw'; readonly raw: RawSignal } | { readonly kind: 'ours'; readonly ours: LinkSignal };

declare global {
  interface Window {
    carrySignal(signal: Signal): Promise<void>;
  }
}

/** Without a break the pings were a load themselves. */
const PING_EVERY_MS = 20;
/** Frames' first byte: a word about lanes, a question, its answer. */
const [LANE, PING, PONG] = [0, 1, 2];

const maker = createLinkMaker({ clock: systemClock });
let way: Way | undefined;
let end: () => void = () => undefined;
let hear: (signal: Signal) => Promise<void> | void = () => undefined;
let open = Promise.resolve();
const arrivals = new Arrivals();
let lanes: Lanes | undefined;
let link: Link | undefined;
let pong: () => void = () => undefined;

function makeRaw(role: 'offerer' | 'answerer'): void {
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel('raw', { negotiated: true, id: 0 });
  way = bareWay(channel);
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => arrivals.came(data.byteLength);
  const tell = (raw: RawSignal): void => void window.carrySignal({ kind: 'raw', raw });
  pc.onicecandidate = ({ candidate }) => {
    if (candidate) tell({ candidate: candidate.toJSON() });
  };
  open = new Promise((resolve) => (channel.onopen = () => resolve()));
  end = () => pc.close();
  const describe = async (): Promise<void> => {
    await pc.setLocalDescription();
    if (pc.localDescription) tell({ description: pc.localDescription.toJSON() });
  };
  hear = async (signal) => {
    if (signal.kind !== 'raw') return;
    if ('candidate' in signal.raw) {
      await pc.addIceCandidate(signal.raw.candidate);
    } else {
      await pc.setRemoteDescription(signal.raw.description);
      if (role === 'answerer') await describe();
    }
  };
  if (role === 'offerer') void describe();
}

function makeOurs(role: 'offerer' | 'answerer', { withLanes }: { readonly withLanes: boolean }): void {
  let opened: () => void = () => undefined;
  open = new Promise((resolve) => (opened = resolve));
  const made: Way = { room: () => room() > 0, send: (message) => send(message), onRoom: () => undefined };
  way = made;
  const fresh: Link = maker.make({
    role,
    iceServers: [],
    events: {
      signal: (ours) => void window.carrySignal({ kind: 'ours', ours }),
      opened: () => opened(),
      received: (frame) => {
        if (frame[0] === LANE) lanes?.hear(frame.subarray(1));
        else if (frame[0] === PING) fresh.send(Uint8Array.of(PONG));
        else pong();
      },
      drained: () => undefined,
      bulk: (message) => arrivals.came(message.length),
      bulkDrained: () => made.onRoom(),
      closed: () => undefined,
    },
  });
  link = fresh;
  const beside = new Lanes({
    bulk: fresh.bulk,
    maker,
    clock: systemClock,
    iceServers: () => [],
    events: {
      told: (body) => fresh.send(Uint8Array.of(LANE, ...body)),
      received: (chunk) => arrivals.came(chunk.length),
      drained: () => made.onRoom(),
      broken: () => undefined,
    },
  });
  lanes = beside;
  const room = (): number => (withLanes ? beside.room : fresh.bulk.room);
  const send = (message: Uint8Array<ArrayBuffer>): void => {
    if (withLanes) beside.send(message);
    else fresh.bulk.send(message);
  };
  hear = (signal) => {
    if (signal.kind === 'ours') fresh.signal(signal.ours);
  };
  end = () => {
    beside.close();
    fresh.close();
  };
}

/** Round trips on the channel for talk, milliseconds, while bulk goes beside it. */
async function pingFor(milliseconds: number): Promise<number[]> {
  const trips: number[] = [];
  for (const until = performance.now() + milliseconds; performance.now() < until;) {
    const asked = performance.now();
    await new Promise<void>((resolve) => {
      pong = resolve;
      link?.send(Uint8Array.of(PING));
    });
    trips.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
  }
  return trips;
}

function theWay(): Way {
  assert(way !== undefined, 'make one first');
  return way;
}

const bulking = {
  makeRaw,
  makeOurs,
  hear: (signal: Signal) => hear(signal),
  opened: () => open,
  give: (bytes: number) => give(theWay(), bytes),
  take: (bytes: number) => arrivals.expect(bytes),
  pingFor,
  lanes: () => lanes?.count ?? 0,
  end: () => end(),
};

export type Bulking = typeof bulking;
Object.assign(globalThis, { bulking });
