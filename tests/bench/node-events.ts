/** What 2key-ratchet wants of Node's `events` in a browser: to extend it, and to tell of new chains, which nobody hears here. */
export class EventEmitter {
  emit(): boolean {
    return false;
  }
}
