/** A site on a port of its own, for as long as a test wants it. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rolldown } from 'vite';

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** `page`: the path of the one that `url` leads to. */
export async function serveSite(answer: RequestListener, page = ''): Promise<Site> {
  const server = createServer(answer);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/${page}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The path somebody asked for, without the slash it begins with. */
export function pathOf({ url = '' }: { readonly url?: string | undefined }): string {
  return new URL(url, 'http://localhost').pathname.slice(1);
}

/** What a build made, by path. */
export function filesOf({ output }: Rolldown.RolldownOutput): ReadonlyMap<string, string | Uint8Array> {
  return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
}
