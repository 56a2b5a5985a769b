import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '../../signaling/page-headers.ts';
import { serve } from './servers.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly certificate: string | undefined;
}

/** A plain request: unlike fetch it sends exactly the path and headers given. */
async function get(url: string, headers: Readonly<Record<string, string>> = {}, path?: string, method = 'GET'): Promise<Answer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { headers, method, rejectUnauthorized: false, agent: false, ...(path === undefined ? {} : { path }) };
    request(url, options, (response) => {
      const certificate =
        'getPeerCertificate' in response.socket ? (response.socket as TLSSocket).getPeerCertificate().fingerprint256 : undefined;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString(), certificate }),
      );
    })
      .on('error', reject)
      .end();
  });
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-http-'));
  mkdirSync(join(folder, 'app', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'app', 'index.html'), '<title>Parley</title>');
  writeFileSync(join(folder, 'app', 'sw.js'), '// worker');
  writeFileSync(join(folder, 'app', 'assets', 'main-abc123.js'), 'export {};');
  writeFileSync(join(folder, 'secret'), 'sesame');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('health', () => {
  it('is told apart: alive, and ready for more', async () => {
    const ready = await serve();
    expect(await get(`${ready.url}healthz`)).toMatchObject({ status: 200, body: 'ok\n' });
    expect(await get(`${ready.url}readyz`)).toMatchObject({ status: 200, body: 'ready\n' });
    const full = await serve({ maxMemoryMib: 1 });
    expect((await get(`${full.url}healthz`)).status).toBe(200);
    expect((await get(`${full.url}readyz`)).status).toBe(503);
  });
});

describe('the app', () => {
  it('is served with a policy that lets it talk to this server and nobody else', async () => {
    const server = await serve({ app: join(folder, 'app') });
    const { status, headers, body } = await get(server.url);
    expect([status, body]).toEqual([200, '<title>Parley</title>']);
    const host = `127.0.0.1:${server.port}`;
    expect(headers).toMatchObject({
      'content-security-policy':
        `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; ` +
        `media-src 'self' blob:; connect-src 'self' ws://${host} wss://${host}; worker-src 'self'; frame-src 'self'; manifest-src 'self'; ` +
        `form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['permissions-policy']).toContain('camera=(self), microphone=(self), display-capture=(self)');
    expect(headers['permissions-policy']).toContain('geolocation=()');
  });

  it('has the same policy on every answer, whatever it is', async () => {
    const server = await serve({ app: join(folder, 'app') });
    for (const path of ['healthz', 'nothing.png', 'sw.js', 'assets/main-abc123.js'])
      expect((await get(`${server.url}${path}`)).headers['content-security-policy']).toContain(`default-src 'none'`);
  });

  it('is kept for ever where names carry a hash, and asked for again elsewhere', async () => {
    const server = await serve({ app: join(folder, 'app') });
    expect((await get(`${server.url}assets/main-abc123.js`)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of ['', 'index.html', 'sw.js', 'some/screen'])
      expect((await get(`${server.url}${path}`, { accept: 'text/html' })).headers['cache-control']).toBe('no-cache');
  });

  it('answers every screen with the page, and missing files with 404', async () => {
    const server = await serve({ app: join(folder, 'app') });
    expect((await get(`${server.url}chat/alice?x=1`, { 'sec-fetch-mode': 'navigate' })).body).toBe('<title>Parley</title>');
    expect((await get(`${server.url}assets/gone.js`, { 'sec-fetch-mode': 'no-cors', accept: '*/*' })).status).toBe(404);
    expect((await get(`${server.url}gone`)).status).toBe(404);
  });

  it.each([
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/assets/..%5c..%5c..%5csecret',
    '/%',
    '//secret',
    '/%00',
    'http://a/secret',
    '*',
  ])('is all that is served: %s', async (path) => {
    const server = await serve({ app: join(folder, 'app') });
    const { status, body } = await get(server.url, {}, path);
    expect(body).not.toContain('sesame');
    expect([200, 400, 404]).toContain(status);
  });

  it('is not asked for in parts, nor written to', async () => {
    const server = await serve({ app: join(folder, 'app') });
    for (const range of ['bytes=5-1', 'bytes=-1', 'bytes=99999999-', 'lines=1'])
      expect((await get(server.url, { range })).body).toBe('<title>Parley</title>');
    expect(await get(server.url, {}, undefined, 'DELETE')).toMatchObject({ status: 405 });
  });

  it('may vanish while it is served, and come back', async () => {
    const server = await serve({ app: join(folder, 'app') });
    renameSync(join(folder, 'app'), join(folder, 'old'));
    await expect(get(server.url)).rejects.toThrow();
    server.reload();
    expect((await get(server.url, { accept: 'text/html' })).status).toBe(404);
    renameSync(join(folder, 'old'), join(folder, 'app'));
    server.reload();
    expect((await get(server.url)).body).toBe('<title>Parley</title>');
  });

  it('may be missing altogether', async () => {
    expect(await get((await serve()).url)).toMatchObject({ status: 404, body: 'Not found\n' });
  });

  it('never repeats a strange host into its policy', () => {
    expect(contentSecurityPolicy(`a; script-src *`)).toContain(`connect-src 'self';`);
    expect(contentSecurityPolicy('[::1]:8080')).toContain(`connect-src 'self' ws://[::1]:8080 wss://[::1]:8080;`);
    expect(contentSecurityPolicy(undefined)).toContain(`connect-src 'self';`);
  });
});

describe('TLS', () => {
  function makeCertificate(name: string): { readonly tlsCertificate: string; readonly tlsKey: string } {
    const [tlsCertificate, tlsKey] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...args, '-keyout', tlsKey, '-out', tlsCertificate], { stdio: 'ignore' });
    return { tlsCertificate, tlsKey };
  }

  it('is spoken with the certificate given, and with a new one after a reload', async () => {
    const files = makeCertificate('a');
    const server = await serve(files);
    expect(server.url).toBe(`https://127.0.0.1:${server.port}/`);
    const first = await get(`${server.url}healthz`);
    expect(first.status).toBe(200);
    const next = makeCertificate('b');
    renameSync(next.tlsCertificate, files.tlsCertificate);
    renameSync(next.tlsKey, files.tlsKey);
    server.reload();
    const second = await get(`${server.url}healthz`);
    expect(second.status).toBe(200);
    expect(second.certificate).not.toBe(first.certificate);
  });

  it('goes on with the old certificate when the new one is no good', async () => {
    const files = makeCertificate('a');
    const server = await serve(files);
    writeFileSync(files.tlsCertificate, 'nonsense');
    server.reload();
    expect((await get(`${server.url}healthz`)).status).toBe(200);
  });

  it('refuses to start without a usable certificate', async () => {
    await expect(serve({ tlsCertificate: '/gone.pem', tlsKey: '/gone.key' })).rejects.toThrow(
      'The file of tls-certificate, /gone.pem, cannot be read.',
    );
    const { tlsKey } = makeCertificate('a');
    writeFileSync(join(folder, 'bad.pem'), 'nonsense');
    await expect(serve({ tlsCertificate: join(folder, 'bad.pem'), tlsKey })).rejects.toThrow(
      'The certificate and key cannot be used together',
    );
  });
});
