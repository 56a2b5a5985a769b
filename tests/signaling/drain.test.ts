import { describe, expect, it } from 'vitest';
import { startServer } from '../../signaling/server.ts';
import { CLOSE } from '../../src/protocol/signaling.ts';
import { Client, rawWebSocket, tag, topic, until } from './client.ts';
import { serve } from './servers.ts';

describe('stopping', () => {
  it('tells everybody to come back, spread over time, and nobody that the others left', async () => {
    const server = await serve({ drainSeconds: 10, holdDownSeconds: 0, holdDownJitterSeconds: 0 });
    const people = await Promise.all(Array.from({ length: 8 }, () => Client.connect(server)));
    for (const [number, person] of people.entries()) {
      person.say({ t: 'sub', topics: [[topic('cafe'), tag(`person${number}`)]] });
      await person.sync();
    }
    const closedAt: number[] = [];
    for (const person of people) void person.closed.then(() => closedAt.push(performance.now()));
    await server.drain();
    expect(await Promise.all(people.map((person) => person.closed))).toEqual(people.map(() => CLOSE.restart));
    // Eight sockets, 50 ms apart.
    expect(Math.max(...closedAt) - Math.min(...closedAt)).toBeGreaterThan(200);
    const heard = people.flatMap((person) => person.inbox.map(({ header }) => JSON.stringify(header)));
    expect(heard.filter((header) => header.includes('"out"'))).toEqual([]);
  });

  it('does not wait for those who never answer', async () => {
    const server = await serve();
    const deaf = await rawWebSocket(server);
    deaf.pause();
    await server.close();
    await until(() => server.kept.sockets === 0);
    expect(server.kept.sockets).toBe(0);
    deaf.destroy();
  });

  it('happens once, however often it is asked for', async () => {
    const server = await serve();
    await Promise.all([server.close(), server.drain(), server.close()]);
    await server.kill();
    await expect(Client.connect(server)).rejects.toThrow();
  });

  it('leaves the port free for the next server', async () => {
    const first = await serve();
    const alice = await Client.connect(first);
    await first.kill();
    expect(await alice.closed).toBe(1006);
    const second = await serve({ port: first.port });
    expect(second.port).toBe(first.port);
  });

  it('is not needed to say plainly that a port is taken', async () => {
    const { port } = await serve();
    await expect(startServer({ address: '127.0.0.1', port, logLevel: 'silent' })).rejects.toThrow(
      `Port ${port} is taken: something else is listening there. Choose another with --port.`,
    );
    await expect(startServer({ address: '192.0.2.1', port: 0, logLevel: 'silent' })).rejects.toThrow(
      '192.0.2.1 is not an address of this machine.',
    );
  });
});
