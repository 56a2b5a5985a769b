import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHUNK_OVERHEAD_BYTES } from '../../src/crypto/secret-stream.ts';
import { hash } from '../../src/crypto/hash.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createAccount } from '../../src/identity/account.ts';
import { BackupWriter, CHUNK_BYTES, openBackup } from '../../src/identity/backup-file.ts';
import type { BackupRow } from '../../src/identity/backup-record.ts';
import { writeBackupSlots, type BackupSecret } from '../../src/identity/backup-slots.ts';
import { VAULT_KEY_BYTES } from '../../src/identity/key-slot.ts';
import { concat, toHex, type Bytes } from '../../src/lib/bytes.ts';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { FastHasher } from './fast-hasher.ts';
import { seededRandom } from '../support/seeded-random.ts';

const fastHasher = new FastHasher();
const PASSWORD = 'tidal-copper-lantern-84';
const byPassword: BackupSecret = { kind: 'password', password: PASSWORD };
const SEALED = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES;

const entropyOf = (person: number): Bytes => new Uint8Array(32).fill(person);
const byWords = (person: number): BackupSecret => ({ kind: 'recovery', recoveryKey: createAccount(entropyOf(person)).recoveryKey });
const row = (length: number, fill = length): BackupRow => ({ table: 'messages', value: new Uint8Array(length).fill(fill) });

/** Short enough to compare. */
const printOf = (rows: readonly BackupRow[]) => rows.map(({ table, value }) => `${table} ${value.length} ${toHex(hash(value))}`);

interface Written {
  readonly bytes: Bytes;
  /** Where the chunks begin. */
  readonly body: number;
}

async function write(rows: readonly BackupRow[], person = 1): Promise<Written> {
  const key = new Secret(
    'vault',
    new Uint8Array(VAULT_KEY_BYTES).map((_, index) => index + person),
  );
  const lock = { password: PASSWORD, cost: ARGON2ID_FLOOR, hasher: fastHasher };
  const slots = await writeBackupSlots(key, lock, createAccount(entropyOf(person)).recoveryKey);
  const parts: Bytes[] = [];
  const account = { entropy: entropyOf(person), userName: 'alice', listVersion: 5 };
  const writer = new BackupWriter({ created: 1234, slots }, key, account, (part) => parts.push(part.slice()));
  const body = concat(...parts).length;
  for (const each of rows) writer.add(each);
  writer.finish();
  return { bytes: concat(...parts), body };
}

async function read(bytes: Uint8Array<ArrayBuffer>, secret: BackupSecret = byPassword) {
  const rows: BackupRow[] = [];
  const progress: number[] = [];
  const opened = await openBackup(new Blob([bytes]), secret, fastHasher);
  if (!opened.ok) return opened.failure.kind;
  const done = await opened.value.readRows(
    (some) => {
      rows.push(...some);
      return Promise.resolve();
    },
    (part) => progress.push(part),
  );
  return done.ok ? { rows, progress, account: opened.value.account, created: opened.value.created } : done.failure.kind;
}

beforeAll(sodiumReady);

describe('[B1, B3] alice’s backup', () => {
  it('opens with its password and with her words, and holds what was put in', async () => {
    const rows = [row(3), row(200), { table: 'contacts', value: new Uint8Array([9]) } as const];
    const { bytes } = await write(rows);
    for (const secret of [byPassword, byWords(1)]) {
      expect(await read(bytes, secret)).toMatchObject({
        rows,
        created: 1234,
        account: { entropy: entropyOf(1), userName: 'alice', listVersion: 5 },
      });
    }
  });

  it('comes back whole, whatever rows it has', async () => {
    const lengths = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: CHUNK_BYTES - 60, max: CHUNK_BYTES * 2 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, async (sizes) => {
        const rows = sizes.map((length, index) => row(length, index));
        const back = await read((await write(rows)).bytes);
        expect(typeof back === 'string' ? back : printOf(back.rows)).toEqual(printOf(rows));
      }),
      { numRuns: 25 },
    );
  });

  it('tells how far it is, from bytes read', async () => {
    const result = await read((await write(Array.from({ length: 60 }, () => row(CHUNK_BYTES)))).bytes);
    const progress = typeof result === 'string' ? [] : result.progress;
    expect(progress.length).toBeGreaterThan(2);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  it('does not show whose it is, nor what is in it', async () => {
    const { bytes } = await write([{ table: 'messages', value: new TextEncoder().encode('canary in the coal mine') }]);
    const asText = new TextDecoder('latin1').decode(bytes);
    expect(asText).not.toContain('canary');
    expect(asText).not.toContain('alice');
  });
});

