/** Moving pictures out of nothing, as cameras and screens of canned people. */
import { asTrack, type Track } from '../../src/calls/ports.ts';
import { fakeThumbnail } from './fake-media.ts';

/** Enough to see that it moves, and nothing to the processor. */
const FRAME_MS = 500;
const CAMERA = { width: 320, height: 240 };
const SCREEN = { width: 640, height: 360 };

export function fakeCamera(hue: number): Track {
  const still = createImageBitmap(new Blob([fakeThumbnail(CAMERA.width / 2, CAMERA.height / 2, hue)]));
  return film(CAMERA, async (context, turn) => {
    context.drawImage(await still, 0, 0, CAMERA.width, CAMERA.height);
    // A head and shoulders that nod.
    const nod = (turn % 2) * 3;
    context.fillStyle = `hsl(${hue * 60} 32% 38%)`;
    context.beginPath();
    context.ellipse(160, 250, 92, 88, 0, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = `hsl(${20 + hue * 4} 42% ${72 - hue * 4}%)`;
    context.beginPath();
    context.ellipse(160, 118 + nod, 42, 52, 0, 0, 2 * Math.PI);
    context.fill();
  });
}

export function fakeScreen(): Track {
  return film(SCREEN, (context, turn) => {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SCREEN.width, SCREEN.height);
    context.fillStyle = '#1b2422';
    context.font = '600 28px serif';
    context.fillText('Where we walk on Saturday', 40, 60);
    context.fillStyle = '#17695b';
    for (let bar = 0; bar < 7; bar++) context.fillRect(40 + bar * 84, 300 - bar * 24 - (turn % 2) * 6, 56, 30 + bar * 24);
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function film(size: Size, draw: (context: CanvasRenderingContext2D, turn: number) => void | Promise<void>): Track {
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d');
  const [track] = canvas.captureStream().getVideoTracks();
  if (!context || !track) throw new Error('No picture can be made here.');
  let turn = 0;
  const frame = (): void => void draw(context, turn++);
  frame();
  setInterval(frame, FRAME_MS);
  return asTrack(track);
}
