import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withClient } from '../postgres-connection.ts';
import { SUPERUSER } from './cluster.ts';
import type { SocketConnection } from './server.ts';
import { SOCKET_PORT } from './socket.ts';

/** The fifth line of PostgreSQL's postmaster.pid. */
const SOCKET_FOLDER_LINE = 4;

/**
 * How another process's embedded server in `<data>/postgres` is reached, for commands that work beside a running
 * `serve`. `undefined` when none answers there, also while one is still starting. Whoever may read the password file
 * may connect.
 */
export async function attachEmbeddedPostgres(folder: string): Promise<SocketConnection | undefined> {
  try {
    const status = await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8');
    const host = status.split('\n')[SOCKET_FOLDER_LINE]?.trim();
    if (host === undefined || host === '') return undefined;
    const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
    const connection = { host, port: SOCKET_PORT, user: SUPERUSER, password, database: 'groundswell' };
    return (await answers(connection)) ? connection : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function answers(connection: SocketConnection): Promise<boolean> {
  return withClient(connection, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );
}
