/** What a member says to somebody who came to the group's door with a good invitation (PROTOCOL.md G70). */
import { bytes, list, marked, oneOf, struct } from './codec.ts';
import { MAX_CREDENTIAL_BYTES } from './credential.ts';

/** Members to meet: their credentials fit MAX_WELCOME_BYTES. */
export const MAX_WELCOME_HOSTS = 8;

/** `joining`: you are let in, or will be as soon as an admin is here. `applied`: an admin has to decide. `hosts`: credentials, the speaker's first. */
export const groupWelcome = marked(
  new Uint8Array([1]),
  struct({ status: oneOf('joining', 'applied'), hosts: list(bytes(MAX_CREDENTIAL_BYTES), MAX_WELCOME_HOSTS) }),
);
