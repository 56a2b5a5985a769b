/** What a drag or the clipboard holds, by the kinds the browser tells of (HTML, "Drag data store"). */

/** Among the kinds whenever there are files. */
const FILES = 'Files';

/** Whether what is being dragged over the page is files; what it is exactly is told only when it is dropped. */
export function dragsFiles(types: readonly string[]): boolean {
  return types.includes(FILES);
}

/**
 * Whether pasting means the files. Office programs put a picture of the text beside the text: there the text is meant. A picture
 * copied from a page comes with markup but no text, a file copied in a file manager with its name but no markup.
 */
export function pastesFiles(types: readonly string[]): boolean {
  return types.includes(FILES) && !(types.includes('text/plain') && types.includes('text/html'));
}

/** What browsers call a picture that was never a file. */
const NAMELESS = /^image\.(png|jpe?g|gif|webp)$/i;

/** A pasted picture under a name that tells it from the next one; every other file as it is. */
export function namedWhenPasted(file: File, name: string): File {
  const ending = NAMELESS.exec(file.name)?.[1];
  return ending === undefined
    ? file
    : new File([file], `${name}.${ending.toLowerCase()}`, { type: file.type, lastModified: file.lastModified });
}

/** 2026-03-04 14.03.07, as it can stand in the name of a file on every system. */
export function stampOf(at: Date): string {
  const [year, month, day, hour, minute, second] = [
    at.getFullYear(),
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ].map((part) => String(part).padStart(2, '0')) as [string, string, string, string, string, string];
  return `${year}-${month}-${day} ${hour}.${minute}.${second}`;
}
