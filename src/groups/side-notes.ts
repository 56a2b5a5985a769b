/** Things this device notes down of a group beside its history: links it made, and devices that were caught saying two things as one. */
import { textOf, utf8 } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import { decode } from '../protocol/codec.ts';
import type { AccountId, GroupId } from '../protocol/ids.ts';
import { forkProofs, FORKS } from './intake.ts';
import { proveFork } from './log-fork.ts';
import type { GroupStore } from './ports.ts';

const LINKS = 'links';

export class SideNotes {
  readonly links = new Map<string, string>();
  readonly forkers = new Set<AccountId>();

  static async load(store: GroupStore, group: GroupId): Promise<SideNotes> {
    const notes = new SideNotes();
    for (const { name, body } of await store.parcels(group, LINKS)) notes.links.set(name, textOf(body) ?? '');
    for (const { body } of await store.parcels(group, FORKS)) {
      const proofs = decode(forkProofs, body);
      const fork = proofs.ok ? proveFork(proofs.value.one, proofs.value.other) : proofs;
      if (fork.ok) notes.forkers.add(fork.value.account);
    }
    return notes;
  }

  keepLink(store: GroupStore, group: GroupId, invite: string, link: string): Write {
    this.links.set(invite, link);
    return store.putParcel(group, LINKS, invite, utf8(link));
  }
}
