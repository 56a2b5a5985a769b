/** Keeps the session told whom groups want a way to, whom a link, and at which doors we stand. */
import { toBase64url } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';
import type { Session } from '../session/session.ts';
import type { LiveGroup } from './live-group.ts';
import { doorsOf, fellowsOf, linksFor } from './reach.ts';

/** The reason for a link to whom groups want one to. */
const GROUPS = 'groups';

export interface OutreachOptions {
  readonly session: Pick<Session, 'setFellows' | 'wantLink' | 'openDoors'>;
  readonly clock: Clock;
  readonly groups: ReadonlyMap<GroupId, LiveGroup>;
  readonly troubled: (reason: unknown) => void;
}

export class Outreach {
  readonly #options: OutreachOptions;
  /** When something last happened in a group, by a count of our own. */
  readonly #stirs = new Map<GroupId, number>();
  #here: ReadonlySet<AccountId> = new Set();
  #wanted: ReadonlySet<AccountId> = new Set();
  #fellows = '';
  #count = 0;
  #isDue = false;
  #closed = false;

  constructor(options: OutreachOptions) {
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
  }

  online(here: ReadonlySet<AccountId>): void {
    this.#here = here;
    this.review();
  }

  /** Something happened there: where links are few, it comes first. */
  stirred(group: GroupId): void {
    this.#stirs.set(group, ++this.#count);
  }

  /** Something may be otherwise; looked at once for all that happened in one turn. */
  review(): void {
    if (this.#isDue || this.#closed) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (!this.#closed) this.#reachOut();
    });
  }

  #reachOut(): void {
    const { session, clock, troubled } = this.#options;
    const stir = ({ id }: LiveGroup) => this.#stirs.get(id) ?? 0;
    const groups = [...this.#options.groups.values()].sort((a, b) => stir(b) - stir(a));
    const fellows = fellowsOf(groups, clock.now());
    const names = fellows
      .map(({ id, device }) => `${id} ${toBase64url(device.certificateId)}`)
      .sort()
      .join(' ');
    if (names !== this.#fellows) {
      this.#fellows = names;
      session.setFellows(fellows).catch(troubled);
    }
    const wanted = linksFor(groups, this.#here);
    for (const account of this.#wanted) if (!wanted.has(account)) session.wantLink(account, GROUPS, false);
    for (const account of wanted) if (!this.#wanted.has(account)) session.wantLink(account, GROUPS, true);
    this.#wanted = wanted;
    session.openDoors(doorsOf(groups, clock.now()));
  }
}
