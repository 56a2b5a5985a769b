/** From defaults, a file, the environment and flags (each beating the one before) to one checked configuration. */
import { stringify, parseDocument } from 'yaml';
import { DEFAULTS, keyOf, OPTIONS, variableOf, type Config } from './options.ts';
import type { Option } from './option-kinds.ts';

/** What configuration is read from; the program gives its own, tests give theirs. */
export interface Sources {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Read when neither `--config` nor PARLEY_CONFIG names a file, if it exists. */
  readonly usualFile: string;
  /** What the program itself prefers to the general defaults. */
  readonly defaults?: Partial<Config>;
  /** The text of a file; undefined when it cannot be read. */
  readFile(path: string): string | undefined;
}

type Wish = 'run' | 'help' | 'check-config' | 'print-config';

export type Loaded =
  | { readonly wish: Wish; readonly config: Config; readonly warnings: readonly string[] }
  /** Plain sentences, one per mistake. */
  | { readonly problems: readonly string[] };

/** Variables with our prefix that are not options. */
const OTHER_VARIABLES = new Set(['PARLEY_CONFIG']);

const WISHES = new Map<string, Wish>([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--check-config', 'check-config'],
  ['--print-config', 'print-config'],
]);

/** One raw value, and how to call the place it stands in. */
interface Entry {
  readonly raw: unknown;
  readonly from: string;
}

interface Layer {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly problems: readonly string[];
  readonly warnings?: readonly string[];
}

const options: readonly (readonly [string, Option<unknown>])[] = Object.entries(OPTIONS);

/** Every key in the file and every flag: the options, and `<option>-file` for secrets. */
const KEYS = new Set(options.flatMap(([name, { secret }]) => (secret ? [keyOf(name), `${keyOf(name)}-file`] : [keyOf(name)])));

export function loadConfig(sources: Sources): Loaded {
  const command = readFlags(sources.flags);
  const fileLayer = readFileLayer(command.file ?? sources.environment['PARLEY_CONFIG'], sources);
  const environment = readEnvironment(sources.environment);
  const layers = [command.layer, environment, fileLayer];
  const problems = layers.flatMap((layer) => layer.problems);
  const values: Record<string, unknown> = { ...DEFAULTS, ...sources.defaults };
  for (const [name, option] of options) {
    const entry = strongest(keyOf(name), option.secret, layers, sources, problems);
    if (!entry) continue;
    const reading = option.read(entry.raw);
    if ('problem' in reading) problems.push(`${entry.from} ${reading.problem}.`);
    else values[name] = reading.value;
  }
  const config = values as unknown as Config;
  if (problems.length === 0) problems.push(...contradictions(config));
  if (problems.length > 0) return { problems };
  return { wish: command.wish, config, warnings: [...(environment.warnings ?? []), ...doubts(config)] };
}

/** The configuration as a file would say it, secrets hidden. */
export function printConfig(config: Config): string {
  const shown = options.map(([name, { secret }]) => {
    const value = config[name as keyof Config];
    return [keyOf(name), secret && value !== '' ? '(hidden)' : value];
  });
  return stringify(Object.fromEntries(shown));
}

export function helpText(command: string): string {
  const lines = options.map(([name, { about, fallback }]) => {
    const usual = Array.isArray(fallback) || fallback === '' ? '' : ` Default: ${String(fallback)}.`;
    return `  --${keyOf(name)}, ${variableOf(name)}\n      ${about}${usual}`;
  });
  return [
    `Usage: ${command} [--option value]…`,
    '',
    'Each option can stand in a file (signaling/parley.yaml.sample shows all of them), in the environment, or on the command line,',
    'which beats the environment, which beats the file. A secret can also be read from a file: --turn-secret-file, PARLEY_TURN_SECRET_FILE.',
    '',
    '  --config FILE, PARLEY_CONFIG\n      The file. Default: signaling/parley.yaml, if there is one.',
    '  --check-config\n      Say whether the configuration is good, and stop.',
    '  --print-config\n      Print the configuration as understood (secrets hidden), and stop.',
    '  --help\n      Print this, and stop.',
    ...lines,
    '',
  ].join('\n');
}

