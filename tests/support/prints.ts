import { format, inspect } from 'node:util';

/** A value as every careless line of logging would show it, each on one line: long arrays come one number a line otherwise. */
export function printsOf(value: unknown): readonly string[] {
  const own = typeof value === 'object' && value !== null ? Object.values(value).map(String) : [];
  const prints = [
    JSON.stringify(value),
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: Infinity }),
    format('%o %O %s %j', value, value, value, value),
    JSON.stringify(structuredClone(JSON.parse(JSON.stringify(value)))),
    ...own,
  ];
  return prints.map((print) => print.replaceAll(/\s+/g, ' '));
}
