/** What a talk has in files: in order, by month, by kind, by name. */
import { filterByName } from '../list/entries.ts';
import type { FileItem } from './contract.ts';

export type MediaFilter = 'all' | 'pictures' | 'documents' | 'voices';

export function filterMedia(items: readonly FileItem[], filter: MediaFilter, name: string): readonly FileItem[] {
  const ofKind = items.filter((item) => filter === 'all' || filterOf(item) === filter);
  return filterByName(ofKind, name, ({ attachment }) => [attachment.name]);
}

export function filterOf({ attachment }: FileItem): Exclude<MediaFilter, 'all'> {
  switch (attachment.view.kind) {
    case 'picture':
    case 'video':
      return 'pictures';
    case 'voice':
      return 'voices';
    case 'audio':
    case 'plain':
      return 'documents';
  }
}

export interface Month {
  readonly key: string;
  /** A moment in it, milliseconds since 1970. */
  readonly at: number;
  readonly items: readonly FileItem[];
}

/** In the order of the items: months as the calendar of this device has them. */
export function byMonth(items: readonly FileItem[]): readonly Month[] {
  const months: { key: string; at: number; items: FileItem[] }[] = [];
  for (const item of items) {
    const at = item.place.wall;
    const key = `${new Date(at).getFullYear()}-${new Date(at).getMonth()}`;
    const last = months.at(-1);
    if (last?.key === key) last.items.push(item);
    else months.push({ key, at, items: [item] });
  }
  return months;
}

/** Pictures and videos in the order they were said, oldest first: what the arrows of the lightbox go along. */
export function mediaInOrder(items: readonly FileItem[]): readonly FileItem[] {
  return items.filter((item) => filterOf(item) === 'pictures').toSorted(byTime);
}

/** The voice message that was said next after this one. */
export function nextVoice(items: readonly FileItem[], after: FileItem['place']): FileItem | undefined {
  const voices = items.filter((item) => filterOf(item) === 'voices').toSorted(byTime);
  const at = voices.findIndex(({ place }) => place.message === after.message);
  return at < 0 ? undefined : voices[at + 1];
}

function byTime(a: FileItem, b: FileItem): number {
  return a.place.wall - b.place.wall || (a.place.message < b.place.message ? -1 : 1);
}
