/** Plays what comes from the others. */

/** `setSinkId` is missing in some browsers, and in the types of those who have it not. */
type Sinkable = HTMLMediaElement & { setSinkId?: (id: string) => Promise<void> };

/** Louder than it comes needs an amplifier: an element goes to 1 only. */
interface Amplifier {
  readonly context: AudioContext;
  readonly gain: GainNode;
  readonly stream: MediaStream;
}

/** One voice, or the sound of one screen. Lives as long as its element. */
export class Player {
  readonly #element: Sinkable = new Audio();
  readonly #track: MediaStreamTrack;
  readonly #refused: () => void;
  #amplifier: Amplifier | undefined;

  /** `refused`: the browser plays nothing before a click; `play` again after one. */
  constructor(track: MediaStreamTrack, refused: () => void) {
    this.#track = track;
    this.#refused = refused;
    this.#element.autoplay = true;
    this.#element.srcObject = new MediaStream([track]);
    this.play();
  }

  play(): void {
    void this.#amplifier?.context.resume();
    this.#element.play().catch((reason: unknown) => {
      // A player that was stopped meanwhile ends with AbortError: nothing to tell of.
      if (reason instanceof DOMException && reason.name === 'NotAllowedError') this.#refused();
    });
  }

  /** 0 to 2. */
  setVolume(volume: number): void {
    if (volume > 1) this.#amplify();
    if (this.#amplifier) this.#amplifier.gain.gain.value = Math.max(volume, 1);
    this.#element.volume = Math.min(volume, 1);
  }

  /** Undefined: the system's choice. A device that is gone leaves it where it was. */
  setSpeaker(device: string | undefined): void {
    // Not every browser lets one choose, whatever its types say.
    if ('setSinkId' in this.#element) this.#element.setSinkId(device ?? '').catch(() => undefined);
  }

  stop(): void {
    this.#element.srcObject = null;
    void this.#amplifier?.context.close();
  }

  #amplify(): void {
    if (this.#amplifier) return;
    const context = new AudioContext();
    const gain = context.createGain();
    const destination = context.createMediaStreamDestination();
    context
      .createMediaStreamSource(new MediaStream([this.#track]))
      .connect(gain)
      .connect(destination);
    this.#amplifier = { context, gain, stream: destination.stream };
    this.#element.srcObject = destination.stream;
    this.play();
  }
}
