/**
 * The ratchet and the start of its sessions a second time, on @noble libraries alone, written from PROTOCOL.md (C, R) and not
 * from our code: what the two say to each other, both must have understood the same way. Plain and mutable, for tests.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';

type Random = (length: number) => Uint8Array;

// ————— C: conventions —————

const H = (...parts: Uint8Array[]): Uint8Array => blake2b(concatBytes(...parts), { dkLen: 32 });
const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};
const lp = (part: Uint8Array): Uint8Array => concatBytes(u32(part.length), part);
const KDF = (
  secret: Uint8Array,
  purpose: string,
  length: number,
  options: { salt?: Uint8Array; context?: Uint8Array[] } = {},
): Uint8Array =>
  hkdf(sha512, secret, options.salt, concatBytes(utf8ToBytes(`parley/${purpose}/v1`), ...(options.context ?? []).map(lp)), length);

function idOf(context: string, key: Uint8Array, payload: Uint8Array): Uint8Array {
  return H(utf8ToBytes('parley/id/v1\0'), lp(utf8ToBytes(context)), key, payload);
}

function statement(context: string, payload: Uint8Array): Uint8Array {
  const name = utf8ToBytes(context);
  return concatBytes(utf8ToBytes('parley/sig/v1\0'), new Uint8Array([name.length]), name, lp(payload));
}

class Cursor {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Error('truncated');
    return this.bytes.slice(this.at, (this.at += length));
  }

  number(width: number): number {
    return this.take(width).reduce((value, byte) => value * 256 + byte, 0);
  }

  long(): Uint8Array {
    return this.take(this.number(4));
  }

  end(): void {
    if (this.at !== this.bytes.length) throw new Error('trailing bytes');
  }
}

// ————— R3–R9: the ratchet —————

const PAD_SIZES = [64];
while ((PAD_SIZES.at(-1) ?? 0) < 70_000) PAD_SIZES.push(Math.floor(((PAD_SIZES.at(-1) ?? 0) * 6) / 5));

function pad(content: Uint8Array): Uint8Array {
  const size = PAD_SIZES.find((each) => each > content.length) ?? 0;
  return concatBytes(content, new Uint8Array([0x80]), new Uint8Array(size - content.length - 1));
}

function unpad(padded: Uint8Array): Uint8Array {
  const end = padded.lastIndexOf(0x80);
  if (end < 0 || padded.slice(end + 1).some((byte) => byte !== 0) || !PAD_SIZES.includes(padded.length)) throw new Error('padding');
  return padded.slice(0, end);
}

interface SecondHeader {
  readonly key: Uint8Array;
  readonly previous: number;
  readonly number: number;
  readonly kemType: number;
  readonly kem: Uint8Array;
}

export interface SecondMessage {
  readonly header: Uint8Array;
  readonly commitment: Uint8Array;
  readonly body: Uint8Array;
}

/** One session's ratchet. `now` is set by the test, in milliseconds. */
export class SecondRatchet {
  now: number;
  #RK: Uint8Array;
  #ownSecret: Uint8Array | undefined;
  #remote: Uint8Array | undefined;
  #stepDue: boolean;
  #HKs: Uint8Array | undefined;
  #NHKs: Uint8Array;
  #CKs = new Uint8Array(0);
  #Ns = 0;
  #PN = 0;
  #HKr: Uint8Array | undefined;
  #NHKr: Uint8Array;
  #CKr = new Uint8Array(0);
  #Nr = 0;
  readonly #skipped: { readonly HK: Uint8Array; readonly number: number; readonly mk: Uint8Array }[] = [];
  #offered: Uint8Array | undefined;
  #answer: { readonly ciphertext: Uint8Array; readonly secret: Uint8Array } | undefined;
  #part: { readonly type: number; readonly bytes: Uint8Array } = { type: 0, bytes: new Uint8Array(0) };
  #sinceKem = 0;
  #kemAt: number;
  readonly #AD: Uint8Array;
  readonly #random: Random;

  /** R4, R12: `ownSecret` is the signed prekey's for B, `remote` the signed prekey for A. */
  constructor(options: {
    readonly SK: Uint8Array;
    readonly AD: Uint8Array;
    readonly now: number;
    readonly random: Random;
    readonly ownSecret?: Uint8Array;
    readonly remote?: Uint8Array;
  }) {
    const first = KDF(options.SK, 'dr/init', 96);
    const [hkA, hkB] = [first.slice(32, 64), first.slice(64)];
    this.#RK = first.slice(0, 32);
    this.#AD = options.AD;
    this.#random = options.random;
    this.now = this.#kemAt = options.now;
    this.#ownSecret = options.ownSecret;
    this.#remote = options.remote;
    this.#stepDue = options.remote !== undefined;
    this.#NHKs = options.remote ? hkA : hkB;
    this.#NHKr = options.remote ? hkB : hkA;
  }

