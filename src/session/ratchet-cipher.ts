/**
 * The sessions with one peer device: which of them to seal in, which of them opens, when to start another (PROTOCOL.md R1–R2,
 * R10–R14). What a session does is in crypto/ratchet; this file keeps them, and the prekeys issued to the peer.
 */
import { bundleOf, NO_PREKEYS, replenish, wipePrekeys, type OwnPrekeys } from '../crypto/ratchet/prekeys.ts';
import {
  confirmMessage,
  isOfCurrentChain,
  openMessage,
  sealMessage,
  wipeRatchet,
  type Ratchet,
  type Surroundings,
} from '../crypto/ratchet/ratchet.ts';
import { acceptSession, sessionId, startSession, type ChosenPrekeys, type OwnParty } from '../crypto/ratchet/session-start.ts';
import { storedPrekeys, storedRatchet } from '../crypto/ratchet/stored.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { isSignature, signatureOf, signedId } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { certificateIn } from '../identity/credential.ts';
import type { Device } from '../identity/device.ts';
import { assert } from '../lib/assert.ts';
import { compareBytes, EMPTY, equalBytes, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import {
  bytes,
  decode,
  encode,
  fixed,
  flag,
  list,
  marked,
  optional,
  struct,
  u32,
  u53,
  type Codec,
  type Decoded,
} from '../protocol/codec.ts';
import {
  envelope as envelopeCodec,
  MAX_SESSION_START_BYTES,
  prekey,
  prekeyBundle,
  type PrekeyBundle,
  type RatchetMessage,
} from '../protocol/envelope.ts';
import type { EnvelopeCipher, OpenFailure, SealFailure } from './envelope-cipher.ts';

/** Both sides start at once, one of them loses its state, and still there is one to spare: more are not used by honest devices. */
const MAX_SESSIONS = 4;
/** After so long without a word from the peer a session is started anew: what was stolen meanwhile opens nothing more. */
const SILENCE_MS = 30 * 86_400_000;
const MAX_GENERATION = 0xffff_ffff;
/** Two thousand kept keys of 43 bytes, and all else a ratchet has. */
const MAX_RATCHET_BYTES = 100_000;
const MAX_PREKEY_STORE_BYTES = 8_192;
const KEY_BYTES = 32;
const CONTEXT = 'prekeys';

/** `start`: sent along until the peer is known to have the session. `heardAt`: when the peer last showed a sign of it, ms since 1970. */
const session = struct({
  id: fixed(HASH_BYTES),
  generation: u32,
  ad: fixed(HASH_BYTES),
  start: optional(bytes(MAX_SESSION_START_BYTES)),
  heardAt: u53,
  ratchet: bytes(MAX_RATCHET_BYTES),
});

/**
 * Ratchets and prekeys are bytes within bytes: a message needs one of them, and the others are not even read.
 * `sessions`: the one to seal in first. `renewing`: until another is started, none is sealed in.
 */
const storedState = marked(
  new Uint8Array([1]),
  struct({
    mine: fixed(HASH_BYTES),
    peer: struct({ certificateId: fixed(HASH_BYTES), deviceKey: fixed(KEY_BYTES), agreementKey: fixed(KEY_BYTES) }),
    generation: u32,
    prekeys: bytes(MAX_PREKEY_STORE_BYTES),
    chosen: optional(struct({ signed: prekey, oneTime: optional(prekey) })),
    renewing: flag,
    sessions: list(session, MAX_SESSIONS),
  }),
);

type State = Decoded<typeof storedState>;
type Session = Decoded<typeof session>;

export interface RatchetCipherOptions {
  readonly device: Device;
  readonly clock: Pick<Clock, 'now'>;
  /** For frozen vectors; the system's own unless given. */
  readonly random?: RandomSource;
}

export function createRatchetCipher({ device, clock, random = randomBytes }: RatchetCipherOptions): EnvelopeCipher {
  const me: OwnParty = { certificate: certificateIn(device.credential), agreement: device.agreement.secret };
  const mine = signedId('devcert', me.certificate);
  const surroundings = ({ ad }: Session): Surroundings => ({ ad, now: clock.now(), random });

  return {
    start: () => EMPTY,

    meet: (saved, peer) => {
      const known = decode(storedState, saved);
      if (known.ok) wipeState(known.value);
      const isSame = known.ok && equalBytes(known.value.mine, mine) && equalBytes(known.value.peer.certificateId, peer.certificateId);
      if (isSame) return { state: saved, fresh: false };
      const { certificateId, deviceKey, agreementKey } = peer;
      const state: State = {
        mine,
        peer: { certificateId, deviceKey, agreementKey },
        generation: 0,
        prekeys: encode(storedPrekeys, NO_PREKEYS),
        chosen: undefined,
        renewing: false,
        sessions: [],
      };
      return { state: keep(state), fresh: true };
    },

    offer: (saved) =>
      using(saved, (state) => {
        const prekeys = readPrekeys(state);
        const replenished = replenish(prekeys, clock.now(), random);
        const bundle = bundleOf(replenished, state.generation);
        const changed = replenished === prekeys ? saved : keep({ ...state, prekeys: encode(storedPrekeys, replenished) });
        wipePrekeys(prekeys);
        wipePrekeys(replenished);
        return { state: changed, prekeys: { bundle, signature: signatureOf(CONTEXT, bundle, device.signing) } };
      }),

    learn: (saved, { bundle, signature }) =>
      using(saved, (state) => {
        if (!isSignature(CONTEXT, bundle, signature, state.peer.deviceKey)) return fail({ kind: 'wrong-signature' });
        const offered = decode(prekeyBundle, bundle);
        if (!offered.ok) return fail({ kind: 'malformed' });
        const now = clock.now();
        const generation = Math.max(state.generation, offered.value.generation);
        const chosen = isStartDue(state, now) ? choose(offered.value) : undefined;
        const sessions = state.sessions.filter((each, place) => place === 0 || !isSilent(each, now));
        return succeed(keep({ ...state, generation, chosen, sessions }));
      }),

    restart: (saved) => using(saved, (state) => keep({ ...state, renewing: true, chosen: undefined })),

    seal: (saved, content) =>
      using(saved, (state) => {
        const ready = readyToSeal(state);
        return ready.ok ? succeed(sealIn(ready.value, content)) : ready;
      }),

    open: (saved, sealed) =>
      using(saved, (state) => {
        const decoded = decode(envelopeCodec, sealed);
        if (!decoded.ok) return fail({ kind: 'malformed' });
        const { value } = decoded;
        const opened = value.type === 'opening' ? openOpening(state, value.start, value) : openInAny(state, value);
        return opened.ok ? succeed({ state: keep(opened.value.state), content: opened.value.content }) : opened;
      }),

    confirm: (saved, sealed) =>
      using(saved, (state) => {
        const decoded = decode(envelopeCodec, sealed);
        const confirmed = decoded.ok ? confirmIn(state, decoded.value) : state;
        return confirmed === state ? saved : keep(confirmed);
      }),
  };

  // ————— starting —————

  function readyToSeal(state: State): Result<State, SealFailure> {
    const { chosen, peer, sessions } = state;
    if (!chosen || !isStartDue(state, clock.now())) {
      assert(!state.renewing, 'prekeys are learnt before anything is sealed again');
      return succeed(state);
    }
    const generation = Math.min(state.generation + 1, MAX_GENERATION);
    const started = startSession({ me, peer, chosen, generation, now: clock.now(), random });
    if (!started) return fail({ kind: 'bad-prekeys' });
    const { ratchet, ...about } = started;
    const fresh: Session = { ...about, heardAt: clock.now(), ratchet: encode(storedRatchet, ratchet) };
    wipeRatchet(ratchet);
    return succeed({ ...state, generation, chosen: undefined, renewing: false, sessions: inOrder([fresh, ...sessions]) });
  }

  function sealIn(state: State, content: Bytes): { readonly state: Bytes; readonly envelope: Bytes } {
    const [current, ...others] = state.sessions;
    assert(current !== undefined, 'prekeys are learnt before anything is sealed');
    const { start } = current;
    const ratchet = readRatchet(current);
    const sealed = sealMessage(ratchet, content, start ? current.id : EMPTY, surroundings(current));
    const next: Session = { ...current, ratchet: encode(storedRatchet, sealed.ratchet) };
    wipeBoth(ratchet, sealed.ratchet);
    const { message } = sealed;
    const envelope = start
      ? encode(envelopeCodec, { type: 'opening', start, ...message })
      : encode(envelopeCodec, { type: 'message', ...message });
    return { state: keep({ ...state, sessions: [next, ...others] }), envelope };
  }

  /** What the peer is now known to have need not be sent along any more: the start of the session, the KEM part of the chain. */
  function confirmIn(state: State, message: RatchetMessage): State {
    const [current, ...others] = state.sessions;
    if (!current) return state;
    const ratchet = readRatchet(current);
    const confirmed = confirmMessage(ratchet, message, current);
    const isKnown = current.start !== undefined && isOfCurrentChain(ratchet, message, current.ad);
    const start = isKnown ? undefined : current.start;
    const next = isKnown || confirmed !== ratchet ? { ...current, start, ratchet: encode(storedRatchet, confirmed) } : current;
    wipeBoth(ratchet, confirmed);
    return next === current ? state : { ...state, sessions: [next, ...others] };
  }

  // ————— opening —————

  type Outcome = Result<{ readonly state: State; readonly content: Bytes }, OpenFailure>;

  function openInAny(state: State, message: RatchetMessage): Outcome {
    for (const each of state.sessions) {
      const opened = openIn(state, each, message, EMPTY);
      if (opened.ok || opened.failure.kind !== 'not-for-this-session') return opened;
    }
    return fail({ kind: 'not-for-this-session' });
  }

  /** The session may be there already: the peer cannot know until it is told. */
  function openOpening(state: State, start: Bytes, message: RatchetMessage): Outcome {
    const id = sessionId(start);
    const known = state.sessions.find((each) => equalBytes(each.id, id));
    return known ? openIn(state, known, message, id) : openFirst(state, start, message);
  }

  function openIn(state: State, within: Session, message: RatchetMessage, bound: Bytes): Outcome {
    const ratchet = readRatchet(within);
    const opened = openMessage(ratchet, message, bound, surroundings(within));
    if (!opened.ok) {
      wipeRatchet(ratchet);
      return opened;
    }
    const next: Session = { ...within, start: undefined, heardAt: clock.now(), ratchet: encode(storedRatchet, opened.value.ratchet) };
    wipeBoth(ratchet, opened.value.ratchet);
    const sessions = state.sessions.map((each) => (each === within ? next : each));
    return succeed({ state: { ...state, sessions }, content: opened.value.content });
  }

  /** The first message of a session the peer has started. The session and its prekeys are taken over only when it opens. */
  function openFirst(state: State, start: Bytes, message: RatchetMessage): Outcome {
    const prekeys = readPrekeys(state);
    const accepted = acceptSession({ me, peer: state.peer, start, prekeys, now: clock.now() });
    if (!accepted.ok) {
      wipePrekeys(prekeys);
      return accepted;
    }
    const { ratchet, prekeys: left, ...about } = accepted.value;
    const fresh: Session = { ...about, start: undefined, heardAt: clock.now(), ratchet: encode(storedRatchet, ratchet) };
    const stored = encode(storedPrekeys, left);
    wipePrekeys(prekeys);
    wipeRatchet(ratchet);
    const opened = openIn({ ...state, sessions: [fresh] }, fresh, message, about.id);
    if (!opened.ok) return opened;
    const sessions = inOrder([...opened.value.state.sessions, ...state.sessions]);
    const { generation } = about;
    // A newer session is the one to answer in, and need not be asked for any more.
    const isAnswered = generation > state.generation;
    const next: State = isAnswered
      ? { ...state, prekeys: stored, generation, renewing: false, chosen: undefined, sessions }
      : { ...state, prekeys: stored, sessions };
    return succeed({ state: next, content: opened.value.content });
  }
}

/** R14: the newest generation first; of two that were started at once, the one with the smaller id. Both sides come to the same. */
function inOrder(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => b.generation - a.generation || compareBytes(a.id, b.id)).slice(0, MAX_SESSIONS);
}

