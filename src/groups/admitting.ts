/** Letting somebody in: the operation that does it, and what they may read of before (PROTOCOL.md G8, G56). */
import { bytesOf } from '../protocol/ids.ts';
import { succeed, type Result } from '../lib/result.ts';
import type { Books } from './books.ts';
import { grantHistory, type GrantableEpoch, type GrantableMessage } from './history-grant.ts';
import type { JoinRequest } from '../membership/join-request.ts';
import type { Operation } from '../membership/operation.ts';
import type { ActFailure } from '../membership/act-rules.ts';
import type { Step } from './step.ts';
import { act } from './writing.ts';

/** Messages looked at in one go. */
const PAGE = 512;

/** The grant goes out with the operation, through the durable outbox: whoever was let in and came back later still gets it. */
export async function admit(books: Books, step: Step, request: JoinRequest): Promise<Result<Operation, ActFailure>> {
  const { state, context } = books;
  const admitted = await act(books, step, { type: 'admit', request: request.envelope, tip: state ? bytesOf(state.tip) : NO_TIP });
  if (!admitted.ok || !state) return admitted;
  const contents = grantHistory({
    group: context.group,
    policy: state.policy.history,
    joinedAt: admitted.value.wall,
    epochs: grantable(books),
    messages: await readableMessages(books),
    vector: new Map([...books.logs.logs].map(([device, { upTo }]) => [device, upTo])),
    lamport: (await books.nextLamport()) - 1,
  });
  step.mail = { to: request.account, contents };
  return succeed(admitted.value);
}

const NO_TIP = new Uint8Array(32);

function grantable({ state, epochs }: Books): readonly GrantableEpoch[] {
  return (state?.epochs ?? []).flatMap(({ id, wall }) => {
    const known = epochs.secretOf(id);
    return known ? [{ id, began: wall, secret: known.secret }] : [];
  });
}

/** Only what the policy needs looking at: where all is granted, the first message of each device says where its log begins. */
async function readableMessages({ state, logs }: Books): Promise<readonly GrantableMessage[]> {
  const kind = state?.policy.history.kind;
  if (kind === undefined || kind === 'none' || kind === 'since-joining') return [];
  const found: GrantableMessage[] = [];
  for (const [device, { from, upTo }] of logs.logs) {
    for (let next = from + 1; next <= upTo;) {
      const page = await logs.read(device, next, kind === 'all' ? 1 : PAGE);
      found.push(...page.map(({ seq, epoch, wall }) => ({ device, seq, epoch, wall })));
      if (page.length === 0 || kind === 'all') break;
      next = (page.at(-1)?.seq ?? next) + 1;
    }
  }
  return found;
}
