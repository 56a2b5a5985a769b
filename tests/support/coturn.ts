/** A real TURN relay (coturn, as Debian packs it), with ephemeral credentials from a secret it shares with our server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canInstall, findProgram, install } from './debian.ts';

export interface CoturnOptions {
  readonly address: string;
  readonly secret: string;
  /** What to put before the command, as `['ip', 'netns', 'exec', 'street']`. */
  readonly wrapper?: readonly string[];
}

export const TURN_PORT = 3478;
const START_TIMEOUT_MS = 15_000;
/** A relay must not be a way into anybody's private network. */
const PRIVATE_RANGES = ['10.0.0.0-10.255.255.255', '172.16.0.0-172.31.255.255', '192.168.0.0-192.168.255.255'];

const everyChild = new Set<ChildProcess>();
process.on('exit', () => everyChild.forEach((child) => child.kill('SIGKILL')));

/** Why there can be no coturn here, as a sentence; undefined when there can. Installs Debian's where this user may. */
export function whyNoCoturn(): string | undefined {
  if (findProgram('turnserver') === undefined && canInstall()) install('coturn');
  return findProgram('turnserver') === undefined ? 'coturn is not installed (Debian and Ubuntu: apt-get install coturn)' : undefined;
}

export class Coturn {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async start({ address, secret, wrapper }: CoturnOptions): Promise<Coturn> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-coturn-'));
    const [program, ...args] = [
      ...(wrapper ?? []),
      findProgram('turnserver') ?? 'turnserver',
      '-n',
      `--listening-ip=${address}`,
      `--relay-ip=${address}`,
      `--listening-port=${TURN_PORT}`,
      '--use-auth-secret',
      `--static-auth-secret=${secret}`,
      '--realm=parley.test',
      '--fingerprint',
      '--no-cli',
      '--no-tls',
      '--no-dtls',
      '--no-multicast-peers',
      ...PRIVATE_RANGES.map((range) => `--denied-peer-ip=${range}`),
      '--log-file=stdout',
      // Only a talkative coturn says when it listens.
      '--verbose',
      `--pidfile=${join(folder, 'turnserver.pid')}`,
      `--userdb=${join(folder, 'turndb')}`,
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    everyChild.add(child);
    child.once('exit', () => everyChild.delete(child));
    const coturn = new Coturn(child, folder);
    try {
      await coturn.#listening();
    } catch (error) {
      await coturn.close();
      throw error;
    }
    return coturn;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = '';
      let settled = false;
      const timer = setTimeout(() => reject(new Error(`coturn did not start in ${START_TIMEOUT_MS} ms:\n${said}`)), START_TIMEOUT_MS);
      const listen = (chunk: Buffer) => {
        // Once it runs, its words are only drained, so that its pipe never fills.
        if (settled) return;
        said += chunk.toString();
        if (!/UDP listener opened on/i.test(said)) return;
        settled = true;
        clearTimeout(timer);
        resolve();
      };
      this.#child.stdout?.on('data', listen);
      this.#child.stderr?.on('data', listen);
      this.#child.once('exit', () => {
        clearTimeout(timer);
        reject(new Error(`coturn ended at once:\n${said}`));
      });
    });
  }
}
