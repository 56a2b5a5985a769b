/**
 * Which pages may use this server. There are no cookies, so this guards nobody's account: it keeps other sites from using
 * the server for free. Programs that are no browsers send no Origin and could send any, so they are let through.
 */
import type { IncomingMessage } from 'node:http';

export function mayUse(request: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (origins.length > 0) return origins.includes(origin);
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
