/** What the session has to tell the person about a contact is kept by a room above, in the transaction that makes it true. */
import type { ContactNotice } from '../contacts/ports.ts';
import type { Write } from '../lib/write.ts';
import type { AccountId } from '../protocol/ids.ts';

export interface NoticeKeeper {
  /** The changes that put the notice where the person reads. */
  noticed(contact: AccountId, notice: ContactNotice): Promise<readonly Write[]>;
}

export type NoticeWriter = (contact: AccountId, notices: readonly ContactNotice[]) => Promise<readonly Write[]>;

/** Where a keeper may register; without one, nothing is told. */
export class Notices {
  #keeper: NoticeKeeper | undefined;

  keepWith(keeper: NoticeKeeper): void {
    this.#keeper = keeper;
  }

  readonly write: NoticeWriter = async (contact, notices) => {
    const writes: Write[] = [];
    for (const notice of notices) writes.push(...((await this.#keeper?.noticed(contact, notice)) ?? []));
    return writes;
  };
}
