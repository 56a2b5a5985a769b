import { WebSocket as NodeWebSocket } from 'ws';
import type { Clock } from '../../src/lib/clock.ts';
import type { Rendezvous } from '../../src/session/ports.ts';
import { createSignalingClient } from '../../src/transport/signaling-client.ts';
import { startServer } from '../../signaling/server.ts';
import { describeRendezvous } from '../support/rendezvous-contract.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (delay, action) => {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};

describeRendezvous('the signaling client and the signaling server', async () => {
  const options = { address: '127.0.0.1', logLevel: 'silent', connectsPerSecond: 1_000 } as const;
  let server = await startServer({ ...options, port: 0 });
  const { port } = server;
  const clients: Rendezvous[] = [];
  const sockets = new Map<string, NodeWebSocket>();
  return {
    rendezvous: (person) => {
      const client = createSignalingClient({
        url: `ws://127.0.0.1:${port}/v1`,
        clock,
        webSocket: (url) => {
          const socket = new NodeWebSocket(url);
          sockets.set(person, socket);
          return socket as unknown as WebSocket;
        },
      });
      clients.push(client);
      return client;
    },
    now: () => clock.now(),
    dropConnection: (person) => sockets.get(person)?.terminate(),
    stopServer: () => server.close(),
    startServer: async () => {
      server = await startServer({ ...options, port });
    },
    close: async () => {
      for (const client of clients) client.close();
      await server.close();
    },
  };
});
