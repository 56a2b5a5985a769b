/** The documents of one group that Yjs carries between its members: the mailbag of operations, and the board while it is open. */
import type { Bytes } from '../lib/bytes.ts';
import { Cell } from '../lib/observable.ts';
import type { AccountId, OperationId } from '../protocol/ids.ts';
import type { GroupWordOf } from '../protocol/group-frame.ts';
import { GroupBoard } from './board.ts';
import type { LiveGroup } from './live-group.ts';
import { Mailbag } from './mailbag.ts';
import { readOperation, type Operation } from '../membership/operation.ts';
import type { CarriedDocument, DocumentCarriage, DocumentOptions } from './ports.ts';

type DocumentName = GroupWordOf<'carriage'>['doc'];

const BOARD = 'board';
const SNAPSHOT = 'snapshot';
/** An edit is saved so long after it, with those that came meanwhile. */
const SAVE_MS = 2_000;
/** A document that has not come by then is not waited for: operations are asked for by their numbers. */
const FILL_MS = 5_000;

interface CarriedMailbag {
  readonly mailbag: Mailbag;
  readonly carried: CarriedDocument;
}

interface OpenBoard {
  readonly board: GroupBoard;
  readonly carried: CarriedDocument;
}

export interface SharedDocumentsOptions {
  readonly live: LiveGroup;
  readonly carriage: DocumentCarriage;
  readonly waiting: (account: AccountId) => number;
  readonly hostile: (account: AccountId) => void;
  readonly troubled: (reason: unknown) => void;
}

export class SharedDocuments {
  readonly #options: SharedDocumentsOptions;
  readonly #mayWrite = new Cell(false);
  readonly #connected = new Set<AccountId>();
  /** Members whose document has not come yet, each with what stops waiting for it. */
  readonly #filling = new Map<AccountId, () => void>();
  /** Read as the mailbag identified them, until they are taken out. */
  readonly #read = new Map<OperationId, Operation>();
  #mailbag: CarriedMailbag | undefined;
  #board: OpenBoard | undefined;
  #cancelSave: (() => void) | undefined;

  constructor(options: SharedDocumentsOptions) {
    this.#options = options;
  }

  /** Members are carried to as long as they are linked and members: asked whenever one of the two may have changed. */
  review(): void {
    const { live } = this.#options;
    this.#mayWrite.set(live.phase === 'active');
    const members = live.phase === 'active' ? live.sync.linked : new Set<AccountId>();
    for (const account of [...this.#connected]) if (!members.has(account)) this.#disconnect(account);
    for (const account of members) if (!this.#connected.has(account)) this.#connect(account);
  }

  /** The link to a member is another one now. */
  relinked(account: AccountId): void {
    this.#disconnect(account);
    this.review();
  }

  drained(account: AccountId): void {
    for (const carried of this.#documents()) carried.drained(account);
  }

  received(from: AccountId, doc: DocumentName, body: Bytes): void {
    if (this.#connected.has(from)) (doc === 'board' ? this.#board : this.#mailbag)?.carried.received(from, body);
  }

  /** New operations are here and saved. */
  carry(operations: readonly Operation[]): void {
    this.#mailbag?.mailbag.add(operations);
  }

  /** True while a member's operations may be on their way in the shared document: nobody needs to ask for them yet. */
  isFilling(account: AccountId): boolean {
    return this.#filling.has(account);
  }

  async openBoard(): Promise<GroupBoard> {
    if (this.#board) return this.#board.board;
    const { live } = this.#options;
    const { store, me } = live.books.context;
    const saved = (await store.parcels(live.id, BOARD)).find(({ name }) => name === SNAPSHOT);
    const board = new GroupBoard({
      me: me.account,
      snapshot: saved?.body,
      nameOf: (account) => {
        const member = live.books.state?.members.get(account);
        return member && (member.nickname ?? member.name);
      },
      isOpen: this.#mayWrite,
      changed: () => this.#saveSoon(),
      closed: () => this.#closeBoard(),
    });
    const { doc, awareness, admit, admitState } = board;
    this.#board = { board, carried: this.#open('board', { doc, awareness, admit, admitState }) };
    for (const account of this.#connected) this.#board.carried.connect(account, this.#roleWith(account));
    return board;
  }

  close(): void {
    this.#board?.board.close();
    this.#mailbag?.carried.close();
    this.#mailbag?.mailbag.close();
    for (const cancel of this.#filling.values()) cancel();
    this.#mailbag = undefined;
    this.#connected.clear();
  }

  // ————— inside —————

  #connect(account: AccountId): void {
    this.#connected.add(account);
    this.#mailbag ??= this.#openMailbag();
    for (const carried of this.#documents()) carried.connect(account, this.#roleWith(account));
    const { live } = this.#options;
    this.#filling.set(
      account,
      live.books.context.clock.after(FILL_MS, () => this.#filled(account)),
    );
  }

  /** Their document is here, or was waited for long enough: what it lacked is asked for by name. */
  #filled(account: AccountId): void {
    const cancel = this.#filling.get(account);
    if (!cancel) return;
    cancel();
    this.#filling.delete(account);
    this.#options.live.sync.lookAgain();
  }

  #disconnect(account: AccountId): void {
    this.#connected.delete(account);
    this.#filled(account);
    for (const carried of this.#documents()) carried.disconnect(account);
  }

  #documents(): readonly CarriedDocument[] {
    return [this.#mailbag, this.#board].flatMap((open) => open?.carried ?? []);
  }

  #openMailbag(): CarriedMailbag {
    const { live } = this.#options;
    const mailbag = new Mailbag({
      identify: (envelope) => {
        const operation = readOperation(envelope);
        if (!operation.ok || operation.value.group !== live.id) return undefined;
        this.#read.set(operation.value.id, operation.value);
        return operation.value.id;
      },
      onEnvelopes: () => {
        const operations = [...this.#read.values()];
        this.#read.clear();
        live.receiveOperations(operations);
      },
    });
    mailbag.add(live.books.ledger.history.operations);
    const carried = this.#open('operations', { doc: mailbag.doc, admit: mailbag.admit });
    carried.syncedWith.subscribe((members) => {
      for (const account of members) this.#filled(account);
    });
    return { mailbag, carried };
  }

  #open(doc: DocumentName, document: Pick<DocumentOptions, 'doc' | 'admit' | 'awareness' | 'admitState'>): CarriedDocument {
    const { live, carriage, waiting, hostile } = this.#options;
    return carriage.open({
      ...document,
      send: (to, body) => live.sync.send(to, { type: 'carriage', doc, body }),
      waiting,
      refused: hostile,
    });
  }

  /** The two are never equal, so exactly one of them begins. */
  #roleWith(account: AccountId): { readonly initiates: boolean } {
    return { initiates: this.#options.live.books.context.me.account < account };
  }

  #saveSoon(): void {
    const { clock } = this.#options.live.books.context;
    this.#cancelSave ??= clock.after(SAVE_MS, () => {
      this.#cancelSave = undefined;
      this.#save();
    });
  }

  #save(): void {
    const { live, troubled } = this.#options;
    const { store } = live.books.context;
    const snapshot = this.#board?.board.snapshot();
    if (snapshot) store.commit([store.putParcel(live.id, BOARD, SNAPSHOT, snapshot)]).catch(troubled);
  }

  #closeBoard(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#save();
    this.#board?.carried.close();
    this.#board = undefined;
  }
}
