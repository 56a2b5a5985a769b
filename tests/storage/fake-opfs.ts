/**
 * A disk for shelves, in memory, with what real ones do to people: pages that are killed, power that is cut, room that runs
 * out. Its files behave as `FileSystemSyncAccessHandle`s do.
 */
import type { DiskRoom, ShelfDisk, SlotFile } from '../../src/storage/shelf-disk.ts';

interface Written {
  readonly at: number;
  readonly bytes: Uint8Array;
}

class Platter {
  /** As the system has it: what reads see. */
  bytes = new Uint8Array(0);
  /** As it would be after a power cut that lost all that was not flushed. */
  safe = new Uint8Array(0);
  unflushed: Written[] = [];
  isOpen = false;
}

export class FakeOpfs implements ShelfDisk {
  readonly #platters = new Map<string, Platter>();
  /** Bytes all files may have together. */
  quota = Infinity;
  /** What is told to whoever asks; undefined: nothing. */
  told: DiskRoom | undefined;
  /** How often files were opened, and how many are open. */
  opened = 0;
  stillOpen = 0;
  /** The page is killed instead of this many-th thing its handles do from now on. */
  doomedIn = Infinity;
  #generation = 0;

  open(name: string, { create }: { readonly create: boolean }): Promise<SlotFile | undefined> {
    const known = this.#platters.get(name);
    if (!known && !create) return Promise.resolve(undefined);
    const platter = known ?? new Platter();
    this.#platters.set(name, platter);
    if (platter.isOpen) return Promise.reject(new DOMException('It is open', 'NoModificationAllowedError'));
    platter.isOpen = true;
    this.opened++;
    this.stillOpen++;
    return Promise.resolve(this.#handleOf(platter));
  }

  remove(name: string): Promise<void> {
    if (this.#platters.get(name)?.isOpen) return Promise.reject(new DOMException('It is open', 'NoModificationAllowedError'));
    this.#platters.delete(name);
    return Promise.resolve();
  }

  names(): Promise<readonly string[]> {
    return Promise.resolve([...this.#platters.keys()]);
  }

  room(): Promise<DiskRoom | undefined> {
    return Promise.resolve(this.told);
  }

  /** All bytes of all files, as they lie there. */
  dump(): Uint8Array {
    return Buffer.concat([...this.#platters.values()].map(({ bytes }) => bytes));
  }

  /** The page ends between two calls. What was written is written. */
  kill(): void {
    this.#generation++;
    this.doomedIn = Infinity;
    this.stillOpen = 0;
    for (const platter of this.#platters.values()) platter.isOpen = false;
  }

  /** Of each write that was not flushed, `survives` says whether it came to the disk; they keep no order. */
  cutPower(survives: () => boolean): void {
    this.kill();
    for (const platter of this.#platters.values()) {
      platter.bytes = platter.safe.slice();
      for (const written of platter.unflushed) if (survives()) platter.bytes = withWritten(platter.bytes, written);
      platter.safe = platter.bytes.slice();
      platter.unflushed = [];
    }
  }

  /** Changes a byte of a file as it lies there. */
  damage(name: string, at: number): void {
    const platter = this.#platters.get(name);
    if (!platter) throw new Error('There is no such file.');
    platter.bytes[at] = (platter.bytes[at] ?? 0) ^ 0xff;
    platter.safe[at] = platter.bytes[at] ?? 0;
  }

  #handleOf(platter: Platter): SlotFile {
    const generation = this.#generation;
    let isShut = false;
    const whileOpen = (): void => {
      if (generation === this.#generation && this.doomedIn-- <= 0) this.kill();
      if (isShut || generation !== this.#generation) throw new DOMException('The handle is closed', 'InvalidStateError');
    };
    const bytesOf = (buffer: AllowSharedBufferSource): Uint8Array =>
      ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
    return {
      read: (buffer, { at = 0 } = {}) => {
        whileOpen();
        const found = platter.bytes.subarray(at, at + buffer.byteLength);
        bytesOf(buffer).set(found);
        return found.length;
      },
      write: (buffer, { at = 0 } = {}) => {
        whileOpen();
        const written = { at, bytes: bytesOf(buffer).slice() };
        const grown = Math.max(0, at + buffer.byteLength - platter.bytes.length);
        if (this.#used() + grown > this.quota) throw new DOMException('The disk is full', 'QuotaExceededError');
        platter.bytes = withWritten(platter.bytes, written);
        platter.unflushed.push(written);
        return buffer.byteLength;
      },
      truncate: (size) => {
        whileOpen();
        if (this.#used() + size - platter.bytes.length > this.quota) throw new DOMException('The disk is full', 'QuotaExceededError');
        // Journalled, as the sizes of files are.
        platter.bytes = resized(platter.bytes, size);
        platter.safe = resized(platter.safe, size);
        if (size === 0) platter.unflushed = [];
      },
      getSize: () => platter.bytes.length,
      flush: () => {
        whileOpen();
        platter.safe = platter.bytes.slice();
        platter.unflushed = [];
      },
      close: () => {
        if (isShut) return;
        isShut = true;
        if (generation !== this.#generation) return;
        platter.isOpen = false;
        this.stillOpen--;
      },
    };
  }

  #used(): number {
    return [...this.#platters.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const sized = new Uint8Array(size);
  sized.set(bytes.subarray(0, size));
  return sized;
}

function withWritten(before: Uint8Array<ArrayBuffer>, { at, bytes }: Written): Uint8Array<ArrayBuffer> {
  const after = at + bytes.length > before.length ? resized(before, at + bytes.length) : before;
  after.set(bytes, at);
  return after;
}
