/** What stands behind settings, backup and verification in the harness: it agrees to everything. */
import { utf8 } from '../../src/lib/bytes.ts';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import type { Backup, OtherWaysIn, Security, SecuritySettings, Trust } from '../../src/ui/parley.ts';

const agreed = () => Promise.resolve(succeed(undefined));

export function createFakeWaysIn(enter: () => void): OtherWaysIn {
  const letIn = () => {
    enter();
    return agreed();
  };
  return {
    hasPasskey: () => Promise.resolve(false),
    logInWithPasskey: letIn,
    recover: letIn,
    forgetAccount: agreed,
    restore: letIn,
  };
}

export function createFakeSecurity(leave: () => void): Security {
  const settings = new Cell<SecuritySettings>({ lockAfterMinutes: 15, lockWhenHidden: false, staysInHours: 0 });
  return {
    settings,
    change: (changed) => {
      settings.set(changed);
      return agreed();
    },
    strengthOf: () => Promise.resolve({ score: 3, enough: true }),
    changePassword: agreed,
    canHavePasskey: true,
    passkeys: new Cell([]),
    addPasskey: agreed,
    removePasskey: agreed,
    deleteAccount: () => {
      leave();
      return agreed();
    },
  };
}

export function createFakeBackup(): Backup {
  return {
    lastMade: new Cell(undefined),
    make: () => Promise.resolve(succeed({ file: new Blob(['nothing']), name: 'parley.backup' })),
  };
}

export function createFakeTrust(): Trust {
  const groups = Array.from({ length: 12 }, (_, at) =>
    String(10_007 * (at + 1))
      .padStart(5, '0')
      .slice(-5),
  );
  return {
    safetyNumber: () => Promise.resolve({ groups, code: utf8(groups.join('')) }),
    checkScanned: agreed,
    setVerified: () => Promise.resolve(),
    acknowledgeReview: () => Promise.resolve(),
    openCamera: () => Promise.resolve(fail({ kind: 'no-camera' })),
  };
}
