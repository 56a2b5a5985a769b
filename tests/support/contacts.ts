import type { Contact } from '../../src/contacts/ports.ts';
import type { AccountId } from '../../src/protocol/ids.ts';

/** A contact of whom nothing is known but what `more` says. */
export function contactNamed(id: AccountId, name: string, more: Partial<Contact> = {}): Contact {
  return {
    id,
    name,
    phase: 'active',
    pairSecret: undefined,
    deviceListVersion: 0,
    devices: [],
    verified: false,
    review: undefined,
    acceptance: undefined,
    since: 0,
    ...more,
  };
}
