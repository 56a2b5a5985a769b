/** Who belongs to the group, with which devices, and who did (PROTOCOL.md G6, G17–G19). */
import { cleanName } from '../identity/user-name.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { FormerMember, GroupState, Interval, Member, MemberDevice } from './group-state.ts';
import type { Introduction } from './introduction.ts';
import type { JoinRequest } from './join-request.ts';
import { counted, idsOf, type Counted, type Judged } from './judged.ts';
import { collect, numbersOf } from './operation-index.ts';
import { rankAtEnd, thoughtAdmin } from './rights.ts';
import { mutesBy } from './silences.ts';
import { standingWord } from './standing.ts';

type People = Pick<GroupState, 'members' | 'former' | 'names' | 'devices' | 'grants' | 'adminships' | 'ejected'>;

export function peopleBy(judged: Judged): People {
  const { index, memberships, rights } = judged;
  const { history } = index;
  const names = namesIn(judged);
  const ejected = ejectedIn(judged);
  const members = membersIn(judged, names);
  return {
    members,
    former: formerIn(judged, members, ejected, names),
    names,
    devices: devicesIn(judged, members),
    grants: new Map([...memberships.grants].map(([account, numbers]) => [account, idsOf(history, numbers)])),
    adminships: new Map([...rights.chain.reigns.keys()].map((account) => [account, adminshipsOf(judged, account)])),
    ejected,
  };
}

function membersIn(judged: Judged, names: ReadonlyMap<AccountId, string>): ReadonlyMap<AccountId, Member> {
  const { index, memberships, rights } = judged;
  const nicknames = nicknamesIn(judged);
  const muted = mutesBy(judged);
  const members = new Map<AccountId, Member>();
  for (const [account, grant] of memberships.standing) {
    const { id, wall } = index.history.at(grant);
    const rank = rankAtEnd(rights, account);
    members.set(account, {
      account,
      role: rank ?? 'member',
      name: names.get(account) ?? '',
      nickname: nicknames.get(account),
      muted: rank === undefined ? muted.get(account) : undefined,
      since: wall,
      admitted: id,
    });
  }
  return members;
}

function formerIn(
  judged: Judged,
  members: ReadonlyMap<AccountId, Member>,
  ejected: ReadonlyMap<AccountId, JoinRequest>,
  names: ReadonlyMap<AccountId, string>,
): ReadonlyMap<AccountId, FormerMember> {
  const { index, memberships } = judged;
  const { history } = index;
  const former = new Map<AccountId, FormerMember>();
  for (const [account, grants] of memberships.grants) {
    if (members.has(account)) continue;
    const ended = (memberships.removals.get(account) ?? []).filter((removal) => !grants.some((grant) => history.precedes(removal, grant)));
    const last = ended.at(-1);
    const how = last !== undefined && history.at(last).act.type === 'leave' ? 'left' : 'removed';
    former.set(account, { account, name: names.get(account) ?? '', how, ended: idsOf(history, ended) });
  }
  for (const [account, { introduction }] of ejected) {
    if (!former.has(account)) former.set(account, { account, name: introduction.name, how: 'ejected', ended: [] });
  }
  return former;
}

/** Let in by somebody who had the right as far as they knew. Who was removed since is not among them. */
function ejectedIn({ index, rights, memberships, verdicts }: Judged): ReadonlyMap<AccountId, JoinRequest> {
  const { history } = index;
  const ejected = new Map<AccountId, JoinRequest>();
  for (const number of numbersOf(index, 'admit')) {
    const { request } = history.at(number);
    if (verdicts[number] || !request || !thoughtAdmin(rights, number)) continue;
    const isIn = memberships.standing.has(request.account);
    const wasRemoved = (memberships.removals.get(request.account) ?? []).some((removal) => !history.precedes(removal, number));
    if (!isIn && !wasRemoved) ejected.set(request.account, request);
  }
  return ejected;
}

/** As the newest operation says that brings in a device of theirs. */
function namesIn(judged: Judged): ReadonlyMap<AccountId, string> {
  return new Map(introductionsIn(judged).map(({ introduction }) => [introduction.device.account, introduction.name]));
}

function nicknamesIn(judged: Judged): ReadonlyMap<AccountId, string> {
  const words = new Map<AccountId, Counted<'nickname'>[]>();
  for (const word of counted(judged, 'nickname')) collect(words, word.operation.account, word);
  const nicknames = new Map<AccountId, string>();
  for (const [account, written] of words) {
    const nickname = cleanName(standingWord(judged.rights, written)?.act.nickname ?? '');
    if (nickname !== '') nicknames.set(account, nickname);
  }
  return nicknames;
}

/** Of each member the devices in their account's newest list, each with the newest word on it. */
function devicesIn(judged: Judged, members: ReadonlyMap<AccountId, Member>): readonly MemberDevice[] {
  const { index } = judged;
  const newest = new Map<string, MemberDevice>();
  for (const { introduction, from } of introductionsIn(judged)) {
    const { device, deviceId } = introduction;
    if (members.has(device.account)) newest.set(deviceId, { account: device.account, device: deviceId, introduction, from });
  }
  const isInForce = ({ account, introduction }: MemberDevice) => {
    const words = index.lists.get(account) ?? [];
    const newestList = words.reduce((best, word) => (word.version >= best.version ? word : best), introduction.list);
    return newestList.active.has(introduction.certificate);
  };
  return [...newest.values()].filter(isInForce).sort((a, b) => (`${a.account} ${a.device}` < `${b.account} ${b.device}` ? -1 : 1));
}

/** Devices as operations that count bring them in, causes first. */
function introductionsIn(judged: Judged): readonly { readonly introduction: Introduction; readonly from: OperationId }[] {
  return counted(judged, 'create', 'admit', 'keyPackage').flatMap(({ operation }) =>
    operation.introduces ? [{ introduction: operation.introduces, from: operation.id }] : [],
  );
}

function adminshipsOf({ index, rights }: Judged, account: AccountId): readonly Interval[] {
  const { history } = index;
  const { chain, departures } = rights;
  return (chain.reigns.get(account) ?? []).map(({ by, to }) => {
    const end = chain.links[to];
    const left = (departures.get(account) ?? []).filter((leave) => !history.precedes(leave, by));
    return { begun: history.at(by).id, ended: idsOf(history, end === undefined ? left : [end, ...left]) };
  });
}
