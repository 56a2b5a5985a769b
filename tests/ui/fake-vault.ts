/** What stands behind settings, backup and verification in the harness: it agrees to nearly everything. */
import type { Contact } from '../../src/contacts/ports.ts';
import { readRecoveryPhrase } from '../../src/crypto/recovery-phrase.ts';
import { Cell } from '../../src/lib/observable.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import { openCamera } from '../../src/platform/camera.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Backup, OtherWaysIn, PasswordStrength, Security, SecuritySettings, Trust } from '../../src/ui/parley.ts';

const STEPS = 20;
const STEP_MS = 100;
const agreed = () => Promise.resolve(succeed(undefined));

/** "wrong" and "too often" are refused, everything else is right. */
function judged(password: string) {
  if (password === 'wrong') return fail({ kind: 'wrong-password' as const });
  return password === 'too often' ? fail({ kind: 'locked-out' as const, until: Date.now() + 95_000 }) : succeed(undefined);
}

function rate(password: string): PasswordStrength {
  const score = Math.min(4, Math.floor(password.length / 4)) as PasswordStrength['score'];
  return { score, enough: score >= 3 };
}

async function slowly(progress: (part: number) => void): Promise<void> {
  for (let step = 0; step <= STEPS; step++) {
    progress(step / STEPS);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

export function createFakeWaysIn(enter: () => void): OtherWaysIn {
  const letIn = () => {
    enter();
    return agreed();
  };
  return {
    hasPasskey: (userName) => Promise.resolve(userName === 'Alice'),
    logInWithPasskey: (userName) => (userName === 'Alice' ? letIn() : Promise.resolve(fail({ kind: 'passkey-cancelled' }))),
    recover: (userName, words, newPassword) => {
      const typed = readRecoveryPhrase(words);
      if (userName === 'nobody') return Promise.resolve(fail({ kind: 'no-such-account' }));
      if (!typed.ok) return Promise.resolve(typed);
      return rate(newPassword).enough ? letIn() : Promise.resolve(fail({ kind: 'password-weak' }));
    },
    forgetAccount: (userName) => (userName === 'nobody' ? Promise.resolve(fail({ kind: 'no-such-account' })) : agreed()),
    async restore(_file, key, progress) {
      await slowly(progress);
      if (key.kind === 'password' && key.password === 'wrong') return fail({ kind: 'backup-wrong-key' });
      if (key.kind === 'words') return fail({ kind: 'backup-damaged' });
      return letIn();
    },
  };
}

export function createFakeSecurity(leave: () => void): Security {
  const settings = new Cell<SecuritySettings>({ lockAfterMinutes: 15, lockWhenHidden: false, staysInHours: 12 });
  const passkeys = new Cell<readonly { id: string; created: number }[]>([{ id: '1', created: Date.now() - 864_000_000 }]);
  return {
    settings,
    change: (changed) => {
      settings.set(changed);
      return agreed();
    },
    strengthOf: (password) => Promise.resolve(rate(password)),
    changePassword: (current) => Promise.resolve(judged(current)),
    canHavePasskey: true,
    passkeys,
    addPasskey: () => {
      if (passkeys.value.length > 1) return Promise.resolve(fail({ kind: 'passkey-exists' }));
      passkeys.set([...passkeys.value, { id: '2', created: Date.now() }]);
      return agreed();
    },
    removePasskey: (id) => {
      passkeys.set(passkeys.value.filter((passkey) => passkey.id !== id));
      return agreed();
    },
    deleteAccount: (password) => {
      const verdict = judged(password);
      if (verdict.ok) leave();
      return Promise.resolve(verdict);
    },
  };
}

export function createFakeBackup(): Backup {
  const lastMade = new Cell<number | undefined>(undefined);
  return {
    lastMade,
    async make(password, progress) {
      if (!rate(password).enough) return fail({ kind: 'password-weak' });
      await slowly(progress);
      lastMade.set(Date.now());
      return succeed({ file: new Blob(['nothing']), name: 'parley-backup-2026-11-23.parley' });
    },
  };
}

type Verification = Partial<Pick<Contact, 'verified' | 'review'>>;

export function createFakeTrust(change: (contact: AccountId, changes: Verification) => void): Trust {
  const groups = Array.from({ length: 12 }, (_, at) => String((10_007 * (at + 1) ** 3) % 100_000).padStart(5, '0'));
  const done = (contact: AccountId, changes: Verification) => {
    change(contact, changes);
    return Promise.resolve();
  };
  // Not text, as the real one is not.
  const code = Uint8Array.from({ length: 65 }, (_, at) => (at * 37 + 129) & 0xff);
  return {
    safetyNumber: () => Promise.resolve({ groups, code }),
    async checkScanned(contact, scanned) {
      if (scanned.length !== code.length) return fail({ kind: 'code-foreign' });
      if (!scanned.every((byte, at) => byte === code[at])) return fail({ kind: 'code-differs' });
      await done(contact, { verified: true, review: undefined });
      return succeed(undefined);
    },
    setVerified: (contact, verified) => done(contact, verified ? { verified, review: undefined } : { verified }),
    acknowledgeReview: (contact) => done(contact, { review: undefined }),
    openCamera: () => openCamera(navigator.mediaDevices),
  };
}
