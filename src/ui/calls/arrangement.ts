/** Who is shown where: everybody alike, or one large and the others beside. */
import type { CallPerson, InCall } from '../../calls/call-view.ts';
import type { VideoWish } from '../../protocol/call-word.ts';
import type { AccountId } from '../../protocol/ids.ts';

/** One picture: somebody, or what their screen shows. `me` is always last. */
export type Tile =
  { readonly key: string; readonly kind: 'me' } | { readonly key: string; readonly kind: 'camera' | 'screen'; readonly person: CallPerson };

export interface Arrangement {
  /** Undefined: all alike. */
  readonly main: Tile | undefined;
  readonly rest: readonly Tile[];
}

export interface Looking {
  readonly view: 'grid' | 'speaker';
  /** The key of a tile. */
  readonly pinned: string | undefined;
  /** A talk of two: the other is large, oneself in a corner. */
  readonly isPair: boolean;
}

export function arrange({ people, speaker }: Pick<InCall, 'people' | 'speaker'>, { view, pinned, isPair }: Looking): Arrangement {
  const tiles = [...people.flatMap(tilesOf), { key: 'me', kind: 'me' } as const];
  const others = tiles.filter(({ kind }) => kind !== 'me');
  const main =
    tiles.find(({ key }) => key === pinned) ??
    others.find(({ kind }) => kind === 'screen') ??
    (isPair ? others[0] : view === 'speaker' ? (others.find(({ key }) => key === speaker) ?? others[0]) : undefined);
  return { main, rest: tiles.filter((tile) => tile !== main) };
}

function tilesOf(person: CallPerson): readonly Tile[] {
  const camera: Tile = { key: person.account, kind: 'camera', person };
  return person.screen ? [{ key: `screen ${person.account}`, kind: 'screen', person }, camera] : [camera];
}

/** So many, all alike, still stand large enough to show all there is in a picture. */
const MAX_LARGE = 4;

/** How large each is wished: the large one fully and all others small; a few alike, all fully. */
export function wishesFor({ main, rest }: Arrangement, isSmall: boolean): ReadonlyMap<AccountId, VideoWish> {
  const wishes = new Map<AccountId, VideoWish>();
  const wish = isSmall ? (main ? 'none' : 'small') : main || rest.length > MAX_LARGE ? 'small' : 'full';
  for (const tile of rest) if (tile.kind !== 'me') wishes.set(tile.person.account, wish);
  if (main && main.kind !== 'me') wishes.set(main.person.account, isSmall ? 'small' : 'full');
  return wishes;
}

/** A picture is a little wider than high. */
const TILE_RATIO = 4 / 3;

/** How many columns make the tiles of a space largest. Sizes in pixels. */
export function columnsFor(count: number, width: number, height: number): number {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= Math.max(count, 1); columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = Math.min(width / columns, (height / rows) * TILE_RATIO);
    if (tile > largest) [best, largest] = [columns, tile];
  }
  return best;
}

/** Who has the hand up, in the order they raised it as far as was seen here: those seen before keep their places. */
export function handsInOrder(before: readonly AccountId[], people: readonly Pick<CallPerson, 'account' | 'hand'>[]): readonly AccountId[] {
  const up = people.filter(({ hand }) => hand).map(({ account }) => account);
  const staying = before.filter((account) => up.includes(account));
  return [...staying, ...up.filter((account) => !staying.includes(account))];
}
