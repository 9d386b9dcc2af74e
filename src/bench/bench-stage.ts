/** What a bench measures: a server of its own in a temporary folder, or one that runs already. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import { attachEmbeddedPostgres } from '../ports/sql-store/embedded-postgres/attach.ts';
import type { PostgresConnection } from '../ports/sql-store/postgres-connection.ts';
import { requireLoopback } from './loopback.ts';
import type { Cores } from './pinned-process.ts';
import { startServerProcess } from './server-process.ts';

export interface BenchStage {
  readonly url: string;
  /** The roots of the process trees whose CPU time counts; none if it is unknown which. */
  readonly pids: readonly number[];
  /** Where the yardstick's inserts go: the PostgreSQL that the server uses. */
  readonly database: PostgresConnection | undefined;
  close(): Promise<void>;
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number | undefined;
  readonly databaseUrl: string | undefined;
}

/** Uses a server that somebody else started, and leaves it running. */
export async function attachStage({ url, pid, databaseUrl }: RunningServer): Promise<BenchStage> {
  const close = async () => undefined;
  const pids = pid === undefined ? [] : [pid];
  return {
    url: await requireLoopback(url),
    pids,
    database: databaseUrl ? { url: databaseUrl } : undefined,
    close,
  };
}

export interface OwnServer {
  readonly environment: Environment;
  readonly cores: Cores;
  readonly databaseUrl: string | undefined;
  readonly clock: Clock;
}

/** Starts the product as `serve` does, but for rate limits and logs. Closing stops it and removes its data. */
export async function openOwnStage({
  environment,
  cores,
  databaseUrl,
  clock,
}: OwnServer): Promise<BenchStage> {
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'groundswell-bench-'));
  const remove = () => rm(dataFolder, { recursive: true, force: true });
  try {
    const settings = {
      GROUNDSWELL_RATE_LIMITS: 'off',
      GROUNDSWELL_LOG_LEVEL: 'warn',
      ...(databaseUrl === undefined ? {} : { GROUNDSWELL_DATABASE_URL: databaseUrl }),
    };
    const server = await startServerProcess({ dataFolder, environment, settings, cores, clock });
    const close = async () => {
      await server.stop();
      await remove();
    };
    const embedded = await attachEmbeddedPostgres(path.join(dataFolder, 'postgres'));
    const database = databaseUrl === undefined ? embedded : { url: databaseUrl };
    return { url: server.url, pids: [server.pid], database, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
