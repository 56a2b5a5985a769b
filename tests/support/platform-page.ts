/** Runs inside a page of the app under test: what platform/ does with a real browser, laid bare for tests/e2e/addresses.e2e.ts. */
import { systemClock } from '../../src/platform/clock.ts';
import { describeMedia } from '../../src/platform/describe-media.ts';
import { createFileAddresses, type FileAddress } from '../../src/platform/file-addresses.ts';
import { preparePicture } from '../../src/platform/prepare-picture.ts';
import { saveFile } from '../../src/platform/save-file.ts';
import { createVoiceRecorder } from '../../src/platform/voice-recorder.ts';

export interface PlatformPage {
  publish(file: PageFile): string | undefined;
  dispose(url: string): void;
  /** Lets so many bytes of it arrive. */
  arrive(url: string, bytes: number): void;
  /** What was read of it, in order, whether it was there or not. */
  asked(url: string): readonly { readonly from: number; readonly to: number }[];
  readonly addresses: ReturnType<typeof createFileAddresses>;
  readonly saveFile: typeof saveFile;
  readonly preparePicture: typeof preparePicture;
  readonly describeMedia: typeof describeMedia;
  readonly createVoiceRecorder: typeof createVoiceRecorder;
  readonly clock: typeof systemClock;
  readonly patternOf: (from: number, to: number) => Uint8Array<ArrayBuffer>;
}

export interface PageFile {
  readonly name: string;
  /** What it begins with; a pattern follows up to `size`. */
  readonly head: readonly number[];
  readonly size: number;
  /** Bytes that are here from the beginning; all unless told. */
  readonly here?: number;
  readonly disposition: 'inline' | 'attachment';
}

interface Arriving {
  readonly address: FileAddress;
  readonly asked: { readonly from: number; readonly to: number }[];
  here: number;
  readonly waiting: Set<() => void>;
}

const published = new Map<string, Arriving>();
const addresses = createFileAddresses({
  container: navigator.serviceWorker,
  clock: systemClock,
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
});

function patternOf(from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(to - from);
  for (let index = 0; index < bytes.length; index++) bytes[index] = ((from + index) * 31 + ((from + index) >> 12)) & 0xff;
  return bytes;
}

function publish({ name, head, size, here = size, disposition }: PageFile): string | undefined {
  const asked: { from: number; to: number }[] = [];
  const waiting = new Set<() => void>();
  const read = async (from: number, to: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    asked.push({ from, to });
    while (arriving.here < to) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => resolve());
      });
      if (signal.aborted) return undefined;
    }
    const bytes = patternOf(from, to);
    bytes.set(head.slice(from, to));
    return bytes;
  };
  const address = addresses.publish({ name, size, disposition, read });
  if (!address) return undefined;
  const arriving: Arriving = { address, asked, here, waiting };
  published.set(address.url, arriving);
  return address.url;
}

function known(url: string): Arriving {
  const arriving = published.get(url);
  if (!arriving) throw new Error('No such address');
  return arriving;
}

const page: PlatformPage = {
  publish,
  dispose: (url) => known(url).address.dispose(),
  arrive: (url, bytes) => {
    const arriving = known(url);
    arriving.here = bytes;
    for (const go of [...arriving.waiting]) go();
    arriving.waiting.clear();
  },
  asked: (url) => known(url).asked,
  addresses,
  saveFile,
  preparePicture,
  describeMedia,
  createVoiceRecorder,
  clock: systemClock,
  patternOf,
};

declare global {
  interface Window {
    platformPage: PlatformPage;
  }
}

window.platformPage = page;
