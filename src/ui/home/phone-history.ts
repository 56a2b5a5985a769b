/** On a phone an open chat is a step in the browser's history, so that the phone's own back gesture closes it. */

const STEP = 'parley-chat';

export function enterChat(): void {
  if (history.state !== STEP) history.pushState(STEP, '');
}

/** Goes back to the list; `onBack` hears of it as if the phone's own button had been pressed. */
export function backFromChat(): void {
  if (history.state === STEP) history.back();
  else dispatchEvent(new PopStateEvent('popstate'));
}

/** Calls `left` whenever a chat is left backwards; gives back its undo. */
export function onBack(left: () => void): () => void {
  const heard = (): void => {
    if (history.state !== STEP) left();
  };
  addEventListener('popstate', heard);
  return () => removeEventListener('popstate', heard);
}
