/**
 * Every option there is, in the order of the sample file. A name is written the same way in all three forms:
 * `turnTtlSeconds` here is `turn-ttl-seconds` in the file, `--turn-ttl-seconds` as a flag, `PARLEY_TURN_TTL_SECONDS` in the
 * environment.
 */
import { join } from 'node:path';
import { amount, choice, isAddressRange, isOrigin, list, text, whole, type Option } from './option-kinds.ts';

const KIB = 1024;

export const OPTIONS = {
  address: text({ about: 'Address to listen on. Empty: every address of this machine.', fallback: '' }),
  port: whole({ about: 'Port to listen on. 0: any free one.', fallback: 8080 }, { least: 0, most: 65_535 }),
  origins: list(
    {
      about: 'Origins whose pages may use this server, as https://chat.example. Empty: only pages that this server itself serves.',
      fallback: [],
    },
    { isOne: isOrigin, means: 'an origin like https://chat.example' },
  ),
  app: text({ about: 'Folder of the built app to serve.', fallback: join(import.meta.dirname, '..', 'dist') }),
  tlsCertificate: text({ about: 'PEM file with the certificate and its chain. With tls-key, the server speaks https.', fallback: '' }),
  tlsKey: text({ about: 'PEM file with the private key of the certificate.', fallback: '' }),
  trustedProxies: list(
    {
      about: 'Addresses or ranges of your own reverse proxies: only their X-Forwarded-For is believed. Set it when there is one.',
      fallback: [],
    },
    { isOne: isAddressRange, means: 'an address or a range like 192.0.2.0/24' },
  ),

  logLevel: choice<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'>(
    { about: 'How much to log: silent, fatal, error, warn, info or debug. No level tells addresses, topics or tags.', fallback: 'info' },
    ['silent', 'fatal', 'error', 'warn', 'info', 'debug'],
  ),
  logFile: text({ about: 'File to log to, reopened at SIGHUP. Empty: standard output.', fallback: '' }),

  stun: list(
    {
      about:
        'STUN servers, as stun:stun.example:3478. Empty: none, which is enough inside one network. ' +
        'Two people behind different routers need one (coturn is both STUN and TURN).',
      fallback: [],
    },
    { isOne: (url) => /^stuns?:[^\s/?]+$/.test(url), means: 'a STUN address like stun:stun.example:3478' },
  ),
  turnUrls: list(
    { about: 'TURN servers, as turn:turn.example:3478?transport=udp, for people behind strict routers.', fallback: [] },
    {
      isOne: (url) => /^turns?:[^\s/?]+(\?transport=(udp|tcp))?$/.test(url),
      means: 'a TURN address like turn:turn.example:3478?transport=udp',
    },
  ),
  turnSecret: text({ about: 'The secret shared with the TURN server (coturn: static-auth-secret).', fallback: '', secret: true }),
  turnTtlSeconds: whole(
    { about: 'How long a TURN credential is good for. The app asks for new ones in time.', fallback: 4 * 3600 },
    { least: 60, most: 24 * 3600 },
  ),

  holdDownSeconds: amount(
    { about: 'How long somebody whose connection broke is still shown as here, in case they come back.', fallback: 20 },
    { least: 0, most: 600 },
  ),
  holdDownJitterSeconds: amount(
    { about: 'Up to this much is added at random, so that many who left together are not told of together.', fallback: 5 },
    { least: 0, most: 600 },
  ),
  drainSeconds: amount(
    { about: 'Over how long connections are closed at shutdown, so that people do not all come back at once.', fallback: 10 },
    { least: 0, most: 600 },
  ),

  maxSockets: whole({ about: 'Open WebSockets in all.', fallback: 20_000 }, { least: 1, most: 1_000_000 }),
  maxSocketsPerAddress: whole(
    { about: 'Open WebSockets per IPv4 address or IPv6 /64. Raise it when many people share one address.', fallback: 50 },
    { least: 1, most: 1_000_000 },
  ),
  connectsPerSecond: amount(
    { about: 'New WebSockets per second and address, in the long run.', fallback: 4 },
    { least: 0.01, most: 100_000 },
  ),
  connectBurst: whole({ about: 'New WebSockets per address at once.', fallback: 40 }, { least: 1, most: 1_000_000 }),
  messagesPerSecond: amount(
    { about: 'Messages per second from one socket, in the long run.', fallback: 20 },
    { least: 0.01, most: 100_000 },
  ),
  messageBurst: whole(
    { about: 'Messages from one socket at once: somebody with 150 friends greets them all.', fallback: 400 },
    { least: 1, most: 1_000_000 },
  ),
  maxTopics: whole(
    { about: 'Topics one socket may be on: two for each contact, and for each member of its groups.', fallback: 2_400 },
    { least: 1, most: 100_000 },
  ),
  maxMembers: whole({ about: 'Members on one topic.', fallback: 64 }, { least: 2, most: 10_000 }),
  yDoor: choice<'open' | 'closed'>(
    {
      about: 'Whether apps made with y-webrtc may use this server too, at /y: open or closed. Parley itself does not need it.',
      fallback: 'open',
    },
    ['open', 'closed'],
  ),
  yMaxTopics: whole({ about: 'Topics (y-webrtc: rooms) one socket at /y may be on.', fallback: 64 }, { least: 1, most: 100_000 }),
  yMessageBurst: whole({ about: 'Messages from one socket at /y at once.', fallback: 100 }, { least: 1, most: 1_000_000 }),
  maxFrameBytes: whole({ about: 'Bytes in one frame from a client.', fallback: 64 * KIB }, { least: 4 * KIB, most: 1024 * KIB }),
  maxBodyBytes: whole({ about: 'Bytes in the sealed body of one message.', fallback: 16 * KIB }, { least: KIB, most: 1024 * KIB }),
  softBufferBytes: whole(
    { about: 'Bytes waiting for a slow reader from which messages to it are dropped.', fallback: 256 * KIB },
    { least: KIB, most: 64 * KIB * KIB },
  ),
  hardBufferBytes: whole(
    { about: 'Bytes waiting for a slow reader at which it is cut off.', fallback: 1024 * KIB },
    { least: KIB, most: 64 * KIB * KIB },
  ),
  pingSeconds: amount(
    { about: 'How often sockets are pinged; one that leaves a ping unanswered until the next is cut off.', fallback: 30 },
    { least: 0.1, most: 3600 },
  ),
  maxMemoryMib: whole(
    {
      about: 'No new sockets while the process holds more memory than this, in MiB. 0: 85 % of what the machine or container has.',
      fallback: 0,
    },
    { least: 0, most: 1024 * 1024 },
  ),
} satisfies Record<string, Option<unknown>>;

type ValueOf<Some> = Some extends Option<infer Value> ? Value : never;

/** A complete configuration. */
export type Config = { readonly [Name in keyof typeof OPTIONS]: ValueOf<(typeof OPTIONS)[Name]> };

export const DEFAULTS: Config = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, option]) => [name, option.fallback]),
) as unknown as Config;

/** The name in the file and, after `--`, as a flag. */
export function keyOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The name in the environment. */
export function variableOf(name: string): string {
  return `PARLEY_${keyOf(name).replaceAll('-', '_').toUpperCase()}`;
}
