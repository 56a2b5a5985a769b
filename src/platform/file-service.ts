/**
 * The service worker's part of file addresses: it turns requests for `/~file/<token>` into answers made of what a page
 * gives it. It keeps nothing between requests, knows no file and opens none.
 *
 * Whoever asks must be the page that made the address, or a frame in one of this origin's pages: what a browser shows or
 * saves by navigating comes without a sender, and there the token, which only its maker knows, is all that counts.
 */
import type { Clock } from '../lib/clock.ts';
import { byteRange } from './byte-range.ts';
import {
  ENOUGH,
  FILE_PATH,
  PIECE_BYTES,
  type Claim,
  type FileAsked,
  type FileFacts,
  type PieceAsked,
  type PieceGiven,
} from './file-wire.ts';

/** A page answers at once whether an address is its own. One that does not is frozen. */
const CLAIM_WITHIN_MS = 10_000;
/** A page that is gone takes its files with it; that it is gone has to be looked up. */
const LOOK_EVERY_MS = 5000;

const ATTACHMENT_TYPE = 'application/octet-stream';
/** Even what is never to be rendered could do nothing if it were. */
const POLICY = "sandbox; default-src 'none'";
export interface FileServiceSurroundings {
  readonly clients: Pick<Clients, 'get' | 'matchAll'>;
  readonly clock: Pick<Clock, 'after'>;
}

/** Answers a GET or HEAD below FILE_PATH. `clientId`: as the fetch event tells; empty when the browser navigates. */
export type FileService = (request: Request, clientId: string) => Promise<Response>;

export function createFileService(surroundings: FileServiceSurroundings): FileService {
  const find = async (token: string, clientId: string): Promise<PageFile | undefined> => {
    const pages = await pagesToAsk(surroundings.clients, clientId);
    const asked = pages.map((page) => new PageFile(page, token, surroundings));
    const owner = await firstOwner(asked);
    for (const each of asked) if (each !== owner) each.close();
    return owner;
  };
  return async (request, clientId) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405);
    const token = new URL(request.url).pathname.slice(FILE_PATH.length);
    const file = await find(token, clientId);
    if (!file) return refusal(404);
    try {
      return answer(request, file, await file.facts());
    } catch {
      // The page went away, or has lost the file, before it could say what it is.
      file.close();
      return refusal(404);
    }
  };
}

/** The page the request comes from; all of them when it comes from a frame, or from the browser itself. */
async function pagesToAsk(clients: Pick<Clients, 'get' | 'matchAll'>, clientId: string): Promise<readonly Client[]> {
  const sender = clientId === '' ? undefined : await clients.get(clientId);
  if (sender && 'frameType' in sender && sender.frameType !== 'nested') return [sender];
  if (clientId !== '' && !sender) return [];
  return clients.matchAll({ type: 'window' });
}

async function firstOwner(asked: readonly PageFile[]): Promise<PageFile | undefined> {
  try {
    return await Promise.any(
      asked.map(async (file) => {
        if (!(await file.claimed)) throw new Error('not this page');
        return file;
      }),
    );
  } catch {
    // No page made it, or none that made it lives.
    return undefined;
  }
}

function answer(request: Request, file: PageFile, { size, type, disposition }: FileFacts): Response {
  const headers = new Headers({
    'Content-Type': type,
    'Content-Disposition': disposition,
    'Accept-Ranges': 'bytes',
    'Content-Security-Policy': POLICY,
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...COMMON,
  });
  const range = byteRange(request.headers.get('range'), size);
  if (range.kind === 'outside') {
    file.close();
    headers.set('Content-Range', `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { from, to } = range.kind === 'part' ? range : { from: 0, to: size };
  headers.set('Content-Length', String(to - from));
  if (range.kind === 'part') headers.set('Content-Range', `bytes ${from}-${to - 1}/${size}`);
  const status = range.kind === 'part' ? 206 : 200;
  if (request.method === 'HEAD' || from === to) {
    file.close();
    return new Response(null, { status, headers });
  }
  return new Response(body(file, from, to), { status, headers });
}

/** Asks for the next piece when there is room for it: what is not taken is not read. */
function body(file: PageFile, from: number, end: number): ReadableStream<Uint8Array> {
  let at = from;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const to = Math.min(end, at - (at % PIECE_BYTES) + PIECE_BYTES);
        const piece = await file.piece({ from: at, to });
        controller.enqueue(piece);
        at = to;
        if (at < end) return;
        file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 1 },
  );
}

/** Never to be found again on disk, never to be taken for anything else. */
const COMMON = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

function refusal(status: 404 | 405): Response {
  return new Response(null, { status, headers: { 'Content-Type': ATTACHMENT_TYPE, 'Content-Security-Policy': POLICY, ...COMMON } });
}

/** What one page says about one address, for one request. Questions are asked one at a time. */
class PageFile {
  /** Whether the page made the address. */
  readonly claimed: Promise<boolean>;
  readonly #page: Client;
  readonly #clients: Pick<Clients, 'get'>;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #port: MessagePort;
  /** Said before it was asked for: the claim and the facts come by themselves. */
  readonly #said: unknown[] = [];
  #waiting: Waiting | undefined;

  constructor(page: Client, token: string, { clients, clock }: FileServiceSurroundings) {
    this.#page = page;
    this.#clients = clients;
    this.#clock = clock;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<unknown>) => this.#hear(data);
    this.claimed = this.#hearClaim();
    const question: FileAsked = { fileAsked: token };
    page.postMessage(question, [port2]);
  }

  /** Resolves when the page knows what the file is; rejects when it never will. Asked once, by whom the claim was believed. */
  async facts(): Promise<FileFacts> {
    return (await this.#next()) as FileFacts;
  }

  /** Rejects when they cannot be had. */
  async piece(asked: PieceAsked): Promise<Uint8Array> {
    this.#port.postMessage(asked);
    const piece = (await this.#next()) as PieceGiven;
    if (piece?.length === asked.to - asked.from) return piece;
    this.close();
    throw new Error('The page cannot give these bytes');
  }

  close(): void {
    this.#waiting?.fail(new Error('Nobody wants this any more'));
    this.#port.postMessage(ENOUGH);
    this.#port.close();
  }

  async #hearClaim(): Promise<boolean> {
    const cancel = this.#clock.after(CLAIM_WITHIN_MS, () => this.#waiting?.fail(new Error('The page does not answer')));
    try {
      const claim: Claim = (await this.#next()) as Claim;
      return claim === 'mine';
    } catch {
      // Frozen, gone, or another page was faster.
      return false;
    } finally {
      cancel();
    }
  }

  #hear(word: unknown): void {
    if (this.#waiting) this.#waiting.hear(word);
    else this.#said.push(word);
  }

  /** The page's next word. Rejects when the page is gone. */
  #next(): Promise<unknown> {
    if (this.#said.length > 0) return Promise.resolve(this.#said.shift());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        cancelLook();
        this.#waiting = undefined;
      };
      let cancelLook = (): void => undefined;
      const waiting: Waiting = {
        hear: (word) => {
          settle();
          resolve(word);
        },
        fail: (reason) => {
          settle();
          reject(reason);
        },
      };
      const lookAgain = (): void => {
        cancelLook = this.#clock.after(LOOK_EVERY_MS, () => {
          void this.#clients.get(this.#page.id).then((page) => {
            if (this.#waiting !== waiting) return;
            if (page) lookAgain();
            else waiting.fail(new Error('The page is gone'));
          });
        });
      };
      this.#waiting = waiting;
      lookAgain();
    });
  }
}

interface Waiting {
  hear(word: unknown): void;
  fail(reason: Error): void;
}
