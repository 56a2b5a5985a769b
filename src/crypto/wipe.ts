/**
 * Overwrites secrets that are no longer needed. Best effort: JavaScript may have copied them while they were in use, but
 * what we hold ourselves need not outlive its purpose.
 */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
