/** What meeting somebody changes about a contact, as rules without side effects (PROTOCOL.md T3–T5). */
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { MAX_DEVICES } from '../protocol/credential.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { Contact, ContactNotice, ContactReview } from './ports.ts';
import { isSameName } from './same-name.ts';

/** A device that has proven to be an account's, as far as contacts care. */
export interface MetDevice {
  readonly account: AccountId;
  readonly deviceKey: Bytes;
  readonly listVersion: number;
}

/** What an introduction brought: who they are, what they call themselves, and what we share from now on. */
export interface Introduction {
  readonly device: MetDevice;
  /** Cleaned. */
  readonly name: string;
  readonly pairSecret: Bytes;
}

export interface Acquaintance {
  readonly contact: Contact;
  /** What the person is to be told about it. */
  readonly notices: readonly ContactNotice[];
}

/**
 * The contact an introduction makes, or renews. What the person has decided about an account stays: since when they know it,
 * that it is verified, that it was looked at. Undefined for a device of an account that has moved on (K5): what we share is
 * not renewed with it.
 */
export function introduce(introduction: Introduction, all: readonly Contact[], now: number): Acquaintance | undefined {
  const { device, name, pairSecret } = introduction;
  const known = all.find(({ id }) => id === device.account);
  if (known && device.listVersion < known.deviceListVersion) return undefined;
  const review = reviewOf(device.account, name, all, known);
  const contact: Contact = {
    id: device.account,
    name,
    phase: 'active',
    pairSecret,
    deviceListVersion: device.listVersion,
    devices: known?.devices ?? [],
    verified: known?.verified ?? false,
    review,
    acceptance: undefined,
    since: known?.since ?? now,
  };
  const met = meetDevice(contact, device);
  const isNewlyInReview = review !== undefined && review !== known?.review;
  return { contact: met.contact, notices: isNewlyInReview ? [...met.notices, 'same-name'] : met.notices };
}

/** A known contact has come with this device. The first device of a contact is no news. */
export function meetDevice(contact: Contact, { deviceKey, listVersion }: MetDevice): Acquaintance {
  const { devices } = contact;
  const current = { ...contact, deviceListVersion: Math.max(contact.deviceListVersion, listVersion) };
  if (devices.some((key) => equalBytes(key, deviceKey))) return { contact: current, notices: [] };
  return {
    contact: { ...current, devices: [...devices, deviceKey].slice(-MAX_DEVICES) },
    notices: devices.length > 0 ? ['new-device'] : [],
  };
}

/** Somebody who goes by another contact's name is looked at first. What was looked at stays so until they change their name. */
function reviewOf(account: AccountId, name: string, all: readonly Contact[], known: Contact | undefined): ContactReview | undefined {
  if (known?.phase === 'active' && known.name === name) return known.review;
  const other = all.find(({ id, phase, name: theirs }) => id !== account && phase === 'active' && isSameName(theirs, name));
  return other && { kind: 'same-name', other: other.id };
}
