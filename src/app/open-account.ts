/** One open account: its stores, its session and the rooms on top, put together, and taken apart again in order. */
import { Chat } from '../chat/chat.ts';
import { Contacts } from '../contacts/contacts.ts';
import type { Invite } from '../contacts/ports.ts';
import { Files } from '../files/files.ts';
import { Groups } from '../groups/groups.ts';
import type { Accounts } from '../identity/accounts.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { succeed } from '../lib/result.ts';
import { Presence } from '../presence/presence.ts';
import { contactOf, conversationWith } from '../protocol/ids.ts';
import type { LinkMaker, Rendezvous } from '../session/ports.ts';
import { createRatchetCipher } from '../session/ratchet-cipher.ts';
import { Session } from '../session/session.ts';
import { openAccountStores, type AccountStores } from '../storage/account-stores.ts';
import { createDocumentCarriage } from '../transport/y-carriage.ts';
import type { AcceptFailure, Home, OpenInvite, ReceivedInvite, Security, Backup } from '../ui/parley.ts';
import type { Arrival } from './arrival.ts';
import { TalkAudience } from './audience.ts';
import type { Watching } from './auto-lock.ts';
import { createBackup } from './backup.ts';
import type { CallSurroundings } from './call-surroundings.ts';
import { openCalls, type OpenCalls } from './calls.ts';
import { Closing } from './closing.ts';
import type { FileSurroundings } from './file-surroundings.ts';
import { createFileVerbs } from './files.ts';
import { createGroupVerbs, findShown } from './groups.ts';
import type { Leaving } from './leaving.ts';
import { openSecurity } from './security.ts';
import { orStorageFailure } from './storage-failure.ts';
import { createTrust } from './trust.ts';
import type { Troubles } from './troubles.ts';

export interface AccountSurroundings {
  readonly clock: Clock;
  readonly attention: Watching;
  readonly connect: () => Rendezvous;
  readonly maker: LinkMaker;
  readonly canConnect: boolean;
  /** Where the app is served, for invites. */
  readonly address: string;
  readonly arrival: Arrival;
  readonly files: FileSurroundings;
  readonly calls: CallSurroundings;
  readonly troubles: Troubles;
}

/** `keepLogIn`: another tab may come in without a password. */
interface HowToClose {
  readonly keepLogIn: boolean;
}

export interface OpenAccount {
  readonly home: Home;
  /** Says good-bye, lets what is being saved be saved, and wipes the keys. */
  close(how: HowToClose): Promise<void>;
}

/** Rejects with `StoreRefused` when the account's database cannot be opened or read; then nothing is left open, the vault included. */
export async function openAccount(
  vault: OpenVault,
  accounts: Accounts,
  surroundings: AccountSurroundings,
  leave: Leaving,
): Promise<OpenAccount> {
  const closing = new Closing<HowToClose>();
  closing.add(() => vault.close());
  try {
    return await openParts(vault, accounts, surroundings, leave, closing);
  } catch (reason) {
    await closing.run({ keepLogIn: false }).catch((trouble: unknown) => surroundings.troubles.report(trouble));
    throw reason;
  }
}

