/** How large a picture stands in a talk, known from its claimed size before any of it is here. CSS pixels. */

const MAX_WIDTH = 320;
const MAX_HEIGHT = 340;
/** Room for what is said over it while it arrives. */
const MIN_WIDTH = 200;
const MIN_HEIGHT = 110;

export function fitted({ width, height }: { readonly width: number; readonly height: number }): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: MAX_WIDTH, height: MIN_WIDTH };
  const scale = Math.min(1, MAX_WIDTH / width, MAX_HEIGHT / height);
  return { width: Math.max(Math.round(width * scale), MIN_WIDTH), height: Math.max(Math.round(height * scale), MIN_HEIGHT) };
}
