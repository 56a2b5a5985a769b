import pino, { type DestinationStream, type Logger } from 'pino';
import type { Config } from './options.ts';
import { StartFailure } from './start-failure.ts';

export interface Log {
  readonly logger: Logger;
  /** Begins the file anew, after somebody has moved it away. */
  readonly reopen: () => void;
}

/** JSON lines to standard output or to a file. Throws a StartFailure when the file cannot be written. */
export function openLog(config: Config): Log {
  const destination = openDestination(config.logFile);
  const logger = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination.stream);
  return { logger, reopen: destination.reopen };
}

function openDestination(file: string): { readonly stream: DestinationStream; readonly reopen: () => void } {
  if (file === '') return { stream: pino.destination({ fd: process.stdout.fd, sync: true }), reopen: () => undefined };
  try {
    const stream = pino.destination({ dest: file, sync: true, append: true, mkdir: true });
    return { stream, reopen: () => stream.reopen() };
  } catch {
    throw new StartFailure(`The log file ${file} cannot be written.`);
  }
}
