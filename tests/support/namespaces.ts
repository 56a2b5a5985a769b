/**
 * Small networks on one machine, out of Linux network namespaces: people on one LAN, or each behind a NAT of their own.
 *
 *   behindNats:  alice — nat — street — nat — bob        lan:  alice — street — bob        cut:  alice — street    island — bob
 *
 * `street` is the internet of the test (203.0.113.0/24, RFC 5737): the server and the TURN relay stand there. Nothing is
 * connected to the machine's real network. Needs root, `ip` and `nft`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { canInstall, findProgram, install } from './debian.ts';

/** Where the street's own services listen. */
export const STREET_ADDRESS = '203.0.113.1';

/**
 * `masquerade` keeps the source port where it can: STUN's answer holds for every peer. `fully-random` draws a port for each
 * destination, as symmetric NATs do: only a relay helps.
 */
export type NatKind = 'masquerade' | 'masquerade fully-random';

const PREFIX = 'parley';
/** Each namespace has its own; `sysctl` would be one more package to need. */
const FORWARD = 'echo 1 > /proc/sys/net/ipv4/ip_forward';
const ISLAND = 'island';
const open = new Set<Network>();
process.on('exit', () => open.forEach((network) => network.close()));

/** Why there can be no namespaces here, as a sentence; undefined when there can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = [
    ['ip', 'iproute2'],
    ['nft', 'nftables'],
  ].filter(([program = '']) => findProgram(program) === undefined);
  if (missing.length > 0 && !canInstall()) return `${missing.map(([program]) => program).join(' and ')} not installed`;
  if (missing.length > 0) install(...missing.map(([, packageName = '']) => packageName));
  return tryOne();
}

/** Containers often forbid what root may do elsewhere; one trial tells. */
function tryOne(): string | undefined {
  const name = `${PREFIX}-${process.pid}-trial`;
  try {
    run('ip', 'netns', 'add', name);
    try {
      run('ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'ip', 'trial');
      run('ip', 'netns', 'exec', name, 'sh', '-c', FORWARD);
      run('ip', '-n', name, 'link', 'add', 'trial0', 'type', 'veth', 'peer', 'name', 'trial1');
      return undefined;
    } finally {
      run('ip', 'netns', 'delete', name);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    return `network namespaces are not permitted here (${reason ?? 'no reason given'})`;
  }
}

export class Network {
  readonly #names = new Set<string>();
  /** What of each person on the LAN ends in the street. */
  readonly #cables = new Map<string, string>();

  /** Each person has a namespace of their name on one network with the street. */
  static lan(people: readonly string[]): Network {
    const network = new Network();
    people.forEach((person, index) => network.#onStreet(person, index + 2));
    return network;
  }

  /** Each person has a namespace of their name behind a NAT; the NATs meet on the street. */
  static behindNats(people: readonly string[], kind: NatKind): Network {
    const network = new Network();
    people.forEach((person, index) => network.#behindNat(person, index + 2, kind));
    return network;
  }

  private constructor() {
    open.add(this);
    removeLeftovers();
    this.#add('street');
    this.#in('street', 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    this.#in('street', 'ip', 'address', 'add', `${STREET_ADDRESS}/24`, 'dev', 'bridge');
    this.#in('street', 'ip', 'link', 'set', 'bridge', 'up');
  }

  /** What to put before a command to run it at somebody's place: a person's name, or `street`. */
  at(place: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(place)];
  }

  /** Of those on the LAN, these still reach each other, and nobody else; as they are: no connection is told. */
  cutOff(people: readonly string[]): void {
    this.#in('street', 'ip', 'link', 'add', ISLAND, 'type', 'bridge');
    this.#in('street', 'ip', 'link', 'set', ISLAND, 'up');
    for (const person of people) this.#in('street', 'ip', 'link', 'set', this.#cable(person), 'master', ISLAND);
  }

  /** Those who were cut off are back on the street. */
  reunite(people: readonly string[]): void {
    for (const person of people) this.#in('street', 'ip', 'link', 'set', this.#cable(person), 'master', 'bridge');
    this.#in('street', 'ip', 'link', 'delete', ISLAND);
  }

  /** Ends everything that runs inside, and removes the namespaces. */
  close(): void {
    for (const name of this.#names) removeNamespace(name);
    this.#names.clear();
    open.delete(this);
  }

  #cable(person: string): string {
    const cable = this.#cables.get(person);
    if (cable === undefined) throw new Error(`${person} is not on the LAN.`);
    return cable;
  }

  #onStreet(place: string, host: number): void {
    this.#add(place);
    this.#cables.set(place, `to-${host}`);
    run(
      'ip',
      '-n',
      this.#name(place),
      'link',
      'add',
      'street',
      'type',
      'veth',
      'peer',
      'name',
      `to-${host}`,
      'netns',
      this.#name('street'),
    );
    this.#in('street', 'ip', 'link', 'set', `to-${host}`, 'master', 'bridge', 'up');
    this.#in(place, 'ip', 'address', 'add', `203.0.113.${host}/24`, 'dev', 'street');
    this.#in(place, 'ip', 'link', 'set', 'street', 'up');
    // Nothing answers there, but a browser without a default route thinks it is offline and offers no candidates.
    this.#in(place, 'ip', 'route', 'add', 'default', 'via', STREET_ADDRESS);
  }

  #behindNat(person: string, host: number, kind: NatKind): void {
    const nat = `${person}-nat`;
    this.#onStreet(nat, host);
    this.#in(nat, 'ip', 'route', 'delete', 'default');
    this.#add(person);
    run('ip', '-n', this.#name(person), 'link', 'add', 'home', 'type', 'veth', 'peer', 'name', 'home', 'netns', this.#name(nat));
    this.#in(nat, 'ip', 'address', 'add', `192.168.${host}.1/24`, 'dev', 'home');
    this.#in(nat, 'ip', 'link', 'set', 'home', 'up');
    this.#in(nat, 'sh', '-c', FORWARD);
    this.#in(nat, 'nft', 'add', 'table', 'ip', 'nat');
    this.#in(nat, 'nft', 'add', 'chain', 'ip', 'nat', 'out', '{ type nat hook postrouting priority 100 ; }');
    this.#in(nat, 'nft', 'add', 'rule', 'ip', 'nat', 'out', 'oifname', 'street', ...kind.split(' '));
    this.#in(person, 'ip', 'address', 'add', `192.168.${host}.2/24`, 'dev', 'home');
    this.#in(person, 'ip', 'link', 'set', 'home', 'up');
    this.#in(person, 'ip', 'route', 'add', 'default', 'via', `192.168.${host}.1`);
  }

  #add(place: string): void {
    const name = this.#name(place);
    run('ip', 'netns', 'add', name);
    this.#names.add(name);
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  }

  #name(place: string): string {
    return `${PREFIX}-${process.pid}-${place}`;
  }

  #in(place: string, ...command: readonly string[]): void {
    const [program = '', ...args] = [...this.at(place), ...command];
    run(program, ...args);
  }
}

/** Namespaces outlive a test run that was killed; those whose maker is gone are taken away. */
function removeLeftovers(): void {
  const names = run('ip', 'netns', 'list').split('\n');
  for (const line of names) {
    const [name = ''] = line.split(' ');
    const maker = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (maker !== undefined && !isRunning(Number(maker))) removeNamespace(name);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    // No such process.
    return false;
  }
}

function removeNamespace(name: string): void {
  for (const pid of run('ip', 'netns', 'pids', name).split('\n')) {
    try {
      if (pid !== '') process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended between the listing and now.
    }
  }
  run('ip', 'netns', 'delete', name);
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(findProgram(program) ?? program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
