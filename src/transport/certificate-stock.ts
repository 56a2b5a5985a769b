/**
 * DTLS certificates made beforehand, each for one link only. Making one takes a few milliseconds that a person waiting
 * for a link need not wait; using one twice would let those at the other ends find out that they talk to the same browser.
 */
import type { Clock } from '../lib/clock.ts';

const READY = 2;
/** ECDSA over P-256: what browsers take by default, and quicker than RSA by far. */
const ALGORITHM: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
/** One that ends sooner is not used: a link may stay open for long. */
const LEAST_LIFE_MS = 24 * 3_600_000;

type Makes = Pick<typeof RTCPeerConnection, 'generateCertificate'>;

export class CertificateStock {
  readonly #clock: Clock;
  readonly #ready: RTCCertificate[] = [];
  #making = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that was never used, or undefined: then the browser makes one by itself. Either way the stock is filled up again. */
  take(maker: Makes): RTCCertificate | undefined {
    let certificate = this.#ready.shift();
    while (certificate && certificate.expires < this.#clock.now() + LEAST_LIFE_MS) certificate = this.#ready.shift();
    this.fill(maker);
    return certificate;
  }

  fill(maker: Makes): void {
    while (this.#ready.length + this.#making < READY) {
      this.#making++;
      void this.#make(maker);
    }
  }

  async #make(maker: Makes): Promise<void> {
    try {
      this.#ready.push(await maker.generateCertificate(ALGORITHM));
    } catch {
      // A browser that cannot make one on request still makes its own for each connection.
    } finally {
      this.#making--;
    }
  }
}
