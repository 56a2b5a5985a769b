/** Whom this device has a way to for groups' sake, whom it links to, and where it waits for those who come with invitations. */
import { verifyCredential } from '../identity/credential.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';
import type { Fellow } from '../session/fellow.ts';
import type { GroupDoor } from '../session/knocking.ts';
import type { Books } from './books.ts';
import { MAX_HOSTS } from './group-record.ts';
import { isParting } from './group-view.ts';
import type { GroupPhase } from './ports.ts';
import type { History } from '../membership/history.ts';
import type { Introduction } from '../membership/introduction.ts';
import type { LiveGroup } from './live-group.ts';
import { neighboursOf } from './neighbours.ts';

/** Links for groups' sake at once: what a browser carries beside those for talking. */
const MAX_GROUP_LINKS = 48;
/** Applicants of one group who are met: the others wait until these are answered. */
const MAX_APPLICANTS = 64;
/** Those who were removed are met for so long after it, so that they hear of it. */
const FAREWELL_MS = 30 * 86_400_000;

/** Everybody some group needs a way to, each once, by the newest device of theirs that is known. */
export function fellowsOf(groups: Iterable<LiveGroup>, now: number): readonly Fellow[] {
  const fellows = new Map<AccountId, VerifiedDevice>();
  const meet = (device: VerifiedDevice, me: AccountId) => {
    const known = fellows.get(device.account);
    if (device.account !== me && (!known || device.listVersion > known.listVersion)) fellows.set(device.account, device);
  };
  for (const { books, phase } of groups) {
    const me = books.context.me.account;
    if (phase === 'joining' || phase === 'applied') for (const device of hostDevices(books)) meet(device, me);
    else if (isParting(books)) for (const device of devicesToPartFrom(books)) meet(device, me);
    else if (phase === 'active') for (const device of devicesToMeet(books, now)) meet(device, me);
  }
  return [...fellows].map(([id, device]) => ({ id, device }));
}

function hostDevices({ record }: Books): readonly VerifiedDevice[] {
  return record.hosts.flatMap(({ credential }) => {
    const device = credential && verifyCredential(credential);
    return device?.ok ? [device.value] : [];
  });
}

/** Whoever has left tells it to somebody who is here still. */
function devicesToPartFrom({ state }: Books): readonly VerifiedDevice[] {
  return newestDevices((state?.devices ?? []).map(({ introduction }) => introduction)).slice(0, MAX_HOSTS);
}

function devicesToMeet({ state, ledger }: Books, now: number): readonly VerifiedDevice[] {
  if (!state) return [];
  const gone = [...state.former.values()].filter(({ ended }) => {
    const last = ended[0] && ledger.history.get(ended[0]);
    return last !== undefined && now - last.wall < FAREWELL_MS;
  });
  return [
    ...newestDevices(state.devices.map(({ introduction }) => introduction)),
    ...state.applications.slice(-MAX_APPLICANTS).map(({ request }) => request.introduction.device),
    ...gone.flatMap(({ account }) => lastIntroduction(ledger.history, account)?.device ?? []),
  ];
}

/** Of an account with several, the one its newest list came with. */
function newestDevices(introductions: readonly Introduction[]): readonly VerifiedDevice[] {
  const newest = new Map<AccountId, VerifiedDevice>();
  for (const { device } of introductions) {
    const known = newest.get(device.account);
    if (!known || device.listVersion >= known.listVersion) newest.set(device.account, device);
  }
  return [...newest.values()];
}

function lastIntroduction({ operations }: History, account: AccountId): Introduction | undefined {
  return operations.findLast(({ introduces }) => introduces?.device.account === account)?.introduces;
}

/**
 * Links are kept to the neighbours who are online: what is said is with them at once, and a link costs little while nothing is.
 * Groups in which something happened last come first.
 */
export function linksFor(groups: Iterable<LiveGroup>, here: ReadonlySet<AccountId>): ReadonlySet<AccountId> {
  const wanted = new Set<AccountId>();
  for (const { books, phase, id } of groups) {
    for (const account of linksOf(books, phase, id, here)) if (wanted.size < MAX_GROUP_LINKS) wanted.add(account);
  }
  return wanted;
}

function linksOf(books: Books, phase: GroupPhase, id: GroupId, here: ReadonlySet<AccountId>): ReadonlySet<AccountId> {
  const { state, record, context } = books;
  if (phase === 'joining' || phase === 'applied') return new Set(record.hosts.map(({ account }) => account));
  if (isParting(books)) return new Set(devicesToPartFrom(books).map(({ account }) => account));
  if (phase !== 'active' || !state) return new Set<AccountId>();
  const online = new Set([...state.members.keys()].filter((account) => here.has(account)));
  return neighboursOf(context.me.account, online, id);
}

/** Doors of all invitations that still let somebody in. */
export function doorsOf(groups: Iterable<LiveGroup>, now: number): readonly GroupDoor[] {
  return [...groups].flatMap(({ books, phase, id }) => {
    if (phase !== 'active' || !books.state) return [];
    return books.state.invites.flatMap((invite) => {
      const { topicSecret, expires, uses } = invite.operation.act;
      const isOpen = (expires === undefined || expires > now) && (uses === undefined || invite.used < uses);
      return isOpen ? [{ group: id, inviteId: invite.id, topicSecret, expires }] : [];
    });
  });
}
