import type { Argon2idAnswer, Argon2idRequest } from '../crypto/argon2id-worker.ts';
import type { PasswordHasher } from '../identity/ports.ts';
import type { Bytes } from '../lib/bytes.ts';

/** Argon2id in a worker of its own for every hash: its memory never shrinks, so the worker is thrown away. */
export function createPasswordHasher(spawn: () => Worker = spawnWorker): PasswordHasher {
  return {
    hash: async (password, salt, cost) => {
      const worker = spawn();
      try {
        return await answerOf(worker, { password, salt, cost });
      } finally {
        worker.terminate();
      }
    },
  };
}

function spawnWorker(): Worker {
  return new Worker(new URL('../crypto/argon2id-worker.ts', import.meta.url), { type: 'module', name: 'argon2id' });
}

/** Rejects when the hash cannot be computed: out of memory, or the worker does not load. */
function answerOf(worker: Worker, request: Argon2idRequest): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Argon2idAnswer>) => {
      if (data.ok) resolve(data.hash);
      else reject(new Error(`Argon2id failed: ${data.detail}`));
    };
    worker.onerror = ({ message }) => {
      reject(new Error(`The Argon2id worker failed: ${message}`));
    };
    worker.postMessage(request);
  });
}