/** Whatever is opened is told to `closing` at once. */
async function openParts(
  vault: OpenVault,
  accounts: Accounts,
  surroundings: AccountSurroundings,
  leave: Leaving,
  closing: Closing<HowToClose>,
): Promise<OpenAccount> {
  const { clock, attention, maker, address, troubles } = surroundings;
  const stores = await openAccountStores(vault, {
    onDamaged: ({ table }) => troubles.report(new Error(`A row of ${table} cannot be read: it was damaged or tampered with`)),
  });
  closing.add(() => stores.close());
  const rendezvous = surroundings.connect();
  closing.add(() => rendezvous.close());
  const session = new Session({
    me: vault.device,
    name: vault.userName,
    rendezvous,
    maker,
    clock,
    stores,
    cipher: createRatchetCipher({ device: vault.device, clock }),
  });
  closing.add(() => session.close());
  const shelf = surroundings.files.openShelf(vault.database);
  closing.add(() => shelf.close());
  const audience = new TalkAudience(vault.device.account);
  const files = new Files({
    me: vault.device.account,
    store: stores.files,
    shelf,
    audience,
    channel: session.fileChannel,
    links: session,
    clock,
    troubled: (reason) => troubles.report(reason),
  });
  closing.add(() => files.close());
  const chat = new Chat({
    me: vault.device.account,
    store: stores.chat,
    files,
    contacts: stores.contacts,
    clock,
    send: (contact, outgoing) => session.send(contact, outgoing),
  });
  session.register('text', chat);
  session.register('file', chat);
  session.keepNotices(chat);
  const groups = new Groups({
    me: vault.device,
    name: vault.userName,
    store: stores.groups,
    timeline: chat,
    files,
    message: (conversation, id) => findShown(chat, vault.device.account, conversation, id),
    forgetTalk: (conversation) => chat.forget(conversation),
    session,
    clock,
    carriage: createDocumentCarriage({ clock }),
    address,
    troubled: (reason) => troubles.report(reason),
  });
  closing.add(() => groups.close());
  audience.follow(stores.contacts.watchContacts(), groups.watch(), (reason) => troubles.report(reason));
  closing.add(() => audience.close());
  const contacts = new Contacts({ me: { account: vault.device.account, name: vault.userName }, store: stores.contacts, clock, address });
  const presence = await Presence.load({ session, attention, settings: stores.presence, clock });
  closing.add(() => presence.close());
  const security = await openSecurity({ vault, accounts, store: stores.security, clock, watching: attention, leave, troubles });
  // Closed before all that is opened before it: whoever comes back to a page that was closed in the middle of this finds it locked.
  closing.add((how) => security.close(how));
  const backup = createBackup({ vault, accounts, store: stores.backup, clock });
  await groups.start();
  const calls = await openCalls({
    me: { id: vault.device.account, name: vault.userName },
    stores,
    rendezvous,
    session,
    chat,
    groups,
    presence,
    surroundings: surroundings.calls,
    visible: attention.visible,
    clock,
    troubled: (reason) => troubles.report(reason),
  });
  closing.add(() => calls.close());
  const parts: Parts = {
    vault,
    stores,
    rendezvous,
    session,
    chat,
    contacts,
    groups,
    files,
    calls,
    presence,
    security: security.security,
    backup,
    surroundings,
  };
  const view = createHome(parts, leave);
  closing.add(() => view.close());
  await Promise.all([groups.start(), files.start()]);
  // The person reads meanwhile: nothing on screen waits for the way to others.
  const starting = session.start({ quiet: presence.quiet }).catch((reason: unknown) => troubles.report(reason));
  closing.add(() => starting);
  return { home: view.home, close: (how) => closing.run(how) };
}

interface Parts {
  readonly vault: OpenVault;
  readonly stores: AccountStores;
  readonly rendezvous: Rendezvous;
  readonly session: Session;
  readonly chat: Chat;
  readonly contacts: Contacts;
  readonly groups: Groups;
  readonly files: Files;
  readonly calls: OpenCalls;
  readonly presence: Presence;
  readonly security: Security;
  readonly backup: Backup;
  readonly surroundings: AccountSurroundings;
}

