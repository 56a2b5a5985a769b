/**
 * Reading PDF files. pdf.js draws pages onto canvases: the browsers' own viewers refuse to work in a sandboxed frame, and without
 * the sandbox a page of a stranger's would run at this origin. Fetched when the first PDF is opened; parsed in a worker of its own.
 */
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { fail, succeed, type Result } from '../../lib/result.ts';
import { PdfParts } from './pdf-parts.ts';

export interface Pdf {
  readonly pages: number;
  /** Width over height of the first page. */
  readonly firstShape: number;
  /** Draws a page, `width` CSS pixels wide. Cancelled, `done` tells undefined. */
  draw(page: number, canvas: HTMLCanvasElement, width: number): { readonly done: Promise<DrawnPage | undefined>; cancel(): void };
  close(): void;
}

interface DrawnPage {
  readonly shape: number;
  /** What is written on it. */
  readonly text: string;
}

/** Sharper than this costs memory and is not seen. Device pixels per CSS pixel. */
const MAX_DENSITY = 2;
/** Of one canvas, in either direction: more, and some browsers draw nothing at all. Device pixels. */
const MAX_CANVAS = 4_096;

export async function openPdf(blob: Blob): Promise<Result<Pdf, { readonly kind: 'pdfFailed' | 'locked' }>> {
  const [pdfjs, { default: PdfWorker }] = await Promise.all([import('pdfjs-dist'), import('pdfjs-dist/build/pdf.worker.min.mjs?worker')]);
  const worker = new PdfWorker();
  const reading = pdfjs.getDocument({
    data: await blob.arrayBuffer(),
    worker: pdfjs.PDFWorker.create({ port: worker }),
    // Of what a file may ask for, only drawing: nothing is fetched but parts of pdf.js, no form is worked, no script of it runs.
    enableXfa: false,
    useWorkerFetch: false,
    BinaryDataFactory: PdfParts,
    stopAtErrors: false,
  });
  const close = (): void => {
    void reading.destroy();
    worker.terminate();
  };
  try {
    const document = await reading.promise;
    const first = (await document.getPage(1)).getViewport({ scale: 1 });
    return succeed({
      pages: document.numPages,
      firstShape: first.width / first.height,
      draw: (page, canvas, width) => draw(document, page, canvas, width),
      close,
    });
  } catch (reason) {
    close();
    return fail({ kind: reason instanceof Error && reason.name === 'PasswordException' ? 'locked' : 'pdfFailed' });
  }
}

function draw(document: PDFDocumentProxy, number: number, canvas: HTMLCanvasElement, width: number): ReturnType<Pdf['draw']> {
  let isCancelled = false;
  let cancelDrawing: (() => void) | undefined;
  const drawing = async (): Promise<DrawnPage | undefined> => {
    const page = await document.getPage(number);
    if (isCancelled) return undefined;
    const whole = page.getViewport({ scale: 1 });
    const density = Math.min(devicePixelRatio, MAX_DENSITY);
    const scale = Math.min((width * density) / whole.width, MAX_CANVAS / whole.width, MAX_CANVAS / whole.height);
    const viewport = page.getViewport({ scale });
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    const task = page.render({ canvas, viewport });
    cancelDrawing = () => task.cancel();
    await task.promise;
    const { items } = await page.getTextContent();
    return { shape: whole.width / whole.height, text: items.map((item) => ('str' in item ? item.str : '')).join(' ') };
  };
  return {
    // Cancelled, closed, or damaged: the page stays as far as it came.
    done: drawing().catch(() => undefined),
    cancel: () => {
      isCancelled = true;
      cancelDrawing?.();
    },
  };
}
