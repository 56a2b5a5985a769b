const plural = new Intl.PluralRules('en');

/** "1 member", "2 members". */
export function counted(count: number, one: string, other: string): string {
  return `${count} ${plural.select(count) === 'one' ? one : other}`;
}
