import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBuilt } from '../../signaling/build-state.ts';
import { CLOSE } from '../../src/protocol/signaling.ts';
import { Client, until, tag, topic } from './client.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Starting a TypeScript program on a busy machine. */
const PATIENCE_MS = 30_000;

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-program-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'signaling/main.ts', ...args], { cwd: ROOT });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  return { child, said, exit: once(child, 'close').then(([code]) => code as number | null) };
}

async function runServer(args: readonly string[] = []) {
  const program = run(['--port', '0', '--address', '127.0.0.1', ...args]);
  await until(() => program.said.out.includes('listening') || program.child.exitCode !== null);
  const { port } = JSON.parse(program.said.out.split('\n')[0] ?? '') as { port: number };
  return { ...program, port };
}

describe('the program', () => {
  it('refuses a bad configuration with a plain sentence and exit code 2', { timeout: PATIENCE_MS }, async () => {
    const { said, exit } = run(['--port', 'x']);
    expect(await exit).toBe(2);
    expect(said).toEqual({ out: '', err: '--port must be a whole number from 0 to 65535.\n' });
  });

  it('says that a port is taken and exits with code 2', { timeout: PATIENCE_MS }, async () => {
    const { port } = await runServer();
    const { said, exit } = run(['--port', `${port}`, '--address', '127.0.0.1']);
    expect(await exit).toBe(2);
    expect(said.err).toBe(`Port ${port} is taken: something else is listening there. Choose another with --port.\n`);
  });

  it('drains at SIGTERM, and stops at once at the second', { timeout: PATIENCE_MS }, async () => {
    const gentle = await runServer();
    const alice = await Client.connect(gentle);
    gentle.child.kill('SIGTERM');
    expect(await alice.closed).toBe(CLOSE.restart);
    expect(await gentle.exit).toBe(0);

    const hasty = await runServer();
    const people = await Promise.all(Array.from({ length: 40 }, () => Client.connect(hasty)));
    hasty.child.kill('SIGTERM');
    // What comes at once is the same key press; what comes later is meant.
    const impatient = setInterval(() => hasty.child.kill('SIGINT'), 50);
    expect(await hasty.exit).toBe(0);
    clearInterval(impatient);
    const codes = await Promise.all(people.map((person) => person.closed));
    expect(new Set(codes)).toEqual(new Set([CLOSE.restart, 1006]));
  });

  it('logs nothing about who talks to whom, and begins its log anew at SIGHUP', { timeout: PATIENCE_MS }, async () => {
    const logFile = join(folder, 'log', 'parley.log');
    const program = run(['--port', '0', '--address', '127.0.0.1', '--log-level', 'debug', '--log-file', logFile]);
    const read = () => {
      try {
        return readFileSync(logFile, 'utf8');
      } catch {
        return '';
      }
    };
    await until(() => read().includes('listening'));
    const { port } = JSON.parse(read().split('\n')[0] ?? '') as { port: number };
    const alice = await Client.connect({ port });
    await alice.join([[topic('cafe'), tag('alice')]]);
    alice.webSocket.close();
    await alice.closed;
    renameSync(logFile, `${logFile}.1`);
    program.child.kill('SIGHUP');
    await until(() => read().includes('reloaded'));
    program.child.kill('SIGTERM');
    expect(await program.exit).toBe(0);
    const log = readFileSync(`${logFile}.1`, 'utf8') + read();
    expect(log).toContain('stopped');
    for (const secret of ['127.0.0.1', topic('cafe'), tag('alice')]) expect(log).not.toContain(secret);
  });
});

describe('the built app', () => {
  const write = (path: string, seconds: number): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
    for (const each of [path, dirname(path)]) utimesSync(join(folder, each), seconds, seconds);
  };

  it('is built again when it is missing or older than anything it is made from', () => {
    write('src/ui/app.svelte', 100);
    write('src/main.ts', 100);
    write('index.html', 100);
    expect(isBuilt(folder)).toBe(false);
    write('dist/index.html', 200);
    expect(isBuilt(folder)).toBe(true);
    write('src/ui/app.svelte', 300);
    expect(isBuilt(folder)).toBe(false);
    write('dist/index.html', 400);
    write('vite.config.ts', 500);
    expect(isBuilt(folder)).toBe(false);
  });

  it('is built again when a source was removed', () => {
    write('src/main.ts', 100);
    write('dist/index.html', 200);
    expect(isBuilt(folder)).toBe(true);
    rmSync(join(folder, 'src', 'main.ts'));
    expect(isBuilt(folder)).toBe(false);
  });
});
