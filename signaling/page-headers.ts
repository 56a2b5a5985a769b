/** What every answer tells the browser: what the page may load, whom it may talk to, what it may use. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A host as browsers send it. Anything else is not repeated into a header. */
const HOST = /^[a-z\d.-]+(:\d{1,5})?$|^\[[a-f\d:]+\](:\d{1,5})?$/i;

const PERMISSIONS = [
  'camera=(self)',
  'microphone=(self)',
  'display-capture=(self)',
  ...['accelerometer', 'geolocation', 'gyroscope', 'magnetometer', 'midi', 'payment', 'serial', 'usb'].map((name) => `${name}=()`),
].join(', ');

export function setPageHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy(request.headers.host));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Permissions-Policy', PERMISSIONS);
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

/** Everything from this server and nothing from anywhere else; WebAssembly for libsodium. */
export function contentSecurityPolicy(host: string | undefined): string {
  // Not every browser takes 'self' to include WebSockets to the same host.
  const sockets = host !== undefined && HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    `default-src 'none'`,
    `script-src 'self' 'wasm-unsafe-eval'`,
    `style-src 'self'`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    `media-src 'self' blob:`,
    `connect-src 'self'${sockets}`,
    `worker-src 'self'`,
    // Downloads of files that a page has: the service worker answers them, never this server (frame-ancestors).
    `frame-src 'self'`,
    `manifest-src 'self'`,
    `form-action 'none'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
    `object-src 'none'`,
  ].join('; ');
}