function readFlags(flags: readonly string[]): { readonly layer: Layer; readonly wish: Wish; readonly file: string | undefined } {
  const entries = new Map<string, Entry>();
  const problems: string[] = [];
  let wish: Wish = 'run';
  let file: string | undefined;
  const rest = [...flags];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const wished = WISHES.get(flag);
    if (wished) {
      wish = wished;
      continue;
    }
    const [, key = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(flag) ?? [];
    if (key !== 'config' && !KEYS.has(key)) {
      problems.push(`There is no option ${flag}; --help lists them.`);
      if (rest[0]?.startsWith('--') === false) rest.shift();
      continue;
    }
    const raw = inline ?? rest.shift();
    if (raw === undefined) problems.push(`--${key} needs a value.`);
    else if (key === 'config') file = raw;
    else entries.set(key, { raw, from: `--${key}` });
  }
  return { layer: { entries, problems }, wish, file };
}

function readEnvironment(environment: Sources['environment']): Layer {
  const known = new Map([...KEYS].map((key) => [variableOf(key), key]));
  const entries = new Map<string, Entry>();
  const warnings: string[] = [];
  for (const [variable, raw] of Object.entries(environment)) {
    const key = known.get(variable);
    if (key !== undefined && raw !== undefined) entries.set(key, { raw, from: variable });
    else if (variable.startsWith('PARLEY_') && !OTHER_VARIABLES.has(variable)) warnings.push(`${variable} is no option and is ignored.`);
  }
  return { entries, problems: [], warnings };
}

function readFileLayer(named: string | undefined, sources: Sources): Layer {
  const path = named ?? sources.usualFile;
  const content = sources.readFile(path);
  if (content === undefined) return emptyLayer(named === undefined ? [] : [`The configuration file ${path} cannot be read.`]);
  const document = parseDocument(content);
  const [error] = document.errors;
  if (error) return emptyLayer([`${path} is not YAML: ${error.message.split('\n')[0] ?? ''}`]);
  const tree: unknown = document.toJS();
  if (tree === null) return emptyLayer([]);
  if (typeof tree !== 'object' || Array.isArray(tree)) return emptyLayer([`${path} must be lines of the form "option: value".`]);
  const problems: string[] = [];
  const entries = new Map<string, Entry>();
  for (const [key, raw] of Object.entries(tree)) {
    if (!KEYS.has(key)) problems.push(`${path}: there is no option ${key}; --help lists them.`);
    // `port:` with nothing after it means the default, as if the line were not there.
    else if (raw !== null) entries.set(key, { raw, from: `${path}: ${key}` });
  }
  return { entries, problems };
}

function emptyLayer(problems: readonly string[]): Layer {
  return { entries: new Map(), problems };
}

/** The entry of the first layer that has one; a secret may stand in a file of its own. */
function strongest(key: string, secret: boolean, layers: readonly Layer[], sources: Sources, problems: string[]): Entry | undefined {
  for (const { entries } of layers) {
    const direct = entries.get(key);
    const pointer = secret ? entries.get(`${key}-file`) : undefined;
    if (direct && pointer) problems.push(`${direct.from} and ${pointer.from} are both given: keep one.`);
    if (direct) return direct;
    if (!pointer) continue;
    const content = typeof pointer.raw === 'string' ? sources.readFile(pointer.raw) : undefined;
    if (content === undefined) problems.push(`${pointer.from}: that file cannot be read.`);
    return content === undefined ? undefined : { raw: content, from: pointer.from };
  }
  return undefined;
}

/** What is wrong with options that are good each by itself. */
function contradictions(config: Config): string[] {
  const problems: string[] = [];
  if ((config.tlsCertificate === '') !== (config.tlsKey === ''))
    problems.push('tls-certificate and tls-key belong together: give both or neither.');
  if (config.turnUrls.length > 0 && config.turnSecret === '')
    problems.push('turn-urls needs turn-secret, the secret shared with the TURN server.');
  if (config.softBufferBytes >= config.hardBufferBytes) problems.push('soft-buffer-bytes must be less than hard-buffer-bytes.');
  if (config.maxBodyBytes >= config.maxFrameBytes) problems.push('max-body-bytes must be less than max-frame-bytes.');
  return problems;
}

function doubts(config: Config): string[] {
  return config.turnSecret !== '' && config.turnUrls.length === 0 ? ['turn-secret is set and turn-urls is not: no TURN is offered.'] : [];
}
