/** A door that is still being built: whoever wants in is let in as soon as it stands. */
import type { Door } from '../ui/parley.ts';

export function doorBehind(door: Promise<Door>): Door {
  return {
    checkName: async (...name) => (await door).checkName(...name),
    strengthOf: async (...password) => (await door).strengthOf(...password),
    register: async (...account) => (await door).register(...account),
    logIn: async (...account) => (await door).logIn(...account),
    hasPasskey: async (...name) => (await door).hasPasskey(...name),
    logInWithPasskey: async (...name) => (await door).logInWithPasskey(...name),
    recover: async (...account) => (await door).recover(...account),
    restore: async (...backup) => (await door).restore(...backup),
    forgetAccount: async (...name) => (await door).forgetAccount(...name),
  };
}
