import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { helpText, loadConfig, printConfig, type Sources } from '../../signaling/config.ts';
import { DEFAULTS, keyOf, OPTIONS } from '../../signaling/options.ts';

interface Given {
  readonly flags?: readonly string[];
  readonly environment?: Sources['environment'];
  readonly files?: Readonly<Record<string, string>>;
  readonly defaults?: Sources['defaults'];
}

function load({ flags = [], environment = {}, files = {}, defaults = {} }: Given) {
  return loadConfig({ flags, environment, usualFile: 'parley.yaml', defaults, readFile: (path) => files[path] });
}

function configOf(given: Given) {
  const loaded = load(given);
  if ('problems' in loaded) throw new Error(loaded.problems.join(' '));
  return loaded.config;
}

function problemsOf(given: Given): readonly string[] {
  const loaded = load(given);
  return 'problems' in loaded ? loaded.problems : [];
}

describe('configuration', () => {
  it('is the defaults when nothing is said', () => {
    expect(configOf({})).toEqual(DEFAULTS);
  });

  it('takes each option from the file, the environment and the command line, each beating the one before', () => {
    const files = { 'parley.yaml': 'port: 1\n' };
    expect(configOf({ defaults: { port: 9 } }).port).toBe(9);
    expect(configOf({ files, defaults: { port: 9 } }).port).toBe(1);
    expect(configOf({ files, environment: { PARLEY_PORT: '2' } }).port).toBe(2);
    expect(configOf({ files, environment: { PARLEY_PORT: '2' }, flags: ['--port', '3'] }).port).toBe(3);
    expect(configOf({ flags: ['--port=4'] }).port).toBe(4);
  });

  it('reads the file it is pointed to instead of the usual one', () => {
    const files = { 'parley.yaml': 'port: 1', 'other.yaml': 'port: 2', 'third.yaml': 'port: 3' };
    expect(configOf({ files, environment: { PARLEY_CONFIG: 'other.yaml' } }).port).toBe(2);
    expect(configOf({ files, environment: { PARLEY_CONFIG: 'other.yaml' }, flags: ['--config', 'third.yaml'] }).port).toBe(3);
  });

  it('reads lists as YAML and as text with commas', () => {
    const two = ['https://a.example', 'https://b.example'];
    expect(configOf({ files: { 'parley.yaml': 'origins: [https://a.example, https://b.example]' } }).origins).toEqual(two);
    expect(configOf({ flags: ['--origins', 'https://a.example, https://b.example'] }).origins).toEqual(two);
    expect(configOf({ flags: ['--origins', ''] }).origins).toEqual([]);
  });

  it('reads a secret from a file of its own, without its last newline', () => {
    const files = { '/run/turn': 'sesame\n' };
    const turnUrls = ['--turn-urls', 'turn:turn.example:3478'];
    expect(configOf({ files, flags: [...turnUrls, '--turn-secret-file', '/run/turn'] }).turnSecret).toBe('sesame');
    expect(configOf({ files, flags: turnUrls, environment: { PARLEY_TURN_SECRET_FILE: '/run/turn' } }).turnSecret).toBe('sesame');
    expect(problemsOf({ flags: [...turnUrls, '--turn-secret-file', '/gone'] })).toContain('--turn-secret-file: that file cannot be read.');
  });

  it('never prints a secret', () => {
    const printed = printConfig({ ...DEFAULTS, turnSecret: 'sesame' });
    expect(printed).not.toContain('sesame');
    expect(parse(printed)).toMatchObject({ port: 8080, 'turn-secret': '(hidden)', 'hold-down-seconds': 20 });
  });

  it.each<[string, Given, string]>([
    ['an unknown flag', { flags: ['--prot', '1'] }, 'There is no option --prot; --help lists them.'],
    ['an unknown line', { files: { 'parley.yaml': 'prot: 1' } }, 'parley.yaml: there is no option prot; --help lists them.'],
    ['a flag without value', { flags: ['--port'] }, '--port needs a value.'],
    ['a port that is none', { flags: ['--port', 'x'] }, '--port must be a whole number from 0 to 65535.'],
    ['a port beyond all', { environment: { PARLEY_PORT: '65536' } }, 'PARLEY_PORT must be a whole number from 0 to 65535.'],
    ['a time that is none', { flags: ['--ping-seconds', '-1'] }, '--ping-seconds must be a number from 0.1 to 3600.'],
    ['text that is none', { files: { 'parley.yaml': 'address: [1]' } }, 'parley.yaml: address must be text.'],
    ['an unknown level', { flags: ['--log-level', 'loud'] }, '--log-level must be one of: silent, fatal, error, warn, info, debug.'],
    [
      'an origin with a path',
      { flags: ['--origins', 'https://a.example/'] },
      '--origins has an entry that is not an origin like https://chat.example.',
    ],
    [
      'a proxy that is none',
      { flags: ['--trusted-proxies', '10.0.0.0/33'] },
      '--trusted-proxies has an entry that is not an address or a range like 192.0.2.0/24.',
    ],
    [
      'a STUN server that is none',
      { flags: ['--stun', 'stun.example'] },
      '--stun has an entry that is not a STUN address like stun:stun.example:3478.',
    ],
    ['a file that is not there', { flags: ['--config', 'x'] }, 'The configuration file x cannot be read.'],
    ['a file that is a list', { files: { 'parley.yaml': '- port' } }, 'parley.yaml must be lines of the form "option: value".'],
    ['half a certificate', { flags: ['--tls-key', 'k'] }, 'tls-certificate and tls-key belong together: give both or neither.'],
    [
      'TURN without a secret',
      { flags: ['--turn-urls', 'turn:a.example'] },
      'turn-urls needs turn-secret, the secret shared with the TURN server.',
    ],
    ['limits the wrong way round', { flags: ['--soft-buffer-bytes', '2000000'] }, 'soft-buffer-bytes must be less than hard-buffer-bytes.'],
  ])('refuses %s with a plain sentence', (_what, given, sentence) => {
    expect(problemsOf(given)).toEqual([sentence]);
  });

  it('refuses what is not YAML, and names all mistakes at once', () => {
    expect(problemsOf({ files: { 'parley.yaml': 'port: [' } })[0]).toMatch(/^parley\.yaml is not YAML: /);
    expect(problemsOf({ flags: ['--port', 'x', '--max-topics', '0'] })).toHaveLength(2);
  });

  it('warns of variables that look like options and are none', () => {
    const loaded = load({ environment: { PARLEY_PROT: '1' } });
    expect('warnings' in loaded && loaded.warnings).toEqual(['PARLEY_PROT is no option and is ignored.']);
  });

  it('does what is asked instead of running', () => {
    const wish = (flag: string) => {
      const loaded = load({ flags: [flag] });
      return 'wish' in loaded && loaded.wish;
    };
    expect(['--help', '--check-config', '--print-config'].map(wish)).toEqual(['help', 'check-config', 'print-config']);
  });
});

describe('the sample file', () => {
  const sample = readFileSync(new URL('../../signaling/parley.yaml.sample', import.meta.url), 'utf8');

  it('shows every option once with its default, commented out', () => {
    const shown = [...sample.matchAll(/^# ([a-z-]+):( .*)?$/gm)].map(([, key = '', value = '']) => [key, value] as const);
    for (const [name, { fallback }] of Object.entries(OPTIONS)) {
      const values = shown.filter(([key]) => key === keyOf(name)).map(([, value]) => parse(value) as unknown);
      expect([name, values]).toEqual([name, expect.arrayContaining([name === 'app' ? null : fallback])]);
    }
    expect(configOf({ files: { 'parley.yaml': sample } })).toEqual(DEFAULTS);
  });

  it('and the help name every option', () => {
    const help = helpText('parley');
    for (const name of Object.keys(OPTIONS)) expect(help).toContain(`--${keyOf(name)}, PARLEY_`);
  });
});
