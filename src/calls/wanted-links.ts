/** The proven links that calls want kept: to whom we ring, who rings us and who is in a call with us. */
import type { AccountId } from '../protocol/ids.ts';
import type { Session } from '../session/session.ts';

/** The name of our reason for a link. */
const REASON = 'call';

export class WantedLinks {
  readonly #session: Pick<Session, 'wantLink'>;
  #wanted: ReadonlySet<AccountId> = new Set();

  constructor(session: Pick<Session, 'wantLink'>) {
    this.#session = session;
  }

  /** These, and no others any more. */
  want(accounts: Iterable<AccountId>): void {
    const before = this.#wanted;
    const wanted = new Set(accounts);
    this.#wanted = wanted;
    for (const account of before) if (!wanted.has(account)) this.#session.wantLink(account, REASON, false);
    for (const account of wanted) if (!before.has(account)) this.#session.wantLink(account, REASON, true);
  }
}
