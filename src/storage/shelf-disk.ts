/** The disk under the shelf, as little of it as the shelf needs: tests bring one that loses power. */

/** A `FileSystemSyncAccessHandle`. Reads and writes give the bytes done, which may be fewer than asked for. */
export type SlotFile = Pick<FileSystemSyncAccessHandle, 'read' | 'write' | 'truncate' | 'getSize' | 'flush' | 'close'>;

/** One account's files, by name. Rejects with what the browser says (a `DOMException`). */
export interface ShelfDisk {
  /** Undefined when there is none and none is to be made. One at a time may have it open. */
  open(name: string, options: { readonly create: boolean }): Promise<SlotFile | undefined>;
  /** Nothing when there is none. */
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
  room(): Promise<DiskRoom | undefined>;
}

/** Bytes. */
export interface DiskRoom {
  readonly used: number;
  readonly quota: number;
}

export function readAll(file: SlotFile, at: number, length: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(length);
  return file.read(bytes, { at }) === length ? bytes : undefined;
}

/** Throws a QuotaExceededError for a write that ended early too: some browsers say no more than that. */
export function writeAll(file: SlotFile, at: number, bytes: Uint8Array<ArrayBuffer>): void {
  if (file.write(bytes, { at }) !== bytes.length) throw new DOMException('The disk took less than it was given', 'QuotaExceededError');
}
