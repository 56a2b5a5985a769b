/** Devices that need no hardware and no person: a beeping microphone, a camera with a running clock, a screen that is chosen by itself. */
export const FAKE_DEVICES: readonly string[] = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--auto-accept-this-tab-capture',
];
