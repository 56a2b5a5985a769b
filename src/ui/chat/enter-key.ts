/** `keydown` of a key that an input method takes for itself (UI Events, "keyCode 229"). */
const KEY_CODE_COMPOSING = 229;

type Pressed = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'>;

/**
 * Whether this key press means "send". Never while an input method composes: there, Enter chooses a word. Safari ends
 * the composition before it tells of the key, so that only the key code gives it away.
 */
export function meansSend(event: Pressed): boolean {
  // Deprecated, and still the only thing that gives Safari's composing Enter away.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const isComposing = event.isComposing || event.keyCode === KEY_CODE_COMPOSING;
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !isComposing;
}
