/** Reads that the process of the bench does itself, of what it keeps in memory and loads from the server's PostgreSQL. */

import { AppError } from '../../core/errors.ts';
import { createPostgresSqlStore, type PostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { createLog } from '../../telemetry/log.ts';
import { readTreeCpu } from '../../telemetry/process-cpu.ts';
import type { LoadResult } from '../load.ts';
import { median } from '../statistics.ts';
import type { ExperimentWorkshop, Figure } from './experiment.ts';

/** What `work` spent, by the read. */
export interface OwnReads extends Pick<LoadResult, 'latency' | 'errors'> {
  readonly readsPerS: number;
  readonly nodeUs: number;
  readonly postgresUs: number | undefined;
  readonly statementsPer1000: number;
}

/** As many as the product has. */
const POOL_SIZE = 10;
export const SILENT_LOG = createLog({ level: 'silent', pretty: false });

/** Connections of its own to the PostgreSQL of the server, while `work` runs. */
export async function withOwnStore<Result>(
  { options: { stage, clock } }: Pick<ExperimentWorkshop, 'options'>,
  work: (sql: PostgresSqlStore) => Promise<Result>,
): Promise<Result> {
  if (stage.database === undefined) throw new AppError('unavailable', 'PostgreSQL cannot be reached.');
  const sql = createPostgresSqlStore({
    ...{ connection: stage.database, poolSize: POOL_SIZE, clock },
    log: SILENT_LOG,
  });
  try {
    return await work(sql);
  } finally {
    await sql.close();
  }
}

export async function measureOwnReads(
  { options: { stage, signal } }: ExperimentWorkshop,
  sql: PostgresSqlStore,
  work: () => Promise<LoadResult>,
): Promise<OwnReads> {
  signal.throwIfAborted();
  const statementsBefore = sql.stats().statements;
  const postgresBefore = readTreeCpu(stage.pids)?.postgresMs;
  const before = process.cpuUsage();
  const { completed, durationMs, latency, errors } = await work();
  const { user, system } = process.cpuUsage(before);
  const postgresMs = (readTreeCpu(stage.pids)?.postgresMs ?? Number.NaN) - (postgresBefore ?? Number.NaN);
  return {
    latency,
    errors,
    readsPerS: (completed / durationMs) * 1000,
    nodeUs: (user + system) / completed,
    postgresUs: Number.isNaN(postgresMs) ? undefined : (postgresMs * 1000) / completed,
    statementsPer1000: ((sql.stats().statements - statementsBefore) / completed) * 1000,
  };
}

/** Medians over the rounds. */
export function figuresOfReads(label: string, rounds: readonly OwnReads[]): Figure[] {
  const over = (figure: (round: OwnReads) => number | undefined) => median(rounds.map(figure));
  return [
    { label, value: over(({ readsPerS }) => readsPerS), unit: 'reads/s' },
    {
      label: `${label}, statements`,
      value: over(({ statementsPer1000 }) => statementsPer1000),
      unit: 'in 1,000 reads',
    },
    { label: `${label}, CPU node`, value: over(({ nodeUs }) => nodeUs), unit: 'us a read' },
    { label: `${label}, CPU postgres`, value: over(({ postgresUs }) => postgresUs), unit: 'us a read' },
    { label: `${label}, p50`, value: over(({ latency }) => latency.p50Ms), unit: 'ms' },
    { label: `${label}, p99`, value: over(({ latency }) => latency.p99Ms), unit: 'ms' },
    { label: `${label}, errors`, value: over(countErrors), unit: '' },
  ];
}

export function countErrors({ errors }: Pick<LoadResult, 'errors'>): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
