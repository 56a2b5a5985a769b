import { beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from '../../src/crypto/random.ts';
import { toBase64url, type Bytes } from '../../src/lib/bytes.ts';
import { fail } from '../../src/lib/result.ts';
import { createPasskeys, type PasskeySurroundings } from '../../src/platform/passkeys.ts';

const SALT = new Uint8Array(32).fill(1);
const ID = new Uint8Array(16).fill(2);
const SECRET = new Uint8Array(32).fill(3);
const known = [{ credentialId: ID, salt: SALT }];

/** `navigator.credentials` in front of one authenticator. */
class Credentials {
  readonly created: PublicKeyCredentialCreationOptions[] = [];
  readonly asked: PublicKeyCredentialRequestOptions[] = [];
  /** What the browser refuses with, by name. */
  refusal: string | undefined;
  onCreate: AuthenticationExtensionsPRFOutputs | undefined = { enabled: true, results: { first: SECRET.buffer } };
  onGet: AuthenticationExtensionsPRFOutputs | undefined = { results: { first: SECRET.buffer } };
  answersWith: Bytes = ID;

  create({ publicKey }: CredentialCreationOptions = {}): Promise<Credential | null> {
    if (publicKey) this.created.push(publicKey);
    return this.#answer(this.onCreate);
  }

  get({ publicKey }: CredentialRequestOptions = {}): Promise<Credential | null> {
    if (publicKey) this.asked.push(publicKey);
    return this.#answer(this.onGet);
  }

  #answer(prf: AuthenticationExtensionsPRFOutputs | undefined): Promise<Credential | null> {
    if (this.refusal !== undefined) return Promise.reject(new DOMException('no', this.refusal));
    const credential = { rawId: this.answersWith.buffer, getClientExtensionResults: () => (prf ? { prf } : {}) };
    return Promise.resolve(credential as unknown as Credential);
  }
}

describe('passkeys in a browser', () => {
  let credentials: Credentials;
  let forgotten: unknown[];
  let surroundings: PasskeySurroundings;
  beforeEach(() => {
    credentials = new Credentials();
    forgotten = [];
    surroundings = {
      hostname: 'parley.example',
      credentials,
      publicKeyCredential: {
        getClientCapabilities: () => Promise.resolve({ 'extension:prf': true }),
        signalUnknownCredential: (unknown) => Promise.resolve(void forgotten.push(unknown)),
      },
      random: randomBytes,
    };
  });

  const possibleWith = async (other: Partial<PasskeySurroundings>) => (await createPasskeys({ ...surroundings, ...other })).possible;

  it('[V10] are offered only where they can hold a key', async () => {
    expect(await possibleWith({})).toBe(true);
    expect(await possibleWith({ hostname: 'localhost' })).toBe(true);
    expect(await possibleWith({ credentials: undefined })).toBe(false);
    expect(await possibleWith({ publicKeyCredential: undefined })).toBe(false);
    expect(await possibleWith({ publicKeyCredential: {} })).toBe(false);
    expect(await possibleWith({ publicKeyCredential: { getClientCapabilities: () => Promise.resolve({}) } })).toBe(false);
    for (const hostname of ['127.0.0.1', '[::1]']) expect(await possibleWith({ hostname })).toBe(false);
  });

  it('[V10] are made and asked with the owner looked at, and never without', async () => {
    const passkeys = await createPasskeys(surroundings);
    expect(await passkeys.create('alice', SALT, known)).toEqual({ ok: true, value: { credentialId: ID, secret: SECRET } });
    expect(await passkeys.ask(known)).toEqual({ ok: true, value: { credentialId: ID, secret: SECRET } });
    const [creation] = credentials.created;
    expect(creation?.rp.id).toBe('parley.example');
    expect(creation?.authenticatorSelection?.userVerification).toBe('required');
    expect(creation?.excludeCredentials).toEqual([{ type: 'public-key', id: ID }]);
    expect(creation?.extensions?.prf).toEqual({ eval: { first: SALT } });
    const [request] = credentials.asked;
    expect(request?.userVerification).toBe('required');
    expect(request?.allowCredentials).toEqual([{ type: 'public-key', id: ID }]);
    expect(request?.extensions?.prf).toEqual({ evalByCredential: { [toBase64url(ID)]: { first: SALT } } });
  });

  it('[V10] are asked once more when they make no secret while they are made', async () => {
    credentials.onCreate = { enabled: true };
    const passkeys = await createPasskeys(surroundings);
    expect(await passkeys.create('alice', SALT, [])).toEqual({ ok: true, value: { credentialId: ID, secret: SECRET } });
    expect(credentials.asked).toHaveLength(1);
  });

  it('[V10] that cannot make secrets are taken back', async () => {
    const passkeys = await createPasskeys(surroundings);
    credentials.onCreate = { enabled: false };
    expect(await passkeys.create('alice', SALT, [])).toEqual(fail({ kind: 'passkey-unsupported' }));
    credentials.onCreate = undefined;
    credentials.onGet = undefined;
    expect(await passkeys.create('alice', SALT, [])).toEqual(fail({ kind: 'passkey-unsupported' }));
    expect(forgotten).toEqual([ID, ID].map((id) => ({ rpId: 'parley.example', credentialId: toBase64url(id) })));
  });

  it('[V10] with secrets of another length, or of another passkey, are not taken', async () => {
    const passkeys = await createPasskeys(surroundings);
    credentials.onGet = { results: { first: new ArrayBuffer(16) } };
    expect(await passkeys.ask(known)).toEqual(fail({ kind: 'passkey-unsupported' }));
    credentials.onGet = { results: { first: SECRET.buffer } };
    credentials.answersWith = new Uint8Array(16);
    expect(await passkeys.ask(known)).toEqual(fail({ kind: 'passkey-unknown' }));
  });

  it.each([
    ['NotAllowedError', 'passkey-cancelled'],
    ['AbortError', 'passkey-cancelled'],
    ['InvalidStateError', 'passkey-exists'],
    ['NotSupportedError', 'passkey-unsupported'],
    ['ConstraintError', 'passkey-unsupported'],
    ['SecurityError', 'passkey-unsupported'],
  ])('say %s as %s', async (refusal, kind) => {
    credentials.refusal = refusal;
    const passkeys = await createPasskeys(surroundings);
    expect(await passkeys.create('alice', SALT, [])).toEqual(fail({ kind }));
  });

  it('leave our own mistakes what they are', async () => {
    credentials.refusal = 'DataError';
    const passkeys = await createPasskeys(surroundings);
    await expect(passkeys.ask(known)).rejects.toThrow();
  });
});
