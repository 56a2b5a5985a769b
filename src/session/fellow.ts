/** Fellows: members of a group who are no contacts, and what goes over links for a group's sake (PROTOCOL.md S9). */
import { agree } from '../crypto/agreement.ts';
import { deriveKey } from '../crypto/kdf.ts';
import { signedId } from '../crypto/sign.ts';
import { wipe } from '../crypto/wipe.ts';
import { certificateIn } from '../identity/credential.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { compareBytes, equalBytes, type Bytes } from '../lib/bytes.ts';
import type { AccountId } from '../protocol/ids.ts';

/** Somebody we link to for a group's sake without their being a contact. What the two meet by comes from the keys of both devices. */
export interface Fellow {
  readonly id: AccountId;
  readonly device: VerifiedDevice;
}

/** A fellow, and the 32 bytes the two devices share and nobody else can find. */
export interface FellowTie extends Fellow {
  readonly secret: Bytes;
}

/** Frames of groups, to whoever has proven to be the account. What they say, the groups' room knows. */
export interface GroupChannel {
  /** At most MAX_GROUP_BODY_BYTES. False, and nothing sent, when there is no proven link to them. */
  send(to: AccountId, body: Bytes): boolean;
  /** Bytes handed to their link and not yet sent; talk stands behind them, so a sender of much looks here first. 0 without a link. */
  waiting(to: AccountId): number;
  /** They broke the rules: this link ends. */
  close(to: AccountId): void;
}

/** Ties this device to fellows. Ties made before are taken over as long as their device is the same. */
export class FellowTies {
  readonly #me: Device;
  readonly #myCertificate: Bytes;
  #ties: ReadonlyMap<AccountId, FellowTie> = new Map();

  constructor(me: Device) {
    this.#me = me;
    this.#myCertificate = signedId('devcert', certificateIn(me.credential));
  }

  get(account: AccountId): FellowTie | undefined {
    return this.#ties.get(account);
  }

  get accounts(): readonly AccountId[] {
    return [...this.#ties.keys()];
  }

  /** The whole list. Of one account only the device with the newest list counts; oneself is nobody's fellow. */
  replace(fellows: readonly Fellow[]): void {
    const ties = new Map<AccountId, FellowTie>();
    for (const fellow of fellows) {
      const rival = ties.get(fellow.id);
      if (fellow.id === this.#me.account || (rival && rival.device.listVersion >= fellow.device.listVersion)) continue;
      const tie = this.#tieTo(fellow);
      if (tie) ties.set(fellow.id, tie);
    }
    this.#ties = ties;
  }

  /** Undefined when their key agrees to nothing; no honest device has such a key. */
  #tieTo({ id, device }: Fellow): FellowTie | undefined {
    const known = this.#ties.get(id);
    if (known && equalBytes(known.device.certificateId, device.certificateId)) return { ...known, device };
    const agreed = agree(this.#me.agreement.secret, device.agreementKey);
    if (!agreed) return undefined;
    const context = [this.#myCertificate, device.certificateId].sort(compareBytes);
    const secret = deriveKey({ secret: agreed, info: 'rv/fellow', context });
    wipe(agreed);
    return { id, device, secret };
  }
}
