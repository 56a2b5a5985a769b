import { describe, expect, test } from 'vitest';
import type { LinkClosure } from '../../src/session/ports.ts';
import { createLinkMaker, type WebRtc } from '../../src/transport/peer-link.ts';
import { LinkEnd } from '../support/link-contract.ts';
import { ManualClock } from '../support/manual-clock.ts';

const refusal = new DOMException('WebRTC is disabled by policy', 'NotAllowedError');

/** A browser that has WebRTC and refuses to use it. */
function RefusingConnection(): never {
  throw refusal;
}
RefusingConnection.generateCertificate = () => Promise.reject(refusal);

async function closuresWith(webRtc: () => WebRtc | undefined): Promise<readonly LinkClosure[]> {
  const clock = new ManualClock();
  const end = new LinkEnd(createLinkMaker({ clock, webRtc }), 'offerer', () => undefined);
  expect(end.closures, 'nothing is told before make returns').toEqual([]);
  end.link.signal({ type: 'answer', sdp: 'whatever' });
  end.link.close();
  await clock.advance(1);
  expect(end.link.waiting).toBe(0);
  expect(await end.link.relayed()).toBeUndefined();
  expect(clock.timers).toBe(0);
  return end.closures;
}

describe('where there is no WebRTC', () => {
  test('in Node, a link is unsupported and nothing throws', async () => {
    const clock = new ManualClock();
    const end = new LinkEnd(createLinkMaker({ clock }), 'answerer', () => undefined);
    await clock.settle();
    expect(end.closures).toEqual([{ reason: 'unsupported' }]);
    expect(clock.timers).toBe(0);
  });

  test('a constructor that throws means the same', async () => {
    const clock = new ManualClock();
    const webRtc = {
      RTCPeerConnection: RefusingConnection,
      RTCSessionDescription: Object,
      RTCIceCandidate: Object,
    } as unknown as WebRtc;
    const end = new LinkEnd(createLinkMaker({ clock, webRtc: () => webRtc }), 'offerer', () => undefined);
    await clock.settle();
    expect(end.closures).toEqual([{ reason: 'unsupported' }]);
  });

  test('what is asked of such a link meanwhile does nothing', async () => {
    expect(await closuresWith(() => undefined)).toHaveLength(1);
  });
});
