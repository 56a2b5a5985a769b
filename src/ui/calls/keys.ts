/** What a key means in a call that fills the screen. */
export type CallKey = 'mute' | 'camera' | 'share' | 'hand' | 'people' | 'view' | 'full' | 'small' | 'help' | 'talk';

type Pressed = Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'repeat' | 'defaultPrevented' | 'isComposing'>;

const KEYS: Readonly<Record<string, CallKey>> = {
  m: 'mute',
  v: 'camera',
  s: 'share',
  h: 'hand',
  p: 'people',
  g: 'view',
  f: 'full',
  '?': 'help',
  ' ': 'talk',
  Escape: 'small',
};

export function readCallKey(event: Pressed): CallKey | undefined {
  if (event.defaultPrevented || event.isComposing || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return undefined;
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}

/** As they are written on a keyboard, for those who ask. */
export function keyFor(meaning: CallKey, names: { readonly space: string; readonly escape: string }): string {
  const [key = ''] = Object.entries(KEYS).find(([, each]) => each === meaning) ?? [];
  if (key === ' ') return names.space;
  return key === 'Escape' ? names.escape : key.toUpperCase();
}
