/** The real signaling server as a child process: to be killed and started again at the same address. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './build.ts';

export interface ServerOptions {
  /** Loopback unless told. */
  readonly address?: string;
  /** A free one unless told. */
  readonly port?: number;
  /** More command line flags, as `['--turn-secret', '…']`. */
  readonly flags?: readonly string[];
  /** What to put before the command, as `['ip', 'netns', 'exec', 'street']`. */
  readonly wrapper?: readonly string[];
}

type PlacedServer = ServerOptions & { readonly address: string; readonly port: number };

const everyChild = new Set<ChildProcess>();
process.on('exit', () => everyChild.forEach((child) => child.kill('SIGKILL')));

const START_TIMEOUT_MS = 30_000;
/** What the tests are told by the environment is none of the server's business. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_')));

export class ServerProcess {
  readonly url: string;
  readonly #options: PlacedServer;
  #child: ChildProcess | undefined;
  #said = '';

  private constructor(options: PlacedServer) {
    this.#options = options;
    this.url = `http://${options.address}:${options.port}/`;
  }

  /** Resolves when the server takes connections. */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const port = options.port ?? (await freePort());
    const server = new ServerProcess({ ...options, address: options.address ?? '127.0.0.1', port });
    await server.start();
    return server;
  }

  /** Starts it again, at the same address. */
  async start(): Promise<void> {
    const { address, port, flags, wrapper } = this.#options;
    const [program = '', ...args] = [
      ...(wrapper ?? []),
      process.execPath,
      '--import',
      'tsx',
      join(ROOT, 'signaling', 'main.ts'),
      '--address',
      address,
      '--port',
      String(port),
      ...(flags ?? []),
    ];
    this.#said = '';
    const child = spawn(program, args, { cwd: ROOT, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    everyChild.add(child);
    child.once('exit', () => everyChild.delete(child));
    await this.#listening(child);
  }

  /** Ends it without a word, as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Everything it printed since it was last started. */
  get said(): string {
    return this.#said;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  /** Its log says when it listens: a line for whoever supervises it, so for us too. */
  #listening(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => refuse(`did not start in ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
      const refuse = (what: string) => {
        clearTimeout(timer);
        child.kill('SIGKILL');
        reject(new Error(`The server ${what}. It said:\n${this.#said}`));
      };
      const listen = (chunk: Buffer) => {
        this.#said += chunk.toString();
        if (!this.#said.includes('"msg":"listening"')) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      child.once('exit', (code) => refuse(`ended with code ${code ?? 'none'}`));
    });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
