/** Listening to what was recorded, before it is sent. */
export class Listening {
  /** Milliseconds heard. */
  at = $state(0);
  #playing = $state.raw<{ readonly sound: HTMLAudioElement; readonly url: string }>();
  #length = $state(0);
  /** Tells a start that still waits for its sound from one that was stopped. */
  #wish = 0;

  get isOn(): boolean {
    return this.#playing !== undefined;
  }

  /** How much was heard, 0 to 1. */
  get part(): number {
    return this.isOn && this.#length > 0 ? Math.min(this.at / this.#length, 1) : 0;
  }

  /** `length`: milliseconds; what was just recorded does not know its own. */
  async start(coming: Promise<Blob | undefined>, length: number): Promise<void> {
    this.stop();
    const wish = this.#wish;
    const blob = await coming;
    if (!blob || wish !== this.#wish) return;
    const url = URL.createObjectURL(blob);
    const sound = new Audio(url);
    this.at = 0;
    this.#length = length;
    this.#playing = { sound, url };
    sound.ontimeupdate = () => (this.at = sound.currentTime * 1_000);
    sound.onended = () => this.stop();
    sound.onerror = () => this.stop();
    // Refused (no sound allowed, or stopped meanwhile): the button says so by being "listen" again.
    await sound.play().catch(() => this.stop());
  }

  stop(): void {
    this.#wish += 1;
    if (!this.#playing) return;
    const { sound, url } = this.#playing;
    this.#playing = undefined;
    sound.pause();
    URL.revokeObjectURL(url);
  }
}
