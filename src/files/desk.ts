/** Takes what others say and send about files to who it is for, as far as it keeps to the rules (PROTOCOL.md X20…). */
import type { Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import { bulkChunk } from '../protocol/bulk.ts';
import { decode } from '../protocol/codec.ts';
import { fileWord, type FileWordBody } from '../protocol/file-word.ts';
import { fileIdOf, type AccountId, type FileId } from '../protocol/ids.ts';
import type { Catalog, FileCard } from './catalog.ts';
import type { Fetching } from './fetching.ts';
import type { Giving } from './giving.ts';
import type { Holdings } from './holdings.ts';
import type { Measures } from './measures.ts';
import type { Telling } from './telling.ts';

export interface DeskHouse {
  readonly catalog: Catalog;
  readonly holdings: Holdings;
  readonly measures: Measures;
  readonly fetching: Fetching;
  readonly giving: Giving;
  readonly telling: Telling;
  tell(account: AccountId, file: FileId, word: FileWordBody): boolean;
  close(account: AccountId): void;
  troubled(reason: unknown): void;
}

/** Words of one taker that wait for the shelf; a taker has a few files at a time. */
const MAX_WAITING = 256;

interface Waiting {
  readonly serial: Serial;
  count: number;
}

export class Desk {
  readonly #house: DeskHouse;
  /** What takers ask is answered in order: a file may have to be opened first. */
  readonly #waiting = new Map<AccountId, Waiting>();

  constructor(house: DeskHouse) {
    this.#house = house;
  }

  linked(account: AccountId): void {
    this.#waiting.set(account, { serial: new Serial(), count: 0 });
    this.#house.giving.linked(account);
    this.#house.fetching.linked(account);
  }

  lost(account: AccountId): void {
    this.#waiting.delete(account);
    this.#house.telling.lost(account);
    this.#house.giving.lost(account);
    this.#house.fetching.lost(account);
  }

  /** What cannot be read was not said by this protocol: the link ends. */
  word(from: AccountId, body: Bytes): void {
    const decoded = decode(fileWord, body);
    if (!decoded.ok) {
      this.#house.close(from);
      return;
    }
    const file = fileIdOf(decoded.value.file);
    const { word } = decoded.value;
    switch (word.type) {
      case 'seek':
      case 'want':
      case 'wantOutline':
      case 'enough':
        this.#asked(from, file, word);
        break;
      case 'have':
        this.#house.fetching.heard(from, file, word);
        this.#house.giving.heardHave(from, file, word.runs);
        break;
      case 'gone':
      case 'lack':
      case 'outline':
        this.#house.fetching.heard(from, file, word);
        break;
    }
  }

  chunk(from: AccountId, body: Bytes): void {
    const decoded = decode(bulkChunk, body);
    if (!decoded.ok) this.#house.close(from);
    else this.#house.fetching.arrived(from, fileIdOf(decoded.value.file), decoded.value.index, decoded.value.sealed);
  }

  #asked(from: AccountId, file: FileId, word: FileWordBody): void {
    const waiting = this.#waiting.get(from);
    if (!waiting) return;
    if (++waiting.count > MAX_WAITING) {
      this.#house.close(from);
      return;
    }
    waiting.serial
      .run(async () => {
        await this.#answer(from, file, word);
        waiting.count--;
      })
      .catch((reason: unknown) => this.#house.troubled(reason));
  }

  async #answer(from: AccountId, file: FileId, word: FileWordBody): Promise<void> {
    const { catalog, giving, telling, fetching } = this.#house;
    const card = catalog.card(file);
    if (word.type === 'enough') {
      giving.enough(from, file);
    } else if (!card) {
      if (word.type === 'seek') this.#house.tell(from, file, { type: 'gone' });
    } else {
      if (word.type === 'seek') telling.listen(file, from);
      const isOpen = await this.#open(card);
      if (word.type === 'seek') {
        telling.answer(file, from);
        fetching.soughtBy(from, file);
      } else if (isOpen && word.type === 'want') giving.want(from, card, word.runs);
      else if (isOpen && word.type === 'wantOutline') giving.wantOutline(from, card, word.from);
    }
  }

  /** Whether there is something of it here to give. */
  async #open(card: FileCard): Promise<boolean> {
    if (card.wish !== 'complete' && (card.wish !== 'wanted' || this.#house.measures.here(card) === 0)) return false;
    return (await this.#house.holdings.open(card)).ok;
  }
}
