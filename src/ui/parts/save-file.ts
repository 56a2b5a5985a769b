/** The browser may still be reading a large file some time after the click; then its address is given up. */
const READING_MS = 60_000;

/** Hands a file to the person through the browser's downloads; it never leaves this device. */
export function saveFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file);
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), READING_MS);
}
