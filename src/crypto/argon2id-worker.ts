/** The entry of the throw-away worker: one request in, one answer out, then whoever made it terminates it. */
import type { Bytes } from '../lib/bytes.ts';
import { argon2id, argon2idReady } from './argon2id.ts';
import type { Argon2idCost } from './argon2id-cost.ts';
import { wipe } from './wipe.ts';

export interface Argon2idRequest {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly cost: Argon2idCost;
}

/** `detail` is for the log: out of memory, or a cost out of bounds. */
export type Argon2idAnswer = { readonly ok: true; readonly hash: Bytes } | { readonly ok: false; readonly detail: string };

// A worker may be started before there is a password, to be ready when there is one. If it cannot be, the hash says why.
argon2idReady().catch(() => undefined);

self.onmessage = ({ data }: MessageEvent<Argon2idRequest>) => {
  void answer(data).then((message) => {
    self.postMessage(message);
  });
};

async function answer({ password, salt, cost }: Argon2idRequest): Promise<Argon2idAnswer> {
  try {
    return { ok: true, hash: await argon2id(password, salt, cost) };
  } catch (reason) {
    return { ok: false, detail: reason instanceof Error ? reason.message : String(reason) };
  } finally {
    wipe(password);
  }
}
