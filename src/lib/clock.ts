/** Time as a port: real in the browser, by hand in tests. */
export interface Clock {
  /** Milliseconds since 1970, as the device believes; may jump. */
  now(): number;
  /** Runs `action` once after `delay` milliseconds, unless cancelled by the function returned. */
  after(delay: number, action: () => void): () => void;
}
