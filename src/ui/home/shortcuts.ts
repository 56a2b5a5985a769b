/** What a key press means outside of any control of its own. */
export type Shortcut = 'filter' | 'previous' | 'next' | 'back';

type Pressed = Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'defaultPrevented' | 'isComposing'>;

export function readShortcut(event: Pressed): Shortcut | undefined {
  if (event.defaultPrevented || event.isComposing || event.shiftKey) return undefined;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && event.key.toLowerCase() === 'k') return 'filter';
  if (event.altKey && !command && event.key === 'ArrowUp') return 'previous';
  if (event.altKey && !command && event.key === 'ArrowDown') return 'next';
  if (!command && !event.altKey && event.key === 'Escape') return 'back';
  return undefined;
}

/** True when the key would write a character: typing anywhere means to write a message. */
export function writesCharacter(event: Pressed): boolean {
  return !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && isOneCharacter(event.key);
}

/** Named keys ("Enter", "F5") are longer; a character outside the basic plane is two code units. */
function isOneCharacter(key: string): boolean {
  return key.length === 1 || (key.length === 2 && (key.codePointAt(0) ?? 0) > 0xffff);
}
