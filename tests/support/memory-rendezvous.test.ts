import { createMemoryNetwork } from './memory-network.ts';
import { describeRendezvous } from './rendezvous-contract.ts';

describeRendezvous('in memory', () => {
  const network = createMemoryNetwork();
  return Promise.resolve({
    rendezvous: (person) => network.rendezvous(person),
    now: () => network.clock.now(),
    dropConnection: (person) => network.dropConnection(person),
    stopServer: () => {
      network.stopServer();
      return Promise.resolve();
    },
    startServer: () => {
      network.startServer();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
