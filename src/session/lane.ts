/**
 * One further connection between two who are linked: bulk alone, from who opened it to the other. It is a link of its own whose
 * signals go over the proven one, and it carries nothing before both have told there what certificate they show on it (X61).
 */
import { assertNever } from '../lib/assert.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import type { LaneWordBody } from '../protocol/lane.ts';
import type { IceServer } from '../protocol/signaling.ts';
import type { Link, LinkClosure, LinkMaker, LinkSignal } from './ports.ts';

export interface LaneEvents {
  /** To be told to the other end, over the proven link. */
  told(word: LaneWordBody): void;
  /** The giver may use it. */
  ready(): void;
  received(chunk: Bytes): void;
  drained(): void;
  /** Once. `lost`: chunks may have been lost with it. */
  ended(lost: boolean): void;
}

export interface LaneOptions {
  /** The giver opens it and offers. */
  readonly role: 'giver' | 'taker';
  readonly maker: LinkMaker;
  readonly iceServers: readonly IceServer[];
  readonly events: LaneEvents;
}

type Phase =
  | { readonly name: 'connecting' }
  /** The connection is open; whose it is has to be seen. */
  | { readonly name: 'opened'; readonly local: Bytes; readonly remote: Bytes }
  | { readonly name: 'proven' }
  /** Nothing more is sent on it; it ends when so many chunks have come. */
  | { readonly name: 'over'; readonly chunks: number }
  | { readonly name: 'closed' };

export class Lane {
  readonly #options: LaneOptions;
  readonly #link: Link;
  #phase: Phase = { name: 'connecting' };
  /** What the other says it shows; may be told before this end is open. */
  #promised: Bytes | undefined;
  /** Sent by the giver, received by the taker. */
  #chunks = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    const { role, maker, iceServers, events } = options;
    this.#link = maker.make({
      role: role === 'giver' ? 'offerer' : 'answerer',
      iceServers,
      events: {
        signal: (signal) => events.told(wordOf(signal)),
        opened: ({ local, remote }) => this.#opened(local, remote),
        // Nothing but bulk, and that only in one direction.
        received: () => this.close(),
        drained: () => undefined,
        bulk: (chunk) => this.#received(chunk),
        bulkDrained: () => {
          if (this.isReady) events.drained();
        },
        closed: (closure) => this.#closed(closure),
      },
    });
  }

  /** Whether the giver may send on it. */
  get isReady(): boolean {
    return this.#options.role === 'giver' && this.#phase.name === 'proven';
  }

  get room(): number {
    return this.isReady ? this.#link.bulk.room : 0;
  }

  get waiting(): number {
    return this.#link.bulk.waiting;
  }

  send(chunk: Bytes): void {
    this.#chunks++;
    this.#link.bulk.send(chunk);
  }

  hear(word: LaneWordBody): void {
    switch (word.type) {
      case 'offer':
      case 'answer':
      case 'candidates':
        this.#link.signal(word);
        break;
      case 'proof':
        this.#promised = word.fingerprint;
        this.#prove();
        break;
      case 'over':
        if (this.#options.role === 'taker' && this.#phase.name === 'proven') this.#phase = { name: 'over', chunks: word.chunks };
        this.#endIfOver();
        break;
      case 'gone':
        this.close();
        break;
      default:
        assertNever(word);
    }
  }

  /** The giver sends no more on it; what is on its way arrives, then it ends. */
  retire(): void {
    if (!this.isReady) {
      this.close();
      return;
    }
    this.#phase = { name: 'over', chunks: this.#chunks };
    this.#options.events.told({ type: 'over', chunks: this.#chunks });
  }

  close(): void {
    this.#link.close();
    this.#closed({ reason: 'closed' });
  }

  #opened(local: Bytes, remote: Bytes): void {
    if (this.#phase.name !== 'connecting') return;
    this.#phase = { name: 'opened', local, remote };
    if (this.#options.role === 'giver') this.#options.events.told({ type: 'proof', fingerprint: local });
    this.#prove();
  }

  /** The giver speaks first; the taker answers once it has seen what it was told. So whatever comes on the lane comes after the proof. */
  #prove(): void {
    if (this.#phase.name !== 'opened' || !this.#promised) return;
    const { role, events } = this.#options;
    const { local, remote } = this.#phase;
    if (!equalBytes(remote, this.#promised)) {
      this.close();
      return;
    }
    this.#phase = { name: 'proven' };
    if (role === 'giver') events.ready();
    else events.told({ type: 'proof', fingerprint: local });
  }

  #received(chunk: Bytes): void {
    const isExpected = this.#options.role === 'taker' && (this.#phase.name === 'proven' || this.#phase.name === 'over');
    if (!isExpected) {
      this.close();
      return;
    }
    this.#chunks++;
    this.#options.events.received(chunk);
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#options.role === 'taker' && this.#phase.name === 'over' && this.#chunks >= this.#phase.chunks) this.close();
  }

  #closed({ reason }: LinkClosure): void {
    if (this.#phase.name === 'closed') return;
    const isDone =
      this.#phase.name === 'over' && (this.#options.role === 'giver' ? reason === 'closed' : this.#chunks >= this.#phase.chunks);
    const lost = (this.#phase.name === 'proven' || this.#phase.name === 'over') && !isDone;
    this.#phase = { name: 'closed' };
    this.#options.events.ended(lost);
  }
}

function wordOf(signal: LinkSignal): LaneWordBody {
  return signal;
}
