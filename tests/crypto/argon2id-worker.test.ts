import { afterEach, expect, it, vi } from 'vitest';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import type { Argon2idAnswer, Argon2idRequest } from '../../src/crypto/argon2id-worker.ts';
import { argon2id } from '../../src/crypto/argon2id.ts';
import { utf8 } from '../../src/lib/bytes.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Runs the worker's entry with a global scope of our own, and asks it once. */
async function ask(request: Argon2idRequest): Promise<Argon2idAnswer> {
  const scope: { onmessage?: (event: { data: Argon2idRequest }) => void; postMessage?: (answer: Argon2idAnswer) => void } = {};
  vi.stubGlobal('self', scope);
  await import('../../src/crypto/argon2id-worker.ts');
  return new Promise((resolve) => {
    scope.postMessage = resolve;
    scope.onmessage?.({ data: request });
  });
}

const salt = new Uint8Array(16);

it('the worker answers with the hash and forgets the password', async () => {
  const password = utf8('correct horse battery');
  const expected = await argon2id(password, salt, ARGON2ID_FLOOR);
  expect(await ask({ password, salt, cost: ARGON2ID_FLOOR })).toEqual({ ok: true, hash: expected });
  expect(password.every((byte) => byte === 0)).toBe(true);
});

it('the worker says why it would not', async () => {
  const answer = await ask({ password: utf8('correct horse battery'), salt, cost: { memory: 1, passes: 1 } });
  expect(answer).toEqual({ ok: false, detail: 'Argon2id cost out of bounds' });
});
