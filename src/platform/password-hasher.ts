import type { Argon2idAnswer, Argon2idRequest } from '../crypto/argon2id-worker.ts';
import type { PasswordHasher } from '../identity/ports.ts';
import type { Bytes } from '../lib/bytes.ts';

export interface WarmableHasher extends PasswordHasher {
  /** From now on keeps one worker loaded and waiting: loading takes as long as half a hash. */
  warm(): void;
  /** Keeps none. What is being hashed is finished. */
  rest(): void;
}

/** Argon2id in a worker of its own for every hash: its memory never shrinks, so the worker is thrown away. */
export function createPasswordHasher(spawn: () => Worker = spawnWorker): WarmableHasher {
  let spare: Worker | undefined;
  let isWarm = false;
  const prepare = (): void => {
    if (!isWarm || spare) return;
    const worker = spawn();
    spare = worker;
    // It could not be loaded, and would never answer. The next hash tries anew, and says why.
    worker.onerror = () => {
      if (spare === worker) spare = undefined;
    };
  };
  const take = (): Worker => {
    const worker = spare ?? spawn();
    spare = undefined;
    return worker;
  };
  return {
    hash: async (password, salt, cost) => {
      const worker = take();
      try {
        return await answerOf(worker, { password, salt, cost });
      } finally {
        worker.terminate();
        prepare();
      }
    },
    warm: () => {
      isWarm = true;
      prepare();
    },
    rest: () => {
      isWarm = false;
      spare?.terminate();
      spare = undefined;
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
