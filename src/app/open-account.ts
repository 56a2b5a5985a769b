/** One open account: its stores, its session and the rooms on top, put together, and taken apart again in order. */
import { Chat } from '../chat/chat.ts';
import { Contacts } from '../contacts/contacts.ts';
import type { Invite } from '../contacts/ports.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { Presence } from '../presence/presence.ts';
import type { Attention } from '../presence/ports.ts';
import { contactOf, conversationWith } from '../protocol/ids.ts';
import { channelCipher } from '../session/envelope-cipher.ts';
import type { LinkMaker, Rendezvous } from '../session/ports.ts';
import { Session } from '../session/session.ts';
import { openAccountStores, type AccountStores } from '../storage/account-stores.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { AcceptFailure, Home, OpenInvite, ReceivedInvite, StorageFailure } from '../ui/parley.ts';
import type { Arrival } from './arrival.ts';
import { createTrust } from './trust.ts';
import type { Troubles } from './troubles.ts';

export interface AccountSurroundings {
  readonly clock: Clock;
  readonly attention: Attention;
  readonly connect: () => Rendezvous;
  readonly maker: LinkMaker;
  readonly canConnect: boolean;
  /** Where the app is served, for invites. */
  readonly address: string;
  readonly arrival: Arrival;
  readonly troubles: Troubles;
}

export interface OpenAccount {
  readonly home: Home;
  /** Says good-bye, lets what is being saved be saved, and wipes the keys. */
  close(): Promise<void>;
}

/** Rejects with `StoreRefused` when the account's database cannot be opened. */
export async function openAccount(
  vault: OpenVault,
  surroundings: AccountSurroundings,
  leave: Pick<Home, 'lock' | 'logOut'>,
): Promise<OpenAccount> {
  const { clock, attention, maker, address, troubles } = surroundings;
  const stores = await openAccountStores(vault, {
    onDamaged: ({ table }) => troubles.report(new Error(`A row of ${table} cannot be read: it was damaged or tampered with`)),
  });
  const rendezvous = surroundings.connect();
  const session = new Session({ me: vault.device, name: vault.userName, rendezvous, maker, clock, stores, cipher: channelCipher });
  const chat = new Chat({ store: stores.chat, clock, send: (contact, outgoing) => session.send(contact, outgoing) });
  session.register('text', chat);
  session.keepNotices(chat);
  const contacts = new Contacts({ me: { account: vault.device.account, name: vault.userName }, store: stores.contacts, clock, address });
  const presence = await Presence.load({ session, attention, settings: stores.presence, clock });
  const parts: Parts = { vault, stores, rendezvous, session, chat, contacts, presence, surroundings };
  const view = createHome(parts, leave);
  await session.start({ quiet: presence.quiet });
  return {
    home: view.home,
    close: async () => {
      view.close();
      presence.close();
      await session.close();
      rendezvous.close();
      stores.close();
      vault.close();
    },
  };
}

interface Parts {
  readonly vault: OpenVault;
  readonly stores: AccountStores;
  readonly rendezvous: Rendezvous;
  readonly session: Session;
  readonly chat: Chat;
  readonly contacts: Contacts;
  readonly presence: Presence;
  readonly surroundings: AccountSurroundings;
}

/** The account as the screens see it. */
function createHome(parts: Parts, leave: Pick<Home, 'lock' | 'logOut'>): { readonly home: Home; close(): void } {
  const { vault, rendezvous, session, chat, presence, surroundings } = parts;
  const { troubles, arrival } = surroundings;
  const introductions = createIntroductionVerbs(parts);
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
      opened: (conversation) => session.attend(conversation && contactOf(conversation)),
    },
    trust: createTrust({
      me: vault.device.account,
      store: parts.stores.contacts,
      changed: (contact) => session.contactChanged(contact),
    }),
    arrivedWith: arrival.link,
    forgetArrival: () => arrival.forget(),
    ...leave,
  };
  return { home, close: () => undo.forEach((each) => each()) };
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
    remove: (contact) => session.remove(contact, [chat.remove(conversationWith(contact))]),
  };
  const shownInvite = (invite: Invite): OpenInvite => ({ id: invite.id, link: contacts.linkOf(invite), expires: invite.expires });
  return {
    verbs,
    close: stopListening,
  };
}

/** A store that refuses is expected while a person is doing something: they are told on the spot. */
async function orStorageFailure<Value, Failure>(
  step: () => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure | StorageFailure>> {
  try {
    return await step();
  } catch (reason) {
    if (reason instanceof StoreRefused) return fail({ kind: reason.kind });
    throw reason;
  }
}

function mapped<From, To>(source: Observable<From>, map: (value: From) => To): Observable<To> {
  return { subscribe: (next, error) => source.subscribe((value) => next(map(value)), error) };
}
