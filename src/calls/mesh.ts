/** Everybody connected with everybody: a media link to each of the others (PROTOCOL.md V11). */
import type { Clock } from '../lib/clock.ts';
import type { CallWordBody, CallWordOf } from '../protocol/call-word.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { IceServer } from '../protocol/signaling.ts';
import { VOICE_BITRATE } from './ladder.ts';
import { MediaTie } from './media-tie.ts';
import type { LinkSample, MediaLinkMaker, SendLimit, Slot, Track } from './ports.ts';
import type { CallTopology } from './topology.ts';

export interface MeshOptions {
  readonly me: AccountId;
  readonly maker: MediaLinkMaker;
  readonly clock: Clock;
  readonly iceServers: () => readonly IceServer[];
  readonly tell: (to: AccountId, word: CallWordBody) => void;
  /** What is sent now. */
  readonly tracks: () => ReadonlyMap<Slot, Track>;
  /** Somebody's connection or tracks are others. */
  readonly changed: () => void;
}

type Limits = ReadonlyMap<'camera' | 'screen', SendLimit>;

const NOTHING: ReadonlyMap<Slot, Track> = new Map();

export class Mesh implements CallTopology {
  readonly #options: MeshOptions;
  readonly #ties = new Map<AccountId, MediaTie>();
  readonly #limits = new Map<AccountId, Limits>();
  #voice = VOICE_BITRATE;

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  admit(account: AccountId): void {
    if (this.#ties.has(account)) return;
    const { me, maker, clock, iceServers, tell, tracks, changed } = this.#options;
    const tie = new MediaTie({
      maker,
      clock,
      iceServers,
      tracks,
      polite: me > account,
      tell: (word) => tell(account, word),
      changed,
      remade: () => this.#limitAll(account),
    });
    this.#ties.set(account, tie);
    this.#limitAll(account);
    changed();
  }

  dismiss(account: AccountId): void {
    this.#ties.get(account)?.close();
    this.#ties.delete(account);
    this.#limits.delete(account);
  }

  receive(from: AccountId, word: CallWordOf<'description'> | CallWordOf<'candidates'>): void {
    this.#ties.get(from)?.receive(word);
  }

  linked(account: AccountId): void {
    this.#ties.get(account)?.linked();
  }

  connection(account: AccountId): 'connecting' | 'connected' | 'reconnecting' {
    return this.#ties.get(account)?.connection ?? 'connecting';
  }

  tracks(account: AccountId): ReadonlyMap<Slot, Track> {
    return this.#ties.get(account)?.tracks ?? NOTHING;
  }

  level(account: AccountId): number {
    return this.#ties.get(account)?.level ?? 0;
  }

  async measure(): Promise<ReadonlyMap<AccountId, LinkSample>> {
    const samples = await Promise.all([...this.#ties].map(async ([account, tie]) => [account, await tie.measure()] as const));
    return new Map(samples.flatMap(([account, sample]) => (sample ? [[account, sample]] : [])));
  }

  send(slot: Slot, track: Track | undefined): void {
    for (const tie of this.#ties.values()) tie.send(slot, track);
  }

  limit(account: AccountId, slot: 'camera' | 'screen', limit: SendLimit): void {
    if (sameLimit(this.#limits.get(account)?.get(slot), limit)) return;
    this.#limits.set(account, new Map(this.#limits.get(account)).set(slot, limit));
    this.#ties.get(account)?.limit(slot, limit);
  }

  limitVoice(bitrate: number): void {
    if (bitrate === this.#voice) return;
    this.#voice = bitrate;
    for (const tie of this.#ties.values()) tie.limitVoice(bitrate);
  }

  close(): void {
    for (const tie of this.#ties.values()) tie.close();
    this.#ties.clear();
  }

  /** What a link that was just made has to know. */
  #limitAll(account: AccountId): void {
    const tie = this.#ties.get(account);
    tie?.limitVoice(this.#voice);
    for (const [slot, limit] of this.#limits.get(account) ?? []) tie?.limit(slot, limit);
  }
}

function sameLimit(a: SendLimit | undefined, b: SendLimit): boolean {
  if (a === undefined || a === 'nothing' || b === 'nothing') return a === b;
  return a.bitrate === b.bitrate && a.framesPerSecond === b.framesPerSecond && a.scale === b.scale;
}
