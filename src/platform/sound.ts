/** The page's one AudioContext: browsers allow few, and each keeps a thread of its own. */
export interface Sound {
  /** Undefined where there is no Web Audio. Silent until the person has done something on the page. */
  context(): AudioContext | undefined;
}

export function createSound(Context: typeof AudioContext | undefined = (globalThis as Partial<typeof globalThis>).AudioContext): Sound {
  let context: AudioContext | undefined;
  return {
    context() {
      if (!Context) return undefined;
      context ??= new Context({ latencyHint: 'interactive' });
      // Refused before a gesture of the person's; asked again the next time.
      if (context.state !== 'running') context.resume().catch(() => undefined);
      return context;
    },
  };
}