describe('[B2] the wrong key', () => {
  it('is told from damage', async () => {
    const { bytes } = await write([row(10)]);
    expect(await read(bytes, { kind: 'password', password: 'not this one' })).toBe('backup-wrong-key');
    expect(await read(bytes, byWords(2))).toBe('backup-wrong-key');
  });
});

describe('[B3, attack 53] a backup that was meddled with', () => {
  const rows = Array.from({ length: 9 }, (_, index) => row(CHUNK_BYTES / 2, index));
  let whole: Written;
  let chunks: Bytes[];
  const withChunks = (some: readonly (Bytes | undefined)[]): Bytes =>
    concat(whole.bytes.subarray(0, whole.body), ...some.filter((chunk) => chunk !== undefined));
  beforeAll(async () => {
    whole = await write(rows);
    chunks = [];
    for (let from = whole.body; from < whole.bytes.length; from += SEALED) chunks.push(whole.bytes.slice(from, from + SEALED));
    expect(chunks.length).toBeGreaterThan(4);
  });

  it('is refused when it was cut off, wherever', async () => {
    const random = seededRandom(53);
    const boundaries = [0, 1, 7, 8, 9, 13, whole.body - 24, whole.body, ...chunks.map((_, index) => whole.body + index * SEALED)];
    const cuts = boundaries.flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= 0 && at < whole.bytes.length);
    const anywhere = Array.from({ length: 20 }, () => new DataView(random(4).buffer).getUint32(0) % whole.bytes.length);
    for (const at of [...cuts, ...anywhere]) {
      expect(await read(whole.bytes.slice(0, at)), `cut at ${at}`).toBe(at < 8 ? 'backup-foreign' : 'backup-damaged');
    }
  });

  it('is refused when chunks changed places, came twice, or are missing', async () => {
    const [first, second, ...others] = chunks;
    for (const some of [
      [second, first, ...others],
      [first, first, second, ...others],
      [first, ...others],
      [first, second, ...others, others.at(-1)],
      [...chunks.slice(0, -2), chunks.at(-1)],
      [chunks.at(-1)],
    ])
      expect(await read(withChunks(some))).toBe('backup-damaged');
  });

  it('is refused when something follows', async () => {
    expect(await read(concat(whole.bytes, new Uint8Array(1)))).toBe('backup-damaged');
    expect(await read(concat(whole.bytes, whole.bytes))).toBe('backup-damaged');
  });

  it('is refused when chunks of another backup were put in, of another account or of her own', async () => {
    for (const other of [await write(rows, 2), await write(rows, 1)]) {
      const theirs = other.bytes.slice(other.body, other.body + SEALED);
      expect(await read(withChunks([theirs, ...chunks.slice(1)]))).toBe('backup-damaged');
      expect(await read(concat(whole.bytes.subarray(0, whole.body), other.bytes.subarray(other.body)))).toBe('backup-damaged');
    }
  });

  it('is refused when a bit is flipped, wherever', async () => {
    const small = await write([row(40)]);
    for (let at = 0; at < small.bytes.length; at++) {
      const flipped = small.bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const expected = at < 8 ? 'backup-foreign' : 'backup-damaged';
      // The version's lowest bit makes it 0, which never was.
      expect(await read(flipped), `byte ${at}`).toBe(expected);
    }
  });

  it('says so when it is of a newer Parley, or of none', async () => {
    const newer = whole.bytes.slice();
    newer[8] = 2;
    expect(await read(newer)).toBe('backup-newer');
    expect(await read(new TextEncoder().encode('%PDF-1.7 is something else'))).toBe('backup-foreign');
    expect(await read(new Uint8Array())).toBe('backup-foreign');
  });

  it('may give rows, but not the word that they are all, when its end is missing', async () => {
    const { bytes } = await write(Array.from({ length: 40 }, () => row(CHUNK_BYTES)));
    const opened = await openBackup(new Blob([bytes.slice(0, -SEALED)]), byPassword, fastHasher);
    if (!opened.ok) throw new Error(opened.failure.kind);
    let taken = 0;
    const done = await opened.value.readRows(
      (rows) => {
        taken += rows.length;
        return Promise.resolve();
      },
      () => undefined,
    );
    expect(taken).toBeGreaterThan(0);
    expect(done).toEqual({ ok: false, failure: { kind: 'backup-damaged' } });
  });
});
