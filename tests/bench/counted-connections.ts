/** Counts the RTCPeerConnections this page makes. Imported before whatever makes them. */

interface Counted {
  made: number;
  /** How many of them were ever connected. */
  opened: number;
}

export const counted: Counted = { made: 0, opened: 0 };

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    counted.made += 1;
    let isNew = true;
    this.addEventListener('connectionstatechange', () => {
      if (isNew && this.connectionState === 'connected') {
        isNew = false;
        counted.opened += 1;
      }
    });
  }
};
