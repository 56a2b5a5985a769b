/** Runs an action in a turn of its own, after this one and all its promises. */
export type Later = (action: () => void) => void;

/**
 * The next turn there is. Drawing what was saved takes longer than
 * sending it; so the message leaves first. (A timer would do, but browsers make nested ones wait.)
 */
export function afterThis(action: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    action();
  };
  port2.postMessage(undefined);
}
