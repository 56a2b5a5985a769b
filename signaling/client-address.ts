/** Who is on the other end, as far as limits care: an IPv4 address or the /64 of an IPv6 address. */
import type { IncomingMessage } from 'node:http';
import { isIP, type BlockList } from 'node:net';

/** How many 16-bit groups of an IPv6 address name one customer's network (/64). */
const NETWORK_GROUPS = 4;
const ALL_GROUPS = 8;

/**
 * The key that limits are counted under. X-Forwarded-For is read from the right, and only as far as the addresses are
 * trusted proxies: whatever stands further left was written by a stranger.
 */
export function addressKeyOf(request: IncomingMessage, trustedProxies: BlockList): string {
  const hops = [...forwardedFor(request), request.socket.remoteAddress ?? ''].reverse();
  let client = '';
  for (const hop of hops) {
    const address = plainAddress(hop);
    if (isIP(address) === 0) break;
    client = address;
    if (!trustedProxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) break;
  }
  return isIP(client) === 6 ? networkOf(client) : client;
}

/** Whether somebody says they forward for others, and is not one of the trusted proxies. */
export function looksLikeUnknownProxy(request: IncomingMessage, trustedProxies: BlockList): boolean {
  const address = plainAddress(request.socket.remoteAddress ?? '');
  if (request.headers['x-forwarded-for'] === undefined || isIP(address) === 0) return false;
  return !trustedProxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function forwardedFor(request: IncomingMessage): string[] {
  const header = request.headers['x-forwarded-for'];
  return typeof header === 'string' ? header.split(',').map((part) => part.trim()) : [];
}

/** Without the zone of a link-local address, and IPv4 as IPv4 even when it arrives mapped into IPv6. */
function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  return bare.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** The first 64 bits of an IPv6 address, written one way. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const middle = new Array<string>(Math.max(0, ALL_GROUPS - left.length - right.length)).fill('0');
  const groups = [...left, ...middle, ...right].slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

function groupsOf(part: string): string[] {
  if (part === '') return [];
  // A dotted IPv4 address at the end stands for two groups, both beyond the network.
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
