/** Trust as the screens see it. */
import { Trust as TrustService, type TrustOptions } from '../contacts/trust.ts';
import { openCamera } from '../platform/camera.ts';
import type { Trust } from '../ui/parley.ts';

export function createTrust(options: TrustOptions): Trust {
  const service = new TrustService(options);
  return {
    safetyNumber: (contact) => Promise.resolve(service.safetyNumber(contact)),
    checkScanned: (contact, scanned) => service.checkScanned(contact, scanned),
    setVerified: (contact, verified) => service.setVerified(contact, verified),
    acknowledgeReview: (contact) => service.acknowledgeReview(contact),
    openCamera: () => openCamera((globalThis.navigator as Partial<Navigator>).mediaDevices),
  };
}
