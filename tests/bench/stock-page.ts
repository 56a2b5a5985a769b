/**
 * Stock y-webrtc inside the page, as any app would use it: a provider and connections of its own for each document, signaled
 * through the same server. Bundled and injected by the group benchmarks as the global `stock`.
 */
import { WebrtcProvider } from 'y-webrtc';
import { Doc } from 'yjs';

/** Where the server speaks y-webrtc's own protocol. */
const DOOR = '/y';
const LOOK_MS = 5;
/** Whoever has not met the others by then is not waited for. */
const PATIENCE_MS = 60_000;
const LIST = 'c';

interface Shared {
  readonly doc: Doc;
  readonly provider: WebrtcProvider;
  readonly began: number;
}

let shared: Shared[] = [];

/** Opens one document for each name, with these items in it. */
function join(names: readonly string[], items: readonly Uint8Array[]): void {
  const address = new URL(DOOR, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  for (const name of names) {
    const doc = new Doc();
    if (items.length > 0) doc.getArray(LIST).push([...items]);
    const began = performance.now();
    shared.push({ doc, began, provider: new WebrtcProvider(name, doc, { signaling: [address.href] }) });
  }
}

/** Resolves once the first document has so many items; in milliseconds since it was opened. Undefined: not within `patience`. */
async function untilHere(count: number, patience: number): Promise<number | undefined> {
  const [first] = shared;
  if (!first) throw new Error('No document is open.');
  while (first.doc.getArray(LIST).length < count) {
    if (performance.now() - first.began > patience) return undefined;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return performance.now() - first.began;
}

/** Resolves once every document is shared with so many others, or with no more. */
async function untilMet(others: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const isMet = ({ provider }: Shared) =>
    [...(provider.room?.webrtcConns.values() ?? [])].filter(({ connected }) => connected).length >= others;
  while (!shared.every(isMet) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

function leave(): void {
  for (const { provider, doc } of shared) {
    provider.destroy();
    doc.destroy();
  }
  shared = [];
}

const stockPage = { join, untilHere, untilMet, leave };
export type StockPage = typeof stockPage;

declare global {
  /** In pages of the group benchmarks only. */
  var stock: StockPage;
}
globalThis.stock = stockPage;
