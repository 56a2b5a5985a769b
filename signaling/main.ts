/** The server by itself, for operators: serves what is in `dist/`, logs JSON lines, builds nothing. */
import { configFromCommandLine, serveUntilSignalled, startOrExplain } from './command-line.ts';

const config = configFromCommandLine('npx tsx signaling/main.ts');
const server = config && (await startOrExplain(config));
if (server) serveUntilSignalled(server);
