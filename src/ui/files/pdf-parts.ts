/**
 * What only some PDF files need to be drawn, fetched from this server when one does: how characters of Chinese, Japanese and Korean
 * are numbered in files that bring no fonts of their own, the symbols of two standard fonts, and the decoders of scanned pages.
 */
const ADDRESSES: Readonly<Record<string, string>> = import.meta.glob(
  [
    '/node_modules/pdfjs-dist/cmaps/*.bcmap',
    '/node_modules/pdfjs-dist/standard_fonts/Foxit{Symbol,Dingbats}.pfb',
    '/node_modules/pdfjs-dist/wasm/{jbig2,openjpeg}.wasm',
  ],
  { query: '?url&no-inline', import: 'default', eager: true },
);
const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(ADDRESSES).map(([path, address]) => [path.slice(path.lastIndexOf('/') + 1), address]),
);

/** As pdf.js asks for them (its option `BinaryDataFactory`). Rejects where there is no such part or no server: it draws without. */
export class PdfParts {
  async fetch({ filename }: { readonly filename: string }): Promise<Uint8Array> {
    const address = BY_NAME.get(filename);
    const answer = address === undefined ? undefined : await fetch(address);
    if (answer?.ok !== true) throw new Error(`No ${filename}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}
