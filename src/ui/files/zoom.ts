/** Zooming into a picture: what is under the pointer stays under it, and the picture never leaves the screen. */

/** `x`, `y`: how far its middle lies from the middle of the screen, CSS pixels. `scale`: 1 fits the screen. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Of the picture as it fits, and of the screen. */
export interface Sizes {
  readonly picture: { readonly width: number; readonly height: number };
  readonly screen: { readonly width: number; readonly height: number };
}

export const FITTED: Zoom = { scale: 1, x: 0, y: 0 };
/** Single pixels of most photos are well to be seen by then. */
const MAX_SCALE = 8;

/** `point`: from the middle of the screen. */
export function zoomedAt(zoom: Zoom, factor: number, point: Point, sizes: Sizes): Zoom {
  const scale = Math.min(Math.max(zoom.scale * factor, 1), MAX_SCALE);
  const grown = scale / zoom.scale;
  return held({ scale, x: point.x - (point.x - zoom.x) * grown, y: point.y - (point.y - zoom.y) * grown }, sizes);
}

export function moved(zoom: Zoom, by: Point, sizes: Sizes): Zoom {
  return held({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, sizes);
}

/** No further than its edge at the edge of the screen. */
function held({ scale, x, y }: Zoom, { picture, screen }: Sizes): Zoom {
  const room = (picture: number, screen: number): number => Math.max((picture * scale - screen) / 2, 0);
  const across = room(picture.width, screen.width);
  const down = room(picture.height, screen.height);
  // Adding zero takes the sign from a zero.
  return { scale, x: Math.min(Math.max(x, -across), across) + 0, y: Math.min(Math.max(y, -down), down) + 0 };
}
