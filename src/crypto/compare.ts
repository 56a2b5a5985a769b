import { sodium } from './sodium.ts';

/** Whether two secrets or authenticators are equal, in a time that depends on nothing but their length. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && sodium.memcmp(a, b);
}
