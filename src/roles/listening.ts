/** Where a process listens: told apart for its user are a port that is taken and an address that is not this machine's. */
import { createServer } from 'node:net';
import { AppError } from '../core/errors.ts';
import type { App } from '../http/server.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** How another one is named, for whoever reads that this one is taken. */
  readonly remedy: string;
}

export const API_PORT_REMEDY = '--port 8081, or GROUNDSWELL_PORT';
export const OPERATIONS_PORT_REMEDY = 'GROUNDSWELL_OPERATIONS_PORT';
/** Connections that wait to be accepted; the kernel may allow fewer. More, and clients would wait for seconds. */
const BACKLOG = 4_096;

/** Fails with `conflict` for a port that is taken, with `invalid` for an address that this machine cannot use. */
export async function listen(app: App, options: ListenOptions): Promise<string> {
  const { host, port } = options;
  try {
    return await app.listen({ host, port, backlog: BACKLOG });
  } catch (error) {
    throw refusalOf(error, options);
  }
}

/** Fails as `listen` would by now, so that it can be told before anything else is done. */
export async function requireFree(options: ListenOptions): Promise<void> {
  const { host, port } = options;
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(refusalOf(error, options)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

function refusalOf(error: unknown, { host, port, remedy }: ListenOptions): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const place = `port ${port} of ${host}`;
  if (code === 'EADDRINUSE') {
    const message = `Another program already uses ${place}. Stop it, or name another port: ${remedy}.`;
    return new AppError('conflict', message, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The server cannot listen on ${place}: ${reason}. Name another one with --host and --port, or GROUNDSWELL_HOST and GROUNDSWELL_PORT.`;
  return new AppError('invalid', message, { cause: error });
}
