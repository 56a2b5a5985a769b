/** What Parley cannot do without, asked before anything else runs. */

export type MissingCapability = 'storage-refused' | 'too-old';

/** The parts of a browser that are asked for; all of them may be missing. */
export interface BrowserScope {
  readonly indexedDB?: unknown;
  readonly WebAssembly?: unknown;
  readonly crypto?: { readonly getRandomValues?: unknown; readonly subtle?: unknown };
  readonly Worker?: unknown;
  readonly Intl?: { readonly Segmenter?: unknown };
  readonly Array?: { readonly prototype: object };
  readonly RTCPeerConnection?: unknown;
}

/**
 * Why Parley cannot run in this browser, if it cannot. That IndexedDB is there does not say that it works: opening the
 * registry finds out.
 */
export function missingCapability(scope: BrowserScope = globalThis): MissingCapability | undefined {
  const { WebAssembly, crypto, Worker, Intl, Array } = scope;
  const needed = [WebAssembly, crypto?.getRandomValues, Worker, Intl?.Segmenter];
  // `toSorted` came last of all we use from the language (ECMAScript 2023).
  const isModern = needed.every(Boolean) && Array !== undefined && 'toSorted' in Array.prototype;
  if (!isModern) return 'too-old';
  return hasIndexedDb(scope) ? undefined : 'storage-refused';
}

/**
 * Whether this browser can talk to others: false where WebRTC is missing or switched off, and on an insecure origin, which
 * has no `crypto.subtle` to name certificates with. Reading works without.
 */
export function canConnect({ RTCPeerConnection, crypto }: BrowserScope = globalThis): boolean {
  return Boolean(RTCPeerConnection) && Boolean(crypto?.subtle);
}

function hasIndexedDb(scope: BrowserScope): boolean {
  try {
    return Boolean(scope.indexedDB);
  } catch {
    // Firefox throws a SecurityError where site data are blocked.
    return false;
  }
}
