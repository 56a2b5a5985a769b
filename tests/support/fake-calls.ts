/** Microphones, cameras and media links without any sound or picture in them: enough for whole calls between apps in one process. */
import type { CallSurroundings } from '../../src/app/call-surroundings.ts';
import {
  asTrack,
  type Capture,
  type LinkSample,
  type MediaLink,
  type MediaLinkOptions,
  type MediaLinkState,
  type Slot,
  type Track,
} from '../../src/calls/ports.ts';
import { en } from '../../src/i18n/en.ts';
import { Cell } from '../../src/lib/observable.ts';
import { succeed } from '../../src/lib/result.ts';

/** Stands for a certificate: whoever watches the server looks for it there. */
export const FAKE_FINGERPRINT = 'a=fingerprint:sha-256 THE:FAKE:CERTIFICATE:OF:A:MEDIA:LINK';

/** What one browser has for calls, and what became of it. */
export class FakeCallBrowser {
  /** Media links ever made here, oldest first. */
  readonly links: FakeMediaLink[] = [];
  readonly #person: string;
  readonly #turn = { isTaken: false };

  constructor(person: string) {
    this.#person = person;
  }

  get openLinks(): readonly FakeMediaLink[] {
    return this.links.filter(({ state }) => state !== 'closed');
  }

  /** As for a page that has just been opened. */
  surroundings(): CallSurroundings {
    this.#turn.isTaken = false;
    return {
      devices: {
        devices: new Cell([]),
        canShareScreen: true,
        canChooseSpeaker: true,
        openMicrophone: () => Promise.resolve(succeed(createCapture())),
        openCamera: () => Promise.resolve(succeed(createCapture())),
        openScreen: () => Promise.resolve(succeed({ picture: createCapture(), sound: undefined })),
      },
      maker: {
        isSupported: true,
        make: (options) => {
          const link = new FakeMediaLink(this.#person, options);
          this.links.push(link);
          return link;
        },
      },
      host: { cores: 4, lag: () => 0 },
      turn: { take: () => Promise.resolve(this.#takeTurn()) },
      notices: { permission: new Cell('unsupported' as const), ask: () => Promise.resolve(), show: () => () => undefined },
      play: () => undefined,
      words: () => en.callNotices,
      keepAwake: () => () => undefined,
      onLeave: () => () => undefined,
    };
  }

  #takeTurn(): { give(): void } | undefined {
    if (this.#turn.isTaken) return undefined;
    this.#turn.isTaken = true;
    return { give: () => (this.#turn.isTaken = false) };
  }
}

/** Connected once it was described from both sides. Descriptions say whose they are. */
export class FakeMediaLink implements MediaLink {
  /** What came from the other side, as text. */
  readonly heard: string[] = [];
  readonly sent = new Map<Slot, Track | undefined>();
  readonly #person: string;
  readonly #options: MediaLinkOptions;
  #state: MediaLinkState = 'connecting';

  constructor(person: string, options: MediaLinkOptions) {
    this.#person = person;
    this.#options = options;
    for (const [slot, track] of options.tracks) this.sent.set(slot, track);
    if (options.offers) this.restart();
  }

  get state(): MediaLinkState {
    return this.#state;
  }

  signal(signal: Parameters<MediaLink['signal']>[0]): void {
    if (this.#state === 'closed' || signal.type === 'candidates') return;
    this.heard.push(signal.sdp);
    if (signal.type === 'offer') this.#options.events.signal({ type: 'answer', sdp: this.#description });
    this.#state = 'connected';
    this.#options.events.changed('connected');
  }

  send(slot: Slot, track: Track | undefined): void {
    this.sent.set(slot, track);
  }

  restart(): void {
    this.#options.events.signal({ type: 'offer', sdp: this.#description });
  }

  limit(): void {
    // Nothing is really sent.
  }

  limitVoice(): void {
    // Nothing is really sent.
  }

  level(): number {
    return 0;
  }

  measure(): Promise<LinkSample | undefined> {
    return Promise.resolve(undefined);
  }

  close(): void {
    this.#state = 'closed';
  }

  get #description(): string {
    return `${FAKE_FINGERPRINT} (${this.#person})`;
  }
}

function createCapture(): Capture {
  return {
    track: asTrack({}),
    device: 'the only one',
    setEnabled: () => undefined,
    resize: () => undefined,
    level: () => 0,
    onEnded: () => undefined,
    stop: () => undefined,
  };
}
