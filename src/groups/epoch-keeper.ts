/** The secrets of a group's epochs on this device: those begun here, those that came in boxes, those that were granted. */
import { Secret } from '../crypto/secret.ts';
import { concat, equalBytes, fromBase64url, toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Write } from '../lib/write.ts';
import { decode, encode } from '../protocol/codec.ts';
import { SHORT_DEVICE_BYTES, type EpochAct } from '../protocol/group-message.ts';
import { bytesOf, type OperationId } from '../protocol/ids.ts';
import { boxHashFor, createEpoch, hashOfBox, openBox, type BoxFailure } from './epoch-boxes.ts';
import { chooseEpoch, type EpochChoice, type KnownEpoch } from './epoch-choice.ts';
import { recipientsHash, type EpochSecret } from './epoch.ts';
import type { GroupContext } from './group-context.ts';
import type { GroupState } from '../membership/group-state.ts';
import {
  createKeyPackages,
  forgetOldKeyPackages,
  isRefreshDue,
  keyPackageOf,
  packKeyPackages,
  refreshKeyPackages,
  storedKeyPackages,
  unpackKeyPackages,
  type OwnKeyPackages,
} from './key-package.ts';
import type { GoodEpoch, Ledger } from './ledger.ts';
import { OWN_PARCELS } from './ports.ts';

const SECRETS = 'secrets';
const MESSAGE_KEYS = 'message-keys';
const BOXES = 'boxes';
const KEY_PACKAGES = 'key-packages';
/** Before a secret in the store: whether it came in a box or was granted to somebody who came later. */
const OWN = Uint8Array.of(0);
const GRANTED = Uint8Array.of(1);
/** Boxes for others are carried for those who were away; whoever missed so many epochs asks for new ones. */
const KEPT_EPOCHS = 8;

/** `granted`: what it opens was said before this member came. */
export interface KnownSecret {
  readonly secret: EpochSecret;
  readonly granted: boolean;
}

export interface BegunEpoch {
  readonly act: EpochAct;
  readonly secret: EpochSecret;
  readonly boxes: readonly Bytes[];
}

export class EpochKeeper {
  readonly #context: GroupContext;
  readonly #secrets = new Map<OperationId, KnownSecret>();
  readonly #messageKeys = new Map<string, Bytes>();
  /** By hash, in base64url. */
  readonly #boxes = new Map<string, Bytes>();
  readonly #since = new Map<OperationId, number>();
  readonly #counts = new Map<OperationId, number>();
  /** Epochs all boxes of which are here. */
  readonly #complete = new Set<OperationId>();
  readonly #unusable = new Set<OperationId>();
  #own: OwnKeyPackages | undefined;

  private constructor(context: GroupContext) {
    this.#context = context;
  }

  static async load(context: GroupContext): Promise<EpochKeeper> {
    const keeper = new EpochKeeper(context);
    const { store, group } = context;
    for (const { name, body } of await store.parcels(group, SECRETS)) {
      const secret: EpochSecret = new Secret('epoch', body.slice(1));
      keeper.#secrets.set(name as OperationId, { secret, granted: body[0] === GRANTED[0] });
    }
    for (const { name, body } of await store.parcels(group, MESSAGE_KEYS)) keeper.#messageKeys.set(name, body);
    for (const { name, body } of await store.parcels(group, BOXES)) keeper.#boxes.set(name, body);
    const own = (await store.parcels(group, OWN_PARCELS)).find(({ name }) => name === KEY_PACKAGES);
    const packages = own && decode(storedKeyPackages, own.body);
    if (packages?.ok) keeper.#own = unpackKeyPackages(packages.value);
    return keeper;
  }

  // ————— own keys —————

  /** Whether this device has keys of its own here: after a restore it has none. */
  get hasKeys(): boolean {
    return this.#own !== undefined;
  }

