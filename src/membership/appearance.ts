/** What the group is called and looks like, what is announced and pinned in it, and what holds for all (PROTOCOL.md G20). */
import { toBase64url } from '../lib/bytes.ts';
import { cleanText } from '../lib/clean-text.ts';
import { messageIdOf } from '../protocol/ids.ts';
import { cleanGroupName } from './group-name.ts';
import type { GroupState, Interval } from './group-state.ts';
import { counted, type Counted, type Judged } from './judged.ts';
import { collect } from './operation-index.ts';
import { policyOf } from './policy.ts';
import { lastWords, nextWords, standingWord } from './standing.ts';

/** A handful to find again, not a second timeline; what was pinned longest ago goes. */
const MAX_PINNED = 20;

type Appearance = Pick<GroupState, 'name' | 'picture' | 'topic' | 'announcement' | 'pinned' | 'policy' | 'allMuted' | 'generalSilences'>;

export function appearanceBy(judged: Judged): Appearance {
  const { rights } = judged;
  const name = standingWord(rights, counted(judged, 'create', 'rename'))?.act.name ?? '';
  const topic = standingWord(rights, counted(judged, 'topic'))?.act.topic ?? '';
  return {
    name: cleanGroupName(name),
    picture: standingWord(rights, counted(judged, 'create', 'picture'))?.act.picture,
    topic: cleanText(topic),
    announcement: announcementIn(judged),
    pinned: pinnedIn(judged),
    ...policyIn(judged),
    ...generalSilence(judged),
  };
}

function announcementIn(judged: Judged): GroupState['announcement'] {
  const standing = standingWord(judged.rights, counted(judged, 'announce'));
  const text = cleanText(standing?.act.text ?? '');
  if (!standing || text.trim() === '') return undefined;
  const { id, account, wall } = standing.operation;
  return { id, text, by: account, at: wall };
}

/** A pin stays until it is taken off by somebody who had seen it. */
function pinnedIn(judged: Judged): GroupState['pinned'] {
  const byMessage = new Map<string, Counted<'pin' | 'unpin'>[]>();
  for (const word of counted(judged, 'pin', 'unpin')) collect(byMessage, toBase64url(word.act.message), word);
  const { history, ranks } = judged.index;
  const standing = [...byMessage.values()].flatMap((words) => {
    const pin = lastWords(history, words).findLast(({ act }) => act.type === 'pin');
    return pin ? [pin] : [];
  });
  return standing
    .sort((a, b) => (ranks[b.number] ?? 0) - (ranks[a.number] ?? 0))
    .slice(0, MAX_PINNED)
    .map(({ act, operation }) => ({ message: messageIdOf(act.message), by: operation.account }));
}

/** The owner's chain is a line: its last word is the last. */
function policyIn(judged: Judged): Pick<GroupState, 'policy'> {
  const last = counted(judged, 'create', 'policy').at(-1)?.act;
  return { policy: last ? policyOf(last.type === 'create' ? last.policy : last) : { history: { kind: 'none' }, invites: 'admins' } };
}

/** Silence wins over what lifts it and had not seen it. */
function generalSilence(judged: Judged): Pick<GroupState, 'allMuted' | 'generalSilences'> {
  const { history } = judged.index;
  const words = counted(judged, 'muteAll', 'unmuteAll');
  const lifting = words.filter(({ act }) => act.type === 'unmuteAll');
  const silences = words
    .filter(({ act }) => act.type === 'muteAll')
    .map(({ number, operation }): Interval => {
      const ended = nextWords(history, lifting, number);
      return { begun: operation.id, ended: ended.map((word) => word.operation.id) };
    });
  return { allMuted: silences.some(({ ended }) => ended.length === 0), generalSilences: silences };
}
