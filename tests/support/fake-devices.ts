/** Devices that need no hardware and no person: a beeping microphone, three cameras with a running clock (the pictures of the second are of a kind that is not sent), a screen that is chosen by itself. */
export const FAKE_DEVICES: readonly string[] = [
  '--use-fake-device-for-media-stream=device-count=3',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--auto-accept-this-tab-capture',
];
