/** Where somebody is in a shared text, told so that it stays right while others write: by the unit a position stands before. */
import {
  createAbsolutePositionFromRelativePosition,
  createID,
  createRelativePositionFromTypeIndex,
  RelativePosition,
  type Text,
} from 'yjs';
import { ACCOUNT_ID_BYTES, type AccountId } from '../protocol/ids.ts';
import { fromBase64url } from '../lib/bytes.ts';

/** Client number and clock of a unit; null: the end of the text. */
type TextPlace = readonly [client: number, clock: number] | null;

/** What is told in the awareness of a board, as JSON. The account is the sender's word; it says whose name is shown. */
export interface CursorState {
  readonly account: AccountId;
  readonly from: TextPlace;
  readonly to: TextPlace;
}

export function isCursorState(state: unknown): state is CursorState {
  if (typeof state !== 'object' || state === null) return false;
  const { account, from, to } = state as Readonly<Record<string, unknown>>;
  return isAccount(account) && isPlace(from) && isPlace(to);
}

export function placesOf(text: Text, from: number, to: number): Pick<CursorState, 'from' | 'to'> {
  return { from: placeAt(text, from), to: placeAt(text, to) };
}

/** Undefined when a place is not in this text (any more, or yet). */
export function cursorOf({ from, to }: CursorState, text: Text): { readonly from: number; readonly to: number } | undefined {
  const [start, end] = [positionOf(from, text), positionOf(to, text)];
  return start === undefined || end === undefined ? undefined : { from: Math.min(start, end), to: Math.max(start, end) };
}

function placeAt(text: Text, position: number): TextPlace {
  const { item } = createRelativePositionFromTypeIndex(text, position);
  return item && [item.client, item.clock];
}

function positionOf(place: TextPlace, text: Text): number | undefined {
  if (!place) return text.length;
  const { doc } = text;
  const relative = new RelativePosition(null, null, createID(...place));
  const absolute = doc && createAbsolutePositionFromRelativePosition(relative, doc);
  return absolute?.type === text ? absolute.index : undefined;
}

function isAccount(value: unknown): boolean {
  return typeof value === 'string' && fromBase64url(value)?.length === ACCOUNT_ID_BYTES;
}

function isPlace(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 2 && value.every((part) => Number.isSafeInteger(part) && part >= 0));
}