  /** The public key others seal to, made if there is none, and what keeps it. */
  ownKey(): { readonly kemKey: Bytes; readonly writes: readonly Write[] } {
    if (this.#own) return { kemKey: keyPackageOf(this.#own), writes: [] };
    this.#own = createKeyPackages(this.#context.clock.now());
    return { kemKey: keyPackageOf(this.#own), writes: [this.#keepOwn(this.#own)] };
  }

  /** Keys made before there was a group to keep them in. */
  adopt(own: OwnKeyPackages): Write {
    this.#own = own;
    return this.#keepOwn(own);
  }

  /** A new key in place of the last: its operation is to leave with these writes saved. */
  refresh(): { readonly kemKey: Bytes; readonly writes: readonly Write[] } {
    const now = this.#context.clock.now();
    this.#own = this.#own ? forgetOldKeyPackages(refreshKeyPackages(this.#own, now), now) : createKeyPackages(now);
    return { kemKey: keyPackageOf(this.#own), writes: [this.#keepOwn(this.#own)] };
  }

  /** The key is old enough for a new one. */
  get isRefreshDue(): boolean {
    return this.#own !== undefined && isRefreshDue(this.#own, this.#context.clock.now());
  }

  // ————— which epoch to write in —————

  choose(ledger: Ledger, state: GroupState): EpochChoice {
    const devices = new Set(state.devices.map(({ device }) => device));
    const now = this.#context.clock.now();
    const wanted = recipientsHash(devices);
    // Whether an epoch is good takes some finding out: it is asked of those alone that could be used.
    const known = state.epochs.flatMap(({ id, wall, act: { n, recipients } }): readonly KnownEpoch[] => {
      if (!equalBytes(recipients, wanted) || !ledger.epoch(id)) return [];
      const since = Math.min(wall, this.#since.get(id) ?? now);
      return [{ id, n, recipients, since, messages: this.#counts.get(id) ?? 0, secret: this.#statusOf(id) }];
    });
    return chooseEpoch(known, devices, now);
  }

  /** A fresh epoch for the members as they are now. It is `keep`t under the id of the operation that carries its act. */
  begin(ledger: Ledger, state: GroupState, n: number): BegunEpoch {
    const { group, device } = this.#context;
    const recipients = state.devices.map(({ device, introduction }) => ({ device, kemKey: introduction.kemKey }));
    const { act, secret, boxes } = createEpoch({ group, author: device, n, base: ledger.history.previous.map(bytesOf), recipients });
    return { act, secret, boxes: boxes.filter((box) => box !== undefined) };
  }

  // ————— secrets —————

  secretOf(epoch: OperationId): KnownSecret | undefined {
    return this.#secrets.get(epoch);
  }

  /** The key of one message, granted without its epoch's secret. `device` and the rest as in `messageKeyName`. */
  messageKey(device: string, seq: number): Bytes | undefined {
    return this.#messageKeys.get(messageKeyName(device, seq));
  }

  keepSecret(epoch: OperationId, secret: EpochSecret, { granted }: { readonly granted: boolean }): readonly Write[] {
    if (this.#secrets.has(epoch)) return [];
    this.#secrets.set(epoch, { secret, granted });
    this.#unusable.delete(epoch);
    return [this.#put(SECRETS, epoch, concat(granted ? GRANTED : OWN, secret.expose()))];
  }

  keepMessageKeys(keys: readonly { readonly device: string; readonly seq: number; readonly key: Uint8Array }[]): readonly Write[] {
    return keys.map(({ device, seq, key }) => {
      const name = messageKeyName(device, seq);
      this.#messageKeys.set(name, key.slice());
      return this.#put(MESSAGE_KEYS, name, key.slice());
    });
  }

  /** A message sealed in it is known. */
  count(epoch: OperationId): void {
    this.#counts.set(epoch, (this.#counts.get(epoch) ?? 0) + 1);
  }

  /** It is here since now. */
  notice(epoch: OperationId): void {
    if (!this.#since.has(epoch)) this.#since.set(epoch, this.#context.clock.now());
  }

  /** Somebody among its recipients cannot use it: nothing more is written in it here. */
  giveUp(epoch: OperationId): void {
    this.#unusable.add(epoch);
  }

  // ————— boxes —————

  box(hash: Uint8Array): Bytes | undefined {
    return this.#boxes.get(toBase64url(hash));
  }

  /** Keeps those that one of these epochs names. */
  keepBoxes(boxes: readonly Bytes[], epochs: readonly GoodEpoch[]): { readonly kept: readonly Bytes[]; readonly writes: readonly Write[] } {
    const named = new Set(epochs.flatMap(({ act }) => act.boxes.map(toBase64url)));
    const kept = boxes.filter((box) => {
      const name = toBase64url(hashOfBox(box));
      return named.has(name) && !this.#boxes.has(name);
    });
    for (const box of kept) this.#boxes.set(toBase64url(hashOfBox(box)), box);
    return { kept, writes: kept.map((box) => this.#put(BOXES, toBase64url(hashOfBox(box)), box)) };
  }

  /** Drops the boxes that none of the newest epochs name. */
  dropOldBoxes(epochs: readonly GoodEpoch[]): readonly Write[] {
    const named = new Set(epochs.slice(-KEPT_EPOCHS).flatMap(({ act }) => act.boxes.map(toBase64url)));
    const old = [...this.#boxes.keys()].filter((name) => !named.has(name));
    for (const name of old) this.#boxes.delete(name);
    return old.map((name) => this.#context.store.deleteParcel(this.#context.group, BOXES, name));
  }

  /** Hashes of boxes of the newest epochs that are not here: one's own first, then those carried for others. */
  missingBoxes(epochs: readonly GoodEpoch[]): readonly Bytes[] {
    const own = epochs
      .flatMap((epoch) => (this.#secrets.has(epoch.id) ? [] : [this.#ownBoxHash(epoch)]))
      .filter((hash) => hash !== undefined);
    const others = epochs.slice(-KEPT_EPOCHS).flatMap(({ id, act }) => {
      if (this.#complete.has(id)) return [];
      const lacking = act.boxes.filter((hash) => hash.some((byte) => byte !== 0) && !this.box(hash));
      if (lacking.length === 0) this.#complete.add(id);
      return lacking;
    });
    const missing = [...own.filter((hash) => !this.box(hash)), ...others];
    return [...new Map(missing.map((hash) => [toBase64url(hash), hash])).values()];
  }

  /** Opens my box of an epoch if it is here; undefined: it is not, or there is nothing to open. */
  open(epoch: GoodEpoch): { readonly secret: EpochSecret } | { readonly failure: BoxFailure } | undefined {
    if (this.#secrets.has(epoch.id) || !this.#own) return undefined;
    const hash = this.#ownBoxHash(epoch);
    const box = hash && this.box(hash);
    if (!box) return undefined;
    const { group, device } = this.#context;
    const claim = { group, author: epoch.operation.device, act: epoch.act };
    const opened = openBox(claim, { devices: epoch.devices, device, own: this.#own }, box);
    return opened.ok ? { secret: opened.value } : { failure: opened.failure };
  }

  #ownBoxHash({ act, devices }: GoodEpoch): Bytes | undefined {
    return boxHashFor(act, devices, this.#context.device);
  }

  #statusOf(epoch: OperationId): KnownEpoch['secret'] {
    if (this.#unusable.has(epoch)) return 'unusable';
    return this.#secrets.has(epoch) ? 'held' : 'awaited';
  }

  #keepOwn(own: OwnKeyPackages): Write {
    return this.#put(OWN_PARCELS, KEY_PACKAGES, encode(storedKeyPackages, packKeyPackages(own)));
  }

  #put(kind: string, name: string, body: Bytes): Write {
    return this.#context.store.putParcel(this.#context.group, kind, name, body);
  }
}

/** `device`: its signing key or the first 8 bytes of it, in base64url. */
function messageKeyName(device: string, seq: number): string {
  const short = toBase64url((fromBase64url(device) ?? new Uint8Array(0)).subarray(0, SHORT_DEVICE_BYTES));
  return `${short}/${seq}`;
}
