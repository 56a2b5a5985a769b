/** What went over a media link between two measurements: counters made into parts and rates. Pure. */
import type { IncomingCounters, LinkSample, OutgoingCounters } from './ports.ts';

/** Parts are 0 to 1, durations in milliseconds, rates in bits per second. */
export interface LinkWindow {
  readonly length: number;
  readonly lossOut: number;
  readonly lossIn: number;
  readonly roundTrip: number | undefined;
  /** Of the sound played, what was made up. */
  readonly concealed: number;
  /** Of the pictures that came, what was not shown. */
  readonly dropped: number;
  /** Pictures that came and could be shown. */
  readonly framesIn: number;
  /** Of the time, how much the browser held the picture back for the processor's sake. */
  readonly cpuLimited: number;
  readonly bandwidthLimited: number;
  /** Of the time, how much one core was encoding for this link. */
  readonly encoding: number;
  readonly bitrateOut: number;
  readonly bitrateIn: number;
  readonly availableOutgoing: number | undefined;
  readonly relayed: boolean | undefined;
}

/** Undefined when there is nothing between the two: the same moment, or counters of a link that was made anew. */
export function windowBetween(before: LinkSample, after: LinkSample): LinkWindow | undefined {
  const length = after.at - before.at;
  if (length <= 0 || after.voiceOut.bytes < before.voiceOut.bytes || after.voiceIn.bytes < before.voiceIn.bytes) return undefined;
  const sentOut = grown(after.voiceOut, before.voiceOut, 'packets') + grown(after.videoOut, before.videoOut, 'packets');
  const lostOut = grown(after.voiceOut, before.voiceOut, 'lost') + grown(after.videoOut, before.videoOut, 'lost');
  const cameIn = grown(after.voiceIn, before.voiceIn, 'packets') + grown(after.videoIn, before.videoIn, 'packets');
  const lostIn = grown(after.voiceIn, before.voiceIn, 'lost') + grown(after.videoIn, before.videoIn, 'lost');
  const samples = after.voiceIn.samples - before.voiceIn.samples;
  const frames = after.videoIn.framesDecoded - before.videoIn.framesDecoded;
  const dropped = after.videoIn.framesDropped - before.videoIn.framesDropped;
  const bytesOut = grown(after.voiceOut, before.voiceOut, 'bytes') + grown(after.videoOut, before.videoOut, 'bytes');
  const bytesIn = grown(after.voiceIn, before.voiceIn, 'bytes') + grown(after.videoIn, before.videoIn, 'bytes');
  return {
    length,
    lossOut: part(lostOut, sentOut),
    lossIn: part(lostIn, cameIn + lostIn),
    roundTrip: after.roundTrip,
    concealed: part(after.voiceIn.concealedSamples - before.voiceIn.concealedSamples, samples),
    dropped: part(dropped, frames + dropped),
    framesIn: frames,
    cpuLimited: part(after.videoOut.limitedByCpu - before.videoOut.limitedByCpu, length),
    bandwidthLimited: part(after.videoOut.limitedByBandwidth - before.videoOut.limitedByBandwidth, length),
    encoding: part(after.videoOut.encodeTime - before.videoOut.encodeTime, length),
    bitrateOut: (bytesOut * 8000) / length,
    bitrateIn: (bytesIn * 8000) / length,
    availableOutgoing: after.availableOutgoing,
    relayed: after.relayed,
  };
}

function grown<Counters extends IncomingCounters | OutgoingCounters>(
  after: Counters,
  before: Counters,
  name: 'bytes' | 'packets' | 'lost',
): number {
  return Math.max(0, after[name] - before[name]);
}

/** Reports of losses lag behind what was sent: never more than all. */
function part(some: number, all: number): number {
  return all <= 0 ? 0 : Math.min(1, Math.max(0, some / all));
}