  encrypt(content: Uint8Array, bound: Uint8Array = new Uint8Array(0)): SecondMessage {
    if (this.#stepDue) this.#stepSending();
    if (!this.#HKs || !this.#ownSecret) throw new Error('nothing was read yet');
    const mk = this.#mac(this.#CKs, 1);
    this.#CKs = this.#mac(this.#CKs, 2);
    const plain = concatBytes(
      x25519.getPublicKey(this.#ownSecret),
      u32(this.#PN),
      u32(this.#Ns++),
      new Uint8Array([this.#part.type]),
      this.#part.bytes,
    );
    const nonce = this.#random(24);
    const header = concatBytes(nonce, xchacha20poly1305(this.#HKs, nonce, this.#AD).encrypt(plain));
    const keys = KDF(mk, 'dr/msg', 88, { salt: nonce });
    const cipher = xchacha20poly1305(keys.slice(0, 32), keys.slice(32, 56), concatBytes(this.#AD, bound, header));
    this.#sinceKem++;
    return { header, commitment: keys.slice(56), body: cipher.encrypt(pad(content)) };
  }

  /** Throws when it does not open; then this object is of no more use, as the test must not need it. */
  decrypt(message: SecondMessage, bound: Uint8Array = new Uint8Array(0)): Uint8Array {
    const late = this.#skipped.find(({ HK, number }) => this.#header(HK, message)?.number === number);
    if (late) {
      this.#skipped.splice(this.#skipped.indexOf(late), 1);
      return this.#body(late.mk, message, bound);
    }
    let header = this.#HKr && this.#header(this.#HKr, message);
    if (!header) {
      header = this.#header(this.#NHKr, message);
      if (!header) throw new Error('no header key opens');
      this.#stepReceiving(header);
    }
    this.#skipTo(header.number);
    const mk = this.#mac(this.#CKr, 1);
    this.#CKr = this.#mac(this.#CKr, 2);
    this.#Nr++;
    return this.#body(mk, message, bound);
  }

  #stepReceiving(header: SecondHeader): void {
    this.#skipTo(header.previous);
    if (!this.#ownSecret) throw new Error('no key of ours to step with');
    if ((this.#offered !== undefined) !== (header.kemType === 2)) throw new Error('hybrid step missing or unasked');
    const ss = this.#offered ? xwing.decapsulate(header.kem, this.#offered) : undefined;
    const keys = this.#root(x25519.getSharedSecret(this.#ownSecret, header.key), ss);
    this.#HKr = this.#NHKr;
    this.#CKr = keys.CK;
    this.#NHKr = keys.NHK;
    this.#Nr = 0;
    this.#PN = this.#Ns;
    this.#remote = header.key;
    this.#stepDue = true;
    if (ss) this.#mixed();
    this.#offered = undefined;
    if (header.kemType === 1) {
      const { cipherText, sharedSecret } = xwing.encapsulate(header.kem);
      this.#answer = { ciphertext: cipherText, secret: sharedSecret };
    }
  }

  #stepSending(): void {
    if (!this.#remote) throw new Error('nobody to step towards');
    this.#ownSecret = this.#random(32);
    const keys = this.#root(x25519.getSharedSecret(this.#ownSecret, this.#remote), this.#answer?.secret);
    this.#HKs = this.#NHKs;
    this.#CKs = keys.CK;
    this.#NHKs = keys.NHK;
    this.#Ns = 0;
    this.#stepDue = false;
    this.#part = { type: 0, bytes: new Uint8Array(0) };
    if (this.#answer) {
      this.#part = { type: 2, bytes: this.#answer.ciphertext };
      this.#answer = undefined;
      this.#mixed();
    } else if (this.#sinceKem >= 50 || this.now - this.#kemAt >= 7 * 86_400_000) {
      const pair = xwing.keygen(this.#random(32));
      this.#offered = pair.secretKey;
      this.#part = { type: 1, bytes: pair.publicKey };
    }
  }

  #mixed(): void {
    this.#sinceKem = 0;
    this.#kemAt = this.now;
  }

  #root(dh: Uint8Array, ss?: Uint8Array): { readonly CK: Uint8Array<ArrayBuffer>; readonly NHK: Uint8Array } {
    const keys = KDF(ss ? concatBytes(dh, ss) : dh, 'dr/root', 96, { salt: this.#RK });
    this.#RK = keys.slice(0, 32);
    return { CK: new Uint8Array(keys.slice(32, 64)), NHK: keys.slice(64) };
  }

  #skipTo(number: number): void {
    if (!this.#HKr) return;
    if (number - this.#Nr > 1_000) throw new Error('too far ahead');
    while (this.#Nr < number) {
      this.#skipped.push({ HK: this.#HKr, number: this.#Nr++, mk: this.#mac(this.#CKr, 1) });
      this.#CKr = this.#mac(this.#CKr, 2);
    }
  }

  #mac(key: Uint8Array, constant: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(hmac(sha512, key, new Uint8Array([constant])).slice(0, 32));
  }

  #header(HK: Uint8Array, { header }: SecondMessage): SecondHeader | undefined {
    const plain = attempt(() => xchacha20poly1305(HK, header.slice(0, 24), this.#AD).decrypt(header.slice(24)));
    if (!plain) return undefined;
    const read = new Cursor(plain);
    const [key, previous, number, kemType] = [read.take(32), read.number(4), read.number(4), read.number(1)];
    const kem = read.take([0, 1216, 1120][kemType] ?? -1);
    read.end();
    return { key, previous, number, kemType, kem };
  }

  #body(mk: Uint8Array, { header, commitment, body }: SecondMessage, bound: Uint8Array): Uint8Array {
    const keys = KDF(mk, 'dr/msg', 88, { salt: header.slice(0, 24) });
    if (Buffer.compare(keys.slice(56), commitment) !== 0) throw new Error('commitment');
    const AD = concatBytes(this.#AD, bound, header);
    this.#sinceKem++;
    return unpad(xchacha20poly1305(keys.slice(0, 32), keys.slice(32, 56), AD).decrypt(body));
  }
}

// ————— R10–R13: bundles and starts —————

export interface SecondDevice {
  /** As it is carried: lp(payload) ‖ key ‖ signature. */
  readonly certificate: Uint8Array;
  readonly certificateId: Uint8Array;
  readonly agreementSecret: Uint8Array;
  readonly signingSeed: Uint8Array;
}

interface SecondPrekey {
  readonly id: number;
  readonly agreementKey: Uint8Array;
  readonly kemKey: Uint8Array;
}

interface SecretPrekey {
  readonly id: number;
  readonly agreement: Uint8Array;
  readonly kem: Uint8Array;
}

export interface SecondPrekeys {
  readonly signed: SecretPrekey;
  readonly oneTime: SecretPrekey[];
}

export function makePrekeys(oneTimeCount: number, random: Random = randomBytes): SecondPrekeys {
  const make = (id: number): SecretPrekey => ({ id, agreement: random(32), kem: random(32) });
  return { signed: make(1), oneTime: Array.from({ length: oneTimeCount }, (_, index) => make(index + 2)) };
}

export function writeBundle(
  prekeys: SecondPrekeys,
  generation: number,
  signingSeed: Uint8Array,
): { bundle: Uint8Array; signature: Uint8Array } {
  const half = ({ id, agreement, kem }: SecretPrekey): Uint8Array =>
    concatBytes(u32(id), x25519.getPublicKey(agreement), xwing.keygen(kem).publicKey);
  const count = new Uint8Array([0, prekeys.oneTime.length]);
  const bundle = concatBytes(new Uint8Array([1]), u32(generation), half(prekeys.signed), count, ...prekeys.oneTime.map(half));
  return { bundle, signature: ed25519.sign(statement('prekeys', bundle), signingSeed) };
}

function readBundle(bundle: Uint8Array): { readonly generation: number; readonly signed: SecondPrekey; readonly oneTime: SecondPrekey[] } {
  const read = new Cursor(bundle);
  const prekey = (): SecondPrekey => ({ id: read.number(4), agreementKey: read.take(32), kemKey: read.take(1216) });
  if (read.number(1) !== 1) throw new Error('version');
  const [generation, signed] = [read.number(4), prekey()];
  const oneTime = Array.from({ length: read.number(2) }, prekey);
  read.end();
  return { generation, signed, oneTime };
}

export interface SecondPeer {
  readonly certificateId: Uint8Array;
  readonly agreementKey: Uint8Array;
  readonly deviceKey: Uint8Array;
}

/** A session, and how its envelopes are written: with the start until something was read. */
export class SecondSession {
  readonly ratchet: SecondRatchet;
  #start: Uint8Array | undefined;

  constructor(ratchet: SecondRatchet, start?: Uint8Array) {
    this.ratchet = ratchet;
    this.#start = start;
  }

  seal(content: Uint8Array): Uint8Array {
    const bound = this.#start && sessionName(this.#start);
    const { header, commitment, body } = this.ratchet.encrypt(content, bound);
    const message = concatBytes(lp(header), commitment, lp(body));
    const front = this.#start ? [new Uint8Array([1, 2]), lp(this.#start)] : [new Uint8Array([1, 1])];
    return concatBytes(...front, message);
  }

  open(envelope: Uint8Array): Uint8Array {
    const { start, message } = readEnvelope(envelope);
    const content = this.ratchet.decrypt(message, start && sessionName(start));
    this.#start = undefined;
    return content;
  }
}

function sessionName(start: Uint8Array): Uint8Array {
  return H(lp(utf8ToBytes('parley/session/v1')), start);
}

function readEnvelope(envelope: Uint8Array): { readonly start: Uint8Array | undefined; readonly message: SecondMessage } {
  const read = new Cursor(envelope);
  if (read.number(1) !== 1) throw new Error('version');
  const start = read.number(1) === 2 ? read.long() : undefined;
  const message = { header: read.long(), commitment: read.take(32), body: read.long() };
  read.end();
  return { start, message };
}

const adOf = (a: Uint8Array, b: Uint8Array): Uint8Array => H(lp(utf8ToBytes('parley/ad/v1')), lp(a), lp(b));

/** R11, as A. */
export function startSecondSession(
  me: SecondDevice,
  peer: SecondPeer,
  offered: { readonly bundle: Uint8Array; readonly signature: Uint8Array },
  now: number,
  random: Random = randomBytes,
): SecondSession {
  if (!ed25519.verify(offered.signature, statement('prekeys', offered.bundle), peer.deviceKey)) throw new Error('signature');
  const { generation, signed, oneTime } = readBundle(offered.bundle);
  const one = oneTime[0];
  const E = random(32);
  const { cipherText, sharedSecret } = xwing.encapsulate((one ?? signed).kemKey);
  const start = concatBytes(
    u32(generation + 1),
    me.certificate,
    x25519.getPublicKey(E),
    u32(signed.id),
    one ? concatBytes(new Uint8Array([1]), u32(one.id)) : new Uint8Array([0]),
    cipherText,
  );
  const DH = [
    x25519.getSharedSecret(me.agreementSecret, signed.agreementKey),
    x25519.getSharedSecret(E, peer.agreementKey),
    x25519.getSharedSecret(E, signed.agreementKey),
    ...(one ? [x25519.getSharedSecret(E, one.agreementKey)] : []),
  ];
  const SK = secretOf(DH, sharedSecret, [me.certificateId, peer.certificateId], [signed, ...(one ? [one] : [])], start);
  const AD = adOf(me.certificateId, peer.certificateId);
  return new SecondSession(new SecondRatchet({ SK, AD, now, random, remote: signed.agreementKey }), start);
}

/** R13, as B; the envelope is then opened in the session. */
export function acceptSecondSession(
  me: SecondDevice,
  peer: SecondPeer,
  envelope: Uint8Array,
  prekeys: SecondPrekeys,
  now: number,
  random: Random = randomBytes,
): SecondSession {
  const { start } = readEnvelope(envelope);
  if (!start) throw new Error('no start');
  const read = new Cursor(start);
  read.number(4);
  const [payload, key] = [read.long(), read.take(32)];
  read.take(64);
  if (Buffer.compare(idOf('devcert', key, payload), peer.certificateId) !== 0) throw new Error('other device');
  const [E, signedId] = [read.take(32), read.number(4)];
  const oneTimeId = read.number(1) === 1 ? read.number(4) : undefined;
  const ciphertext = read.take(1120);
  read.end();
  const one = prekeys.oneTime.find(({ id }) => id === oneTimeId);
  if (signedId !== prekeys.signed.id || (oneTimeId !== undefined && !one)) throw new Error('unknown prekey');
  const { signed } = prekeys;
  const DH = [
    x25519.getSharedSecret(signed.agreement, peer.agreementKey),
    x25519.getSharedSecret(me.agreementSecret, E),
    x25519.getSharedSecret(signed.agreement, E),
    ...(one ? [x25519.getSharedSecret(one.agreement, E)] : []),
  ];
  const ss = xwing.decapsulate(ciphertext, (one ?? signed).kem);
  const halves = [signed, ...(one ? [one] : [])].map(({ id, agreement, kem }) => ({
    id,
    agreementKey: x25519.getPublicKey(agreement),
    kemKey: xwing.keygen(kem).publicKey,
  }));
  const SK = secretOf(DH, ss, [peer.certificateId, me.certificateId], halves, start);
  const AD = adOf(peer.certificateId, me.certificateId);
  return new SecondSession(new SecondRatchet({ SK, AD, now, random, ownSecret: signed.agreement }));
}

/** R12. */
function secretOf(DH: Uint8Array[], ss: Uint8Array, ids: Uint8Array[], prekeys: SecondPrekey[], start: Uint8Array): Uint8Array {
  const keys = prekeys.flatMap(({ agreementKey, kemKey }) => [agreementKey, kemKey]);
  const t = H(...[...ids, ...keys, start].map(lp));
  return KDF(concatBytes(new Uint8Array(32).fill(0xff), ...DH, ss), 'pqxdh', 32, { context: [t] });
}

function attempt<Value>(step: () => Value): Value | undefined {
  try {
    return step();
  } catch {
    // noble's one way to say that a tag is wrong.
    return undefined;
  }
}