function isStartDue({ sessions: [current], renewing }: State, now: number): boolean {
  return renewing || !current || isSilent(current, now);
}

function isSilent({ heardAt }: Session, now: number): boolean {
  return now - heardAt >= SILENCE_MS;
}

function choose({ signed, oneTime: [first] }: PrekeyBundle): ChosenPrekeys {
  return { signed, oneTime: first };
}

/** Runs a step on a state in the clear and leaves nothing of it behind. */
function using<Value>(saved: Bytes, step: (state: State) => Value): Value {
  const state = stored(storedState, saved);
  try {
    return step(state);
  } finally {
    wipeState(state);
  }
}

/** The state as it is saved; what was in the clear of it is gone. */
function keep(state: State): Bytes {
  const saved = encode(storedState, state);
  wipeState(state);
  return saved;
}

function wipeState({ prekeys, sessions }: State): void {
  wipe(prekeys, ...sessions.map(({ ratchet }) => ratchet));
}

function readPrekeys({ prekeys }: State): OwnPrekeys {
  return stored(storedPrekeys, prekeys);
}

function readRatchet({ ratchet }: Session): Ratchet {
  return stored(storedRatchet, ratchet);
}

/** States come back as they were given out; bytes that are none are a bug of whoever keeps them. */
function stored<Value>(codec: Codec<Value>, saved: Bytes): Value {
  const decoded = decode(codec, saved);
  assert(decoded.ok, 'a cipher state is what the cipher made');
  return decoded.value;
}

/** Two states may share secrets; both are encoded by now. */
function wipeBoth(before: Ratchet, after: Ratchet): void {
  wipeRatchet(before);
  wipeRatchet(after);
}
