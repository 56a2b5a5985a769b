/** A page kept for the back button still answers the network, so nobody at the other end would ever notice. */
export function onPageHide(listener: () => void): () => void {
  const { addEventListener, removeEventListener } = globalThis as Partial<typeof globalThis>;
  addEventListener?.('pagehide', listener);
  return () => removeEventListener?.('pagehide', listener);
}
