/** The whole server, as a value: used by the programs, by tests and by the end-to-end checks. */
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../src/lib/clock.ts';
import { SIGNALING_PATH } from '../src/protocol/signaling.ts';
import { DoorV1 } from './door-v1.ts';
import { DoorY, Y_PATH } from './door-y.ts';
import { Entrance, type Door } from './entrance.ts';
import { HttpSide } from './http.ts';
import { openLog } from './log.ts';
import { MemoryGuard } from './memory-guard.ts';
import { DEFAULTS, type Config } from './options.ts';
import { StartFailure } from './start-failure.ts';
import { systemClock } from './system-clock.ts';
import { IceServers } from './turn.ts';

export interface RunningServer {
  readonly port: number;
  /** Where a browser on this machine opens the app. */
  readonly url: string;
  /** Where browsers on other machines find it; empty when it listens on this machine only. */
  readonly otherUrls: readonly string[];
  /** Open WebSockets, topics and seats on them. */
  readonly kept: { readonly sockets: number; readonly topics: number; readonly seats: number };
  /** Reads certificate and app again and reopens the log file; what is no good is logged and the old kept. */
  reload(): void;
  /** Lets nobody in, closes sockets with 1012 over `drainSeconds` (less when there are few), and stops. */
  drain(): Promise<void>;
  /** Like `drain`, without taking time over it. */
  close(): Promise<void>;
  /** Stops as if the process had died: no close frames, sockets simply gone. */
  kill(): Promise<void>;
}

/** Few sockets need no spreading: at most this long for each. */
const DRAIN_PER_SOCKET_MS = 50;
/** How long clients have to answer the last close frames. */
const LAST_WORDS_MS = 1_000;

/**
 * Starts a server; what `options` does not say is as in the sample file. `port: 0` takes a free port.
 * Rejects with a StartFailure (a plain sentence) when the port is taken or a file is no good.
 */
export async function startServer(options: Partial<Config> = {}, clock: Clock = systemClock): Promise<RunningServer> {
  const config: Config = { ...DEFAULTS, ...options };
  const { logger, reopen } = openLog(config);
  const memory = new MemoryGuard(config.maxMemoryMib, clock);
  const doorV1 = new DoorV1({ config, clock, ice: new IceServers(config, clock) });
  const doorY = new DoorY(config);
  const doors = new Map<string, Door>([[SIGNALING_PATH, doorV1]]);
  if (config.yDoor === 'open') doors.set(Y_PATH, doorY);
  const entrance = new Entrance({ config, clock, log: logger, memory, doors });
  const http = new HttpSide({ config, log: logger, ready: () => entrance.open });
  const { server } = http;
  server.on('upgrade', (request, socket, head) => entrance.upgrade(request, socket, head));
  const port = await listen(http, config);
  logger.info({ port }, 'listening');

  const stop = async (spreadMs: number): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    await entrance.drain(spreadMs, (milliseconds) => wait(milliseconds));
    const giveUp = setTimeout(() => {
      entrance.terminate();
      server.closeAllConnections();
    }, LAST_WORDS_MS);
    server.closeIdleConnections();
    await closed;
    clearTimeout(giveUp);
    logger.info('stopped');
  };
  let stopping: Promise<void> | undefined;

  return {
    port,
    url: `${http.secure ? 'https' : 'http'}://${localHost(config.address)}:${port}/`,
    otherUrls: config.address === '' ? lanAddresses().map((host) => `${http.secure ? 'https' : 'http'}://${host}:${port}/`) : [],
    get kept() {
      const [v1, y] = [doorV1.kept, doorY.kept];
      return { sockets: entrance.size, topics: v1.topics + y.topics, seats: v1.seats + y.seats };
    },
    reload() {
      try {
        reopen();
        http.reload();
        logger.info('reloaded');
      } catch (error) {
        logger.error({ err: error }, 'not reloaded: going on with the old');
      }
    },
    drain: () => (stopping ??= stop(Math.min(config.drainSeconds * 1000, entrance.size * DRAIN_PER_SOCKET_MS))),
    close: () => (stopping ??= stop(0)),
    async kill() {
      entrance.terminate();
      server.closeAllConnections();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function listen({ server }: HttpSide, config: Config): Promise<number> {
  const listening = once(server, 'listening');
  server.listen({ port: config.port, ...(config.address === '' ? {} : { host: config.address }) });
  try {
    await listening;
  } catch (error) {
    throw new StartFailure(whyNotListening(error, config));
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Broken invariant: a listening server has a port');
  // From here on an error concerns one connection that could not be accepted (no file handles left): the others go on.
  server.on('error', () => undefined);
  return address.port;
}

function whyNotListening(error: unknown, { address, port }: Config): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is taken: something else is listening there. Choose another with --port.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose one above 1023 with --port.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${address} is not an address of this machine.`;
  return `The server cannot listen on port ${port}: ${String(error)}.`;
}

function localHost(address: string): string {
  if (address === '' || address === '0.0.0.0' || address === '::') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}

/** The IPv4 addresses that other machines on the same network reach this one by. */
function lanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
