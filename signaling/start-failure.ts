/** Why the server cannot run, as a plain sentence for whoever started it. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}
