import { describe, expect, it } from 'vitest';
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { canConnect, missingCapability } from '../../src/platform/capabilities.ts';
import { createInstallPrompt } from '../../src/platform/install-prompt.ts';
import { createPasswordHasher } from '../../src/platform/password-hasher.ts';
import { askForPersistence } from '../../src/platform/persistence.ts';
import { createPreferences } from '../../src/platform/preferences.ts';
import { createUpdates } from '../../src/platform/updates.ts';
import { ManualClock } from '../support/manual-clock.ts';

const modern = {
  indexedDB: {},
  WebAssembly,
  crypto: { getRandomValues: true, subtle: {} },
  Worker: true,
  Intl,
  Array,
  RTCPeerConnection: true,
};

describe('what a browser lacks', () => {
  it('is nothing in a modern one', () => {
    expect(missingCapability(modern)).toBeUndefined();
    expect(canConnect(modern)).toBe(true);
  });

  it.each(['WebAssembly', 'crypto', 'Worker', 'Intl', 'Array'])('makes it too old without %s', (name) => {
    expect(missingCapability({ ...modern, [name]: undefined })).toBe('too-old');
  });

  it('is storage where IndexedDB is gone, or throws when asked for', () => {
    expect(missingCapability({ ...modern, indexedDB: undefined })).toBe('storage-refused');
    const blocked = Object.defineProperty({ ...modern }, 'indexedDB', {
      get: () => {
        throw new DOMException('blocked', 'SecurityError');
      },
    });
    expect(missingCapability(blocked)).toBe('storage-refused');
  });

  it('keeps it from talking, but not from reading, without WebRTC or on an insecure origin', () => {
    for (const lacking of [{ RTCPeerConnection: undefined }, { crypto: { getRandomValues: true } }]) {
      expect(missingCapability({ ...modern, ...lacking })).toBeUndefined();
      expect(canConnect({ ...modern, ...lacking })).toBe(false);
    }
  });
});

describe('preferences', () => {
  const memory = () => {
    const kept = new Map<string, string>();
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  };
  const valuesOf = (preferences: ReturnType<typeof createPreferences>) => {
    const values: string[] = [];
    preferences.language.subscribe((language) => values.push(language));
    preferences.theme.subscribe((theme) => values.push(theme));
    return values;
  };

  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['fr', 'ZH-Hant-TW'], 'zh'],
    [['fr-CA'], 'en'],
    [[], 'en'],
    [['zha'], 'en'],
  ])('begin with the browser’s languages %j: %s', (languages, language) => {
    expect(valuesOf(createPreferences({ storage: memory(), languages }))).toEqual([language, 'system']);
  });

  it('outlast the page', () => {
    const storage = memory();
    const first = createPreferences({ storage, languages: ['en'] });
    first.setLanguage('zh');
    first.setTheme('dark');
    expect(valuesOf(createPreferences({ storage, languages: ['en'] }))).toEqual(['zh', 'dark']);
  });

  it('last as long as the page where nothing can be kept, and ignore what nobody of ours wrote', () => {
    const refusing = {
      getItem: () => 'klingon',
      setItem: () => {
        throw new DOMException('no room', 'QuotaExceededError');
      },
    };
    const preferences = createPreferences({ storage: refusing, languages: [] });
    const values = valuesOf(preferences);
    preferences.setTheme('light');
    expect(values).toEqual(['en', 'system', 'light']);
  });
});

describe('hashing a password', () => {
  class FakeWorker {
    onmessage: ((event: { data: unknown }) => void) | undefined;
    onerror: ((event: { message: string }) => void) | undefined;
    asked: unknown;
    terminated = false;
    postMessage(request: unknown): void {
      this.asked = request;
    }
    terminate(): void {
      this.terminated = true;
    }
  }
  const [password, salt] = [new Uint8Array([1]), new Uint8Array(16)];
  const start = () => {
    const worker = new FakeWorker();
    const hash = createPasswordHasher(() => worker as unknown as Worker).hash(password, salt, ARGON2ID_FLOOR);
    return { worker, hash };
  };

  it('asks a worker of its own and throws it away', async () => {
    const { worker, hash } = start();
    expect(worker.asked).toEqual({ password, salt, cost: ARGON2ID_FLOOR });
    expect(worker.terminated).toBe(false);
    worker.onmessage?.({ data: { ok: true, hash: new Uint8Array([9]) } });
    expect(await hash).toEqual(new Uint8Array([9]));
    expect(worker.terminated).toBe(true);
  });

  it('keeps one worker ready while it is warm, and none when it rests', async () => {
    const workers: FakeWorker[] = [];
    const hasher = createPasswordHasher(() => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    });
    hasher.warm();
    hasher.warm();
    expect(workers).toHaveLength(1);
    const hash = hasher.hash(password, salt, ARGON2ID_FLOOR);
    expect(workers).toHaveLength(1);
    workers[0]?.onmessage?.({ data: { ok: true, hash: new Uint8Array([9]) } });
    await hash;
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    hasher.rest();
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it('does not wait for a worker that could not be loaded', async () => {
    const workers: FakeWorker[] = [];
    const hasher = createPasswordHasher(() => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker as unknown as Worker;
    });
    hasher.warm();
    workers[0]?.onerror?.({ message: 'offline' });
    const hash = hasher.hash(password, salt, ARGON2ID_FLOOR);
    workers[1]?.onmessage?.({ data: { ok: true, hash: new Uint8Array([9]) } });
    expect(await hash).toEqual(new Uint8Array([9]));
  });

  it('fails, and throws the worker away, when it cannot hash or does not load', async () => {
    const [full, missing] = [start(), start()];
    full.worker.onmessage?.({ data: { ok: false, detail: 'out of memory' } });
    missing.worker.onerror?.({ message: 'not found' });
    await expect(full.hash).rejects.toThrow('out of memory');
    await expect(missing.hash).rejects.toThrow('not found');
    expect([full.worker.terminated, missing.worker.terminated]).toEqual([true, true]);
  });
});

