import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/lib/bytes.ts';
import { isUsableCandidate, readDescription } from '../../src/transport/sdp.ts';

const HEX = 'AB:'.repeat(31) + 'CD';
const OTHER = '00:'.repeat(31) + '01';
const MEDIA = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
const LINES = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic: WMS',
  MEDIA,
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:Wx1k',
  'a=ice-pwd:0123456789012345678901',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${HEX}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
];

const sdpOf = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

describe('a description', () => {
  test('of one data channel is taken, and tells the fingerprint', () => {
    const description = readDescription(sdpOf(LINES));
    expect(description.ok && toHex(description.value.fingerprint)).toBe('ab'.repeat(31) + 'cd');
  });

  test('may say the same fingerprint twice, for the session and for the channel', () => {
    const twice = [...LINES.slice(0, 4), `a=fingerprint:sha-256 ${HEX.toLowerCase()}`, ...LINES.slice(4)];
    expect(readDescription(sdpOf(twice)).ok).toBe(true);
  });

  test.each([
    ['asks for audio', [...LINES, 'm=audio 9 UDP/TLS/RTP/SAVPF 111'], 'not-one-data-channel'],
    [
      'asks for video in place of the channel',
      LINES.map((line) => (line === MEDIA ? 'm=video 9 UDP/TLS/RTP/SAVPF 96' : line)),
      'not-one-data-channel',
    ],
    ['has two channels', [...LINES, MEDIA], 'not-one-data-channel'],
    ['has none', LINES.filter((line) => line !== MEDIA), 'not-one-data-channel'],
    ['has no fingerprint', LINES.filter((line) => !line.startsWith('a=fingerprint')), 'no-single-fingerprint'],
    ['has two different ones', [...LINES, `a=fingerprint:sha-256 ${OTHER}`], 'no-single-fingerprint'],
    ['has one of another hash beside', [...LINES, 'a=fingerprint:sha-1 00:11'], 'no-single-fingerprint'],
    [
      'has one that is too short',
      LINES.map((line) => (line.includes('sha-256') ? 'a=fingerprint:sha-256 AB:CD' : line)),
      'no-single-fingerprint',
    ],
    ['has lines that are none', [...LINES, 'hello'], 'malformed'],
    ['is longer than any honest one', [...LINES, `a=x:${'x'.repeat(12_000)}`], 'malformed'],
    ['does not begin as one', LINES.slice(1), 'malformed'],
  ])('that %s is refused', (_name, lines, kind) => {
    expect(readDescription(sdpOf(lines))).toEqual({ ok: false, failure: { kind } });
  });

  test('that ends in the middle of a line is refused', () => {
    expect(readDescription(sdpOf(LINES).slice(0, -5))).toEqual({ ok: false, failure: { kind: 'malformed' } });
  });
});

describe('a candidate', () => {
  const usable = (candidate: string, line = 0): boolean => isUsableCandidate({ candidate, mid: '0', line });

  test.each([
    'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.2 rport 46154 generation 0 ufrag Wx1k network-cost 999',
    'candidate:1 1 UDP 2122252543 2001:db8::1 51234 typ host',
    'candidate:0 1 TCP 1518280447 192.0.2.1 9 typ host tcptype active',
    'candidate:2 1 udp 2113937151 5f6d4b0e-1d3b-4a8f-9d3a-1c2f3e4d5a6b.local 50000 typ host',
  ])('a browser makes is taken: %s', (candidate) => {
    expect(usable(candidate)).toBe(true);
  });

  test.each([
    '',
    'candidate:',
    'hello',
    'candidate:1 1 udp 1 1.2.3.4 99999999 typ host',
    'candidate:1 1 udp 1 1.2.3.4 9 typ magic',
    'candidate:1 1 udp 1 1.2.3.4 9 typ host\r\na=candidate:x',
    `candidate:1 1 udp 1 1.2.3.4 9 typ host ${'x'.repeat(600)}`,
  ])('no browser makes is not: %s', (candidate) => {
    expect(usable(candidate)).toBe(false);
  });

  test('for a second line is not, as there is none', () => {
    expect(usable('candidate:1 1 udp 1 1.2.3.4 9 typ host', 1)).toBe(false);
  });
});