/** The account as the screens see it. */
function createHome(parts: Parts, leave: Leaving): { readonly home: Home; close(): Promise<void> } {
  const { vault, rendezvous, session, chat, groups, files, presence, surroundings } = parts;
  const { troubles, arrival } = surroundings;
  const introductions = createIntroductionVerbs(parts);
  const fileVerbs = createFileVerbs({ files, chat, groups, surroundings: surroundings.files, clock: surroundings.clock });
  const undo = [
    session.on('store-refused', (reason) => troubles.report(reason)),
    session.on('content-unreadable', () => troubles.report(new Error('A message arrived that this version of Parley cannot read'))),
    session.on('contact-arrived', () => performance.mark('parley:contact-online')),
    session.on('link-secured', () => performance.mark('parley:link-secure')),
    () => introductions.close(),
  ];
  const home: Home = {
    me: { id: vault.device.account, name: vault.userName },
    connection: rendezvous.state,
    canConnect: surroundings.canConnect,
    reconnect: () => rendezvous.reconnect(),
    presence: {
      mine: presence.mine,
      choose: (chosen) => {
        presence.choose(chosen).catch((reason: unknown) => troubles.report(reason));
      },
      contacts: presence.contacts,
    },
    links: session.links,
    contacts: introductions.verbs,
    chat: {
      conversations: () => chat.conversations(),
      timeline: (conversation, limit) => chat.timeline(conversation, limit),
      send: (conversation, text) => orStorageFailure(() => chat.send(conversation, text)),
      saveDraft: (conversation, draft) => chat.saveDraft(conversation, draft),
      markRead: (conversation) => chat.markRead(conversation),
      opened: (conversation) => session.attend(conversation && !groups.groupOf(conversation) ? contactOf(conversation) : undefined),
    },
    groups: createGroupVerbs(groups, chat),
    files: fileVerbs.verbs,
    calls: parts.calls.verbs,
    trust: createTrust({
      me: vault.device.account,
      store: parts.stores.contacts,
      changed: (contact) => session.contactChanged(contact),
    }),
    arrivedWith: arrival.link,
    forgetArrival: () => arrival.forget(),
    security: parts.security,
    backup: parts.backup,
    lock: () => leave.lock(),
    logOut: () => leave.logOut(),
  };
  return {
    home,
    close: async () => {
      for (const each of undo) each();
      await fileVerbs.close();
    },
  };
}

function createIntroductionVerbs({ session, chat, contacts }: Parts): { readonly verbs: Home['contacts']; close(): void } {
  const failures = new Cell<readonly AcceptFailure[]>([]);
  const stopListening = session.on('invite-failed', ({ contact, failure }) => {
    failures.set([...failures.value, { contact: contact.id, name: contact.name, kind: failure }]);
  });
  const verbs: Home['contacts'] = {
    watch: () => contacts.watch(),
    invites: () => mapped(contacts.watchInvites(), (invites) => invites.filter(({ claimedBy }) => !claimedBy).map(shownInvite)),
    invite: () =>
      orStorageFailure(async () => {
        const { invite } = await contacts.invite();
        session.offer(invite);
        return succeed(shownInvite(invite));
      }),
    withdraw: async (inviteId) => {
      session.withdraw(inviteId);
      await contacts.withdraw(inviteId);
    },
    read: (link) => {
      const read = contacts.examine(link);
      return read.ok ? succeed({ from: read.value.from, name: read.value.name, expires: read.value.expires, link }) : read;
    },
    accept: (received: ReceivedInvite) =>
      orStorageFailure(async () => {
        const read = contacts.examine(received.link);
        if (!read.ok) return read;
        const contact = await contacts.accept(read.value);
        session.accept(contact);
        return succeed(contact.id);
      }),
    acceptFailures: failures,
    dismissFailure: (failure) => failures.set(failures.value.filter((each) => each !== failure)),
    remove: async (contact) => session.remove(contact, await chat.forget(conversationWith(contact))),
  };
  const shownInvite = (invite: Invite): OpenInvite => ({ id: invite.id, link: contacts.linkOf(invite), expires: invite.expires });
  return {
    verbs,
    close: stopListening,
  };
}

function mapped<From, To>(source: Observable<From>, map: (value: From) => To): Observable<To> {
  return { subscribe: (next, error) => source.subscribe((value) => next(map(value)), error) };
}