describe('installing the app', () => {
  const offerOn = (page: EventTarget) => {
    const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      asked: 0,
      prompt: () => {
        offer.asked++;
        return Promise.reject(new DOMException('too late', 'NotAllowedError'));
      },
    });
    page.dispatchEvent(offer);
    return offer;
  };

  it('is offered once for each offer of the browser’s', () => {
    const page = new EventTarget();
    const prompt = createInstallPrompt(page);
    const told: boolean[] = [];
    prompt.installable.subscribe((is) => told.push(is));
    prompt.install();
    const offer = offerOn(page);
    expect(offer.defaultPrevented).toBe(true);
    prompt.install();
    prompt.install();
    expect(offer.asked).toBe(1);
    offerOn(page);
    page.dispatchEvent(new Event('appinstalled'));
    expect(told).toEqual([false, true, false, true, false]);
  });
});

describe('keeping what is stored', () => {
  const storage = (persisted: boolean, granted: boolean) =>
    ({ persisted: () => Promise.resolve(persisted), persist: () => Promise.resolve(granted) }) as StorageManager;

  it('is promised, granted, or refused', async () => {
    expect(await askForPersistence(storage(true, false))).toBe(true);
    expect(await askForPersistence(storage(false, true))).toBe(true);
    expect(await askForPersistence(storage(false, false))).toBe(false);
  });
});

describe('updating', () => {
  class FakeRegistration extends EventTarget {
    waiting: { postMessage(message: unknown): void } | null = null;
    installing: EventTarget | null = null;
    looks = 0;
    update(): Promise<void> {
      this.looks++;
      return Promise.reject(new TypeError('offline'));
    }
  }
  class FakeContainer extends EventTarget {
    controller: object | null = {};
    registration = new FakeRegistration();
    register = () => Promise.resolve(this.registration);
  }
  const start = async (container: FakeContainer | undefined) => {
    const clock = new ManualClock();
    const told: boolean[] = [];
    let reloads = 0;
    const updates = createUpdates({
      container: container as unknown as ServiceWorkerContainer | undefined,
      clock,
      reload: () => reloads++,
    });
    updates.ready.subscribe((ready) => told.push(ready));
    await clock.settle();
    return { clock, told, updates, reloads: () => reloads };
  };
  const install = (registration: FakeRegistration) => {
    const messages: unknown[] = [];
    registration.installing = new EventTarget();
    registration.dispatchEvent(new Event('updatefound'));
    registration.waiting = { postMessage: (message) => messages.push(message) };
    registration.installing.dispatchEvent(new Event('statechange'));
    return messages;
  };

  it('is offered when a build waits, and done when the person says so', async () => {
    const container = new FakeContainer();
    const { told, updates, reloads } = await start(container);
    const messages = install(container.registration);
    expect(told).toEqual([false, true]);
    expect(messages).toEqual([]);
    updates.update();
    expect(messages).toEqual([{ type: 'SKIP_WAITING' }]);
    expect(reloads()).toBe(0);
    container.dispatchEvent(new Event('controllerchange'));
    expect(reloads()).toBe(1);
  });

  it('is not offered for the very first build', async () => {
    const container = new FakeContainer();
    container.controller = null;
    const { told } = await start(container);
    install(container.registration);
    expect(told).toEqual([false]);
  });

  it('looks for a newer build every hour, online or not', async () => {
    const container = new FakeContainer();
    const { clock } = await start(container);
    await clock.advance(3 * 60 * 60 * 1000);
    expect(container.registration.looks).toBe(3);
  });

  it('does nothing where there are no service workers', async () => {
    const { told, updates, reloads } = await start(undefined);
    updates.update();
    expect(told).toEqual([false]);
    expect(reloads()).toBe(1);
  });
});
