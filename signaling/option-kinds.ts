/** What an option may be. Each kind reads a value from the file (any YAML) or from the environment and flags (text). */
import { BlockList, isIP } from 'node:net';

/** A value, or why there is none, as the end of a sentence that starts with the option's name. */
type Reading<Value> = { readonly value: Value } | { readonly problem: string };

export interface Option<Value> {
  /** One or two sentences for `--help` and the sample file. */
  readonly about: string;
  readonly fallback: Value;
  /** Never printed; may also come from a file named by `<option>-file`. */
  readonly secret: boolean;
  read(raw: unknown): Reading<Value>;
}

interface Words<Value> {
  readonly about: string;
  readonly fallback: Value;
  readonly secret?: boolean;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

export function text(words: Words<string>, shape?: { readonly like: RegExp; readonly means: string }): Option<string> {
  return option(words, (raw) => {
    if (typeof raw !== 'string') return { problem: 'must be text' };
    const value = raw.trim();
    if (value !== '' && shape && !shape.like.test(value)) return { problem: `must be ${shape.means}` };
    return { value };
  });
}

export function choice<const Value extends string>(words: Words<Value>, values: readonly Value[]): Option<Value> {
  return option(words, (raw) => {
    const value = values.find((one) => one === raw);
    return value === undefined ? { problem: `must be one of: ${values.join(', ')}` } : { value };
  });
}

export function whole(words: Words<number>, range: Range): Option<number> {
  return option(words, (raw) => {
    const value = toNumber(raw);
    if (!Number.isSafeInteger(value) || value < range.least || value > range.most)
      return { problem: `must be a whole number from ${range.least} to ${range.most}` };
    return { value };
  });
}

export function amount(words: Words<number>, range: Range): Option<number> {
  return option(words, (raw) => {
    const value = toNumber(raw);
    if (!(value >= range.least && value <= range.most)) return { problem: `must be a number from ${range.least} to ${range.most}` };
    return { value };
  });
}

/** Several values: a YAML list in the file, separated by commas elsewhere. */
export function list(words: Words<readonly string[]>, shape: { readonly isOne: (text: string) => boolean; readonly means: string }) {
  return option<readonly string[]>(words, (raw) => {
    const parts: unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [undefined];
    const value: string[] = [];
    for (const part of parts) {
      if (typeof part !== 'string') return { problem: 'must be a list of texts' };
      const one = part.trim();
      if (one === '') continue;
      if (!shape.isOne(one)) return { problem: `has an entry that is not ${shape.means}` };
      value.push(one);
    }
    return { value };
  });
}

/** Whether this is an origin as browsers write it: scheme and host, nothing after. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Whether this is an address or a range of addresses (`192.0.2.0/24`). */
export function isAddressRange(text: string): boolean {
  return blockListOf([text]) !== undefined;
}

/** The set of these addresses and ranges; undefined when one is neither. */
export function blockListOf(ranges: readonly string[]): BlockList | undefined {
  const addresses = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix, more] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const widest = family === 'ipv6' ? 128 : 32;
    if (isIP(address) === 0 || more !== undefined) return undefined;
    if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= widest)) return undefined;
    addresses.addSubnet(address, prefix === undefined ? widest : Number(prefix), family);
  }
  return addresses;
}

function option<Value>(words: Words<Value>, read: (raw: unknown) => Reading<Value>): Option<Value> {
  return { secret: false, ...words, read };
}

function toNumber(raw: unknown): number {
  if (typeof raw === 'number') return raw;
  return typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : Number.NaN;
}
