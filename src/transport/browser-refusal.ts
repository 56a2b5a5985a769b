/** For what a browser may refuse without harm: a closed connection, a description out of place. Everything else is our mistake, and is not swallowed. */
export function passMistakesOn(reason: unknown): void {
  if (!(reason instanceof DOMException)) throw reason;
}
