/**
 * Passkeys that make secrets: WebAuthn (Level 3) with its `prf` extension, which answers a salt with 32 bytes that only
 * this passkey, after looking at its owner, can make. No server takes part: there is nobody to prove anything to, so
 * challenges are random and assertions are not verified. The secret opens the vault or it does not.
 */
import type { KnownPasskey, PasskeyAnswer, PasskeyFailure, Passkeys } from '../identity/ports.ts';
import { equalBytes, toBase64url, type Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';

const CHALLENGE_BYTES = 32;
/** Random per passkey: a person's account is nothing an authenticator needs to recognise. */
const USER_HANDLE_BYTES = 16;
const SECRET_BYTES = 32;
/** Time to find the phone or the key. */
const TIMEOUT_MS = 120_000;
/** Ed25519, ES256, RS256 (IANA COSE registry): what all authenticators between them know. Never verified. */
const ALGORITHMS = [-8, -7, -257];

export interface PasskeySurroundings {
  /** The site: where passkeys belong to. */
  readonly hostname: string;
  /** Missing in old browsers and on insecure origins. */
  readonly credentials: Pick<CredentialsContainer, 'create' | 'get'> | undefined;
  readonly publicKeyCredential: PublicKeyCredentialScope | undefined;
  readonly random: (length: number) => Bytes;
}

/** The static side of `PublicKeyCredential`, as far as it is there. */
export interface PublicKeyCredentialScope {
  getClientCapabilities?(): Promise<Readonly<Record<string, boolean>>>;
  signalUnknownCredential?(unknown: { readonly rpId: string; readonly credentialId: string }): Promise<void>;
}

/** What the browser can do is asked once, here. */
export async function createPasskeys(surroundings: PasskeySurroundings): Promise<Passkeys> {
  const { hostname, credentials, publicKeyCredential: scope, random } = surroundings;
  const possible = credentials !== undefined && isDomain(hostname) && (await knowsPrf(scope));
  return possible ? new BrowserPasskeys({ site: hostname, credentials, scope, random }) : NONE;
}

const NONE: Passkeys = {
  possible: false,
  create: () => Promise.resolve(fail({ kind: 'passkey-unsupported' })),
  ask: () => Promise.resolve(fail({ kind: 'passkey-unsupported' })),
  forget: () => undefined,
};

/** A passkey belongs to a domain; an IP address cannot have one (WebAuthn §5.1.3). */
function isDomain(hostname: string): boolean {
  return !/^[\d.]+$|[:[\]]/.test(hostname);
}

/** A browser that cannot say what it can do is older than those in which this works well. */
async function knowsPrf(scope: PublicKeyCredentialScope | undefined): Promise<boolean> {
  const capabilities = await scope?.getClientCapabilities?.();
  return capabilities?.['extension:prf'] === true;
}

interface BrowserPasskeysOptions {
  readonly site: string;
  readonly credentials: Pick<CredentialsContainer, 'create' | 'get'>;
  readonly scope: PublicKeyCredentialScope | undefined;
  readonly random: (length: number) => Bytes;
}

class BrowserPasskeys implements Passkeys {
  readonly possible = true;
  readonly #site: string;
  readonly #credentials: Pick<CredentialsContainer, 'create' | 'get'>;
  readonly #scope: PublicKeyCredentialScope | undefined;
  readonly #random: (length: number) => Bytes;

  constructor({ site, credentials, scope, random }: BrowserPasskeysOptions) {
    this.#site = site;
    this.#credentials = credentials;
    this.#scope = scope;
    this.#random = random;
  }

  async create(
    name: string,
    salt: Bytes,
    existing: readonly KnownPasskey[],
  ): Promise<Result<PasskeyAnswer, PasskeyFailure | { readonly kind: 'passkey-exists' }>> {
    const made = await askBrowser(() => this.#credentials.create({ publicKey: this.#creation(name, salt, existing) }));
    if (!made.ok) return made;
    const credentialId = new Uint8Array(made.value.rawId);
    const { prf } = made.value.getClientExtensionResults();
    if (prf?.enabled === false) {
      this.forget(credentialId);
      return fail({ kind: 'passkey-unsupported' });
    }
    const secret = secretOf(prf);
    if (secret) return succeed({ credentialId, secret });
    // Many authenticators make no secret while they make the passkey, and want to be asked once more.
    const answer = await this.ask([{ credentialId, salt }]);
    if (!answer.ok) this.forget(credentialId);
    return answer;
  }

  async ask(known: readonly KnownPasskey[]): Promise<Result<PasskeyAnswer, PasskeyFailure>> {
    const got = await askBrowser(() => this.#credentials.get({ publicKey: this.#request(known) }));
    if (!got.ok) return fail({ kind: got.failure.kind === 'passkey-exists' ? 'passkey-unknown' : got.failure.kind });
    const credentialId = new Uint8Array(got.value.rawId);
    const secret = secretOf(got.value.getClientExtensionResults().prf);
    if (!secret) return fail({ kind: 'passkey-unsupported' });
    return known.some((passkey) => equalBytes(passkey.credentialId, credentialId))
      ? succeed({ credentialId, secret })
      : fail({ kind: 'passkey-unknown' });
  }

  forget(credentialId: Bytes): void {
    // A courtesy to the person's list of passkeys; nothing here depends on it.
    this.#scope?.signalUnknownCredential?.({ rpId: this.#site, credentialId: toBase64url(credentialId) }).catch(() => undefined);
  }

  #creation(name: string, salt: Bytes, existing: readonly KnownPasskey[]): PublicKeyCredentialCreationOptions {
    return {
      challenge: this.#random(CHALLENGE_BYTES),
      rp: { id: this.#site, name: 'Parley' },
      user: { id: this.#random(USER_HANDLE_BYTES), name, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: existing.map(descriptor),
      // Verification is not a formality: with and without it, an authenticator makes different secrets (CTAP 2.1 §12.5).
      authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
      attestation: 'none',
      timeout: TIMEOUT_MS,
      extensions: { prf: { eval: { first: salt } } },
    };
  }

  #request(known: readonly KnownPasskey[]): PublicKeyCredentialRequestOptions {
    const salts = known.map(({ credentialId, salt }) => [toBase64url(credentialId), { first: salt }] as const);
    return {
      challenge: this.#random(CHALLENGE_BYTES),
      rpId: this.#site,
      allowCredentials: known.map(descriptor),
      userVerification: 'required',
      timeout: TIMEOUT_MS,
      extensions: { prf: { evalByCredential: Object.fromEntries(salts) } },
    };
  }
}

function descriptor({ credentialId }: KnownPasskey): PublicKeyCredentialDescriptor {
  return { type: 'public-key', id: credentialId };
}

function secretOf(prf: AuthenticationExtensionsPRFOutputs | undefined): Bytes | undefined {
  const first = prf?.results?.first;
  if (!(first instanceof ArrayBuffer)) return undefined;
  return first.byteLength === SECRET_BYTES ? new Uint8Array(first) : undefined;
}

type BrowserFailure = PasskeyFailure | { readonly kind: 'passkey-exists' };

/** The browser's refusals, by the names WebAuthn gives them (§5.1.3, §5.1.4). Anything else is a mistake of ours. */
async function askBrowser(ask: () => Promise<Credential | null>): Promise<Result<PublicKeyCredential, BrowserFailure>> {
  try {
    const credential = await ask();
    return credential ? succeed(credential as PublicKeyCredential) : fail({ kind: 'passkey-cancelled' });
  } catch (reason) {
    const kind = reason instanceof Error ? FAILURES[reason.name] : undefined;
    if (kind === undefined) throw reason;
    return fail({ kind });
  }
}

/** `NotAllowedError` is all a page is told of a refusal, of running out of time, and of a device that has none of these passkeys. */
const FAILURES: Readonly<Record<string, BrowserFailure['kind']>> = {
  NotAllowedError: 'passkey-cancelled',
  AbortError: 'passkey-cancelled',
  InvalidStateError: 'passkey-exists',
  NotSupportedError: 'passkey-unsupported',
  ConstraintError: 'passkey-unsupported',
  SecurityError: 'passkey-unsupported',
  UnknownError: 'passkey-unsupported',
};

/** This browser's own passkeys. */
export function browserPasskeys({ location, navigator }: Window, random: (length: number) => Bytes): Promise<Passkeys> {
  // Typed as always there; absent in old browsers and on insecure origins.
  const { credentials } = navigator as Partial<Navigator>;
  const { PublicKeyCredential: publicKeyCredential } = globalThis as { readonly PublicKeyCredential?: PublicKeyCredentialScope };
  return createPasskeys({ hostname: location.hostname, credentials, publicKeyCredential, random });
}
