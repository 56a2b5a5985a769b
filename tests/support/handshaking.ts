import { hash } from '../../src/crypto/hash.ts';
import { utf8, type Bytes } from '../../src/lib/bytes.ts';
import type { Result } from '../../src/lib/result.ts';
import {
  advance,
  NO_PSK,
  startInitiator,
  startResponder,
  type Established,
  type HandshakeContext,
  type HandshakeFailure,
} from '../../src/session/handshake.ts';
import type { Identity } from './identities.ts';

/** The DTLS certificates of the two ends of one connection, as both see them when nobody is in between. */
export function connection(initiator = 'certificate one', responder = 'certificate two'): HandshakeContext['fingerprints'] {
  return { initiator: hash(utf8(initiator)), responder: hash(utf8(responder)) };
}

/** A context of somebody who talks to `peer` and to nobody else. libsodium must be ready. */
export function contextOf(self: Identity, peer: Identity, changes: Partial<HandshakeContext> = {}): HandshakeContext {
  return {
    device: self.device,
    fingerprints: connection(),
    psk: NO_PSK,
    expects: (account) => account === peer.account.id,
    minimumListVersion: () => 0,
    ...changes,
  };
}

type Outcome = Established | HandshakeFailure | 'waiting';

export interface Meeting {
  readonly initiator: Outcome;
  readonly responder: Outcome;
  /** What went over the wire, before anybody on the path touched it: m1, m2, m3 as far as it came. */
  readonly messages: readonly Bytes[];
}

/** Runs a handshake to its end. `onTheWay` may change each message; its index says which one it is. */
export function meet(
  initiator: HandshakeContext,
  responder: HandshakeContext,
  onTheWay: (message: Bytes, index: number) => Bytes = (message) => message,
): Meeting {
  const messages: Bytes[] = [];
  const carry = (message: Bytes): Bytes => onTheWay(message, messages.push(message) - 1);

  const opened = startInitiator(initiator);
  const answered = advance(startResponder(responder), carry(opened.send));
  if (!answered.ok) return { initiator: 'waiting', responder: answered.failure, messages };
  const concluded = advance(opened.state, carry(sentBy(answered)));
  if (!concluded.ok) return { initiator: concluded.failure, responder: 'waiting', messages };
  const accepted = advance(answered.value.state, carry(sentBy(concluded)));
  return {
    initiator: concluded.value.established ?? 'waiting',
    responder: accepted.ok ? (accepted.value.established ?? 'waiting') : accepted.failure,
    messages,
  };
}

export function sentBy(step: Result<{ readonly send?: Bytes }, unknown>): Bytes {
  if (!step.ok || !step.value.send) throw new Error('Expected something to send');
  return step.value.send;
}

export function isEstablished(outcome: Outcome): outcome is Established {
  return typeof outcome === 'object' && 'peer' in outcome;
}

/** Both ends of a handshake that must succeed. */
export function befriended(
  initiator: HandshakeContext,
  responder: HandshakeContext,
): { readonly initiator: Established; readonly responder: Established } {
  const meeting = meet(initiator, responder);
  if (!isEstablished(meeting.initiator) || !isEstablished(meeting.responder)) throw new Error(`No handshake: ${JSON.stringify(meeting)}`);
  return { initiator: meeting.initiator, responder: meeting.responder };
}
