/** A media link's statistics as calls want them (W3C WebRTC statistics §8). What a browser does not tell counts as 0. */
import type { IncomingCounters, LinkSample } from '../calls/ports.ts';
import { isRelayed, pathOf } from './link-stats.ts';

/** Fields of all entries that are looked at; each is in some of them. Seconds, as all of the standard's durations. */
interface Entry {
  readonly type: string;
  readonly kind?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly jitter?: number;
  readonly framesEncoded?: number;
  readonly totalEncodeTime?: number;
  readonly qualityLimitationDurations?: Readonly<Record<string, number>>;
  readonly totalSamplesReceived?: number;
  readonly concealedSamples?: number;
  readonly silentConcealedSamples?: number;
  readonly framesDecoded?: number;
  readonly framesDropped?: number;
  readonly framesPerSecond?: number;
  readonly freezeCount?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
}

/** @param at Milliseconds, of a clock that only goes forward. */
export function sampleOf(report: RTCStatsReport, at: number): LinkSample {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  const of = (type: string, kind: string) => entries.filter((entry) => entry.type === type && entry.kind === kind);
  const [voiceSent, videoSent] = [of('outbound-rtp', 'audio'), of('outbound-rtp', 'video')];
  const [voiceCame, videoCame] = [of('inbound-rtp', 'audio'), of('inbound-rtp', 'video')];
  const path = pathOf(report);
  const shown = videoCame.filter(({ framesPerSecond = 0 }) => framesPerSecond > 0);
  return {
    at,
    relayed: isRelayed(report),
    roundTrip: path?.currentRoundTripTime === undefined ? undefined : path.currentRoundTripTime * 1_000,
    availableOutgoing: path?.availableOutgoingBitrate,
    voiceOut: outgoing(voiceSent, of('remote-inbound-rtp', 'audio')),
    videoOut: {
      ...outgoing(videoSent, of('remote-inbound-rtp', 'video')),
      framesEncoded: sum(videoSent, ({ framesEncoded }) => framesEncoded),
      encodeTime: sum(videoSent, ({ totalEncodeTime }) => totalEncodeTime) * 1_000,
      limitedByCpu: sum(videoSent, (entry) => entry.qualityLimitationDurations?.['cpu']) * 1_000,
      limitedByBandwidth: sum(videoSent, (entry) => entry.qualityLimitationDurations?.['bandwidth']) * 1_000,
    },
    voiceIn: {
      ...incoming(voiceCame),
      samples: sum(voiceCame, ({ totalSamplesReceived }) => totalSamplesReceived),
      concealedSamples: Math.max(0, sum(voiceCame, (e) => e.concealedSamples) - sum(voiceCame, (e) => e.silentConcealedSamples)),
      jitter: largest(voiceCame, ({ jitter }) => jitter) * 1_000,
    },
    videoIn: {
      ...incoming(videoCame),
      framesDecoded: sum(videoCame, ({ framesDecoded }) => framesDecoded),
      framesDropped: sum(videoCame, ({ framesDropped }) => framesDropped),
      freezes: sum(videoCame, ({ freezeCount }) => freezeCount),
      width: largest(shown, ({ frameWidth }) => frameWidth),
      height: largest(shown, ({ frameHeight }) => frameHeight),
    },
  };
}

function outgoing(sent: readonly Entry[], reported: readonly Entry[]): LinkSample['voiceOut'] {
  return {
    bytes: sum(sent, ({ bytesSent }) => bytesSent),
    packets: sum(sent, ({ packetsSent }) => packetsSent),
    lost: Math.max(
      0,
      sum(reported, ({ packetsLost }) => packetsLost),
    ),
  };
}

function incoming(came: readonly Entry[]): IncomingCounters {
  return {
    bytes: sum(came, ({ bytesReceived }) => bytesReceived),
    packets: sum(came, ({ packetsReceived }) => packetsReceived),
    // Packets that came twice make it negative (RFC 3550 §6.4.1).
    lost: Math.max(
      0,
      sum(came, ({ packetsLost }) => packetsLost),
    ),
  };
}

function sum(entries: readonly Entry[], field: (entry: Entry) => number | undefined): number {
  return entries.reduce((total, entry) => total + (field(entry) ?? 0), 0);
}

function largest(entries: readonly Entry[], field: (entry: Entry) => number | undefined): number {
  return entries.reduce((most, entry) => Math.max(most, field(entry) ?? 0), 0);
}
