/** `keydown` of a key that an input method takes for itself (UI Events, "keyCode 229"). */
const KEY_CODE_COMPOSING = 229;

type Pressed = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'>;

/**
 * Whether an input method takes this key for itself. Safari ends the composition before it tells of the key, so that only
 * the key code gives it away.
 */
export function isComposing(event: Pick<Pressed, 'isComposing' | 'keyCode'>): boolean {
  // Deprecated, and still the only thing that gives Safari's composing Enter away.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return event.isComposing || event.keyCode === KEY_CODE_COMPOSING;
}

/** Whether this key press means "send". Never while an input method composes: there, Enter chooses a word. */
export function meansSend(event: Pressed): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !isComposing(event);
}
