/** Who may come in: what becomes of a request to join, by whoever gets to see it (PROTOCOL.md G8, G71). */
import { EMPTY } from '../lib/bytes.ts';
import { admit } from './admitting.ts';
import type { Books } from './books.ts';
import { isAdmin } from './group-view.ts';
import { provesInvitation, type JoinRequest } from '../membership/join-request.ts';
import type { LiveGroup } from './live-group.ts';
import type { AccountId } from '../protocol/ids.ts';

/** Accounts this device has asked in: their requests need no more deciding. */
const OFFERS = 'offers';

export type RequestVerdict =
  /** Let in at once by any admin. */
  | 'auto'
  /** An admin has to decide. */
  | 'approval'
  | 'member'
  | 'wrong-proof'
  | 'invite-used'
  | 'invite-expired'
  | 'group-over';

/** By what the operations say now. Expiry and number of uses go by this device's knowledge: two admins may let in one too many. */
function judgeRequest({ state, membership, context }: Books, request: JoinRequest): RequestVerdict {
  if (!state || !membership || state.disbanded) return 'group-over';
  if (state.members.has(request.account)) return 'member';
  if (!request.invitation) return 'approval';
  const invite = state.invites.find(({ id }) => id === request.invitation?.invite);
  if (!invite) return 'invite-used';
  const { proofKey, expires, uses, mode } = invite.operation.act;
  if (!provesInvitation(request, proofKey)) return 'wrong-proof';
  if (expires !== undefined && expires <= context.clock.now()) return 'invite-expired';
  if (uses !== undefined && invite.used >= uses) return 'invite-used';
  return mode;
}

/** Lets them in where that needs no deciding and I may; otherwise carries the request to where the admins see it. */
export async function answerRequest(live: LiveGroup, request: JoinRequest): Promise<RequestVerdict> {
  const { books } = live;
  const isOffered = await isOfferedTo(books, request.account);
  const judged = judgeRequest(books, request);
  const verdict = judged === 'approval' && isOffered && !request.invitation ? 'auto' : judged;
  if (verdict !== 'auto' && verdict !== 'approval') return verdict;
  if (verdict === 'auto' && isAdmin(books.membership?.role)) {
    await letIn(live, request);
  } else if (!isApplied(books, request)) {
    await live.act(() => [{ type: 'apply', request: request.envelope }]);
  }
  return verdict;
}

/** Lets in those whose applications need no deciding: what came by members who may not. */
export async function answerApplications(live: LiveGroup): Promise<void> {
  const { books } = live;
  if (!isAdmin(books.membership?.role)) return;
  for (const { request } of books.state?.applications ?? []) {
    const judged = judgeRequest(books, request);
    const isMine = judged === 'approval' && !request.invitation && (await isOfferedTo(books, request.account));
    if (judged === 'auto' || isMine) await letIn(live, request);
  }
}

export function letIn(live: LiveGroup, request: JoinRequest) {
  return live.attempt(async (step) => {
    const { books } = live;
    step.store(books.context.store.deleteParcel(live.id, OFFERS, request.account));
    return admit(books, step, request);
  });
}

/** The write that remembers whom I asked in. */
export function rememberOffer({ context: { store, group } }: Books, friend: AccountId) {
  return store.putParcel(group, OFFERS, friend, EMPTY);
}

export function withdrawOffer({ context: { store, group } }: Books, friend: AccountId) {
  return store.deleteParcel(group, OFFERS, friend);
}

async function isOfferedTo({ context: { store, group } }: Books, account: AccountId): Promise<boolean> {
  return (await store.parcels(group, OFFERS)).some(({ name }) => name === account);
}

function isApplied({ state }: Books, request: JoinRequest): boolean {
  return state?.applications.some((application) => application.request.id === request.id) ?? false;
}
