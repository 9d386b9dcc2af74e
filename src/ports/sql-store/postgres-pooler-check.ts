/** Whether a pooler leads to the same database as the direct connection, to sessions that are as ours have to be. */
import type pg from 'pg';
import { AppError } from '../../core/errors.ts';
import { type PostgresConnection, type ServerConnection, withClient } from './postgres-connection.ts';
import { translateError } from './postgres-errors.ts';
import { poolerSettings } from './postgres-session.ts';

/** The database of a server, by what no two servers and no two of their lives have in common. */
const PLACE = `SELECT pg_postmaster_start_time()::text AS since, current_database() AS database`;
const SETTINGS = 'SELECT name, setting FROM pg_settings WHERE name = ANY($1)';
const REMEDY = 'See GROUNDSWELL_DATABASE_POOLED_URL in docs/growing.md';

interface Place {
  readonly since: string;
  readonly database: string;
}

/** Fails with `unavailable` if one of them is away, and with `invalid` if they do not belong together. */
export async function refuseUnfitPooler(direct: PostgresConnection, pooled: ServerConnection): Promise<void> {
  const behind = await ask(direct, placeOf);
  await ask(pooled, async (client) => {
    refuseOther(behind, await placeOf(client));
    await refuseSettings(client);
  });
}

async function ask<Result>(
  connection: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withClient(connection, work).catch((error: unknown) => {
    throw translateError(error, 'not_applied');
  });
}

async function placeOf(client: pg.Client): Promise<Place> {
  const { rows } = await client.query<Place>(PLACE);
  return rows[0] ?? { since: '', database: '' };
}

function refuseOther(behind: Place, found: Place): void {
  if (found.since === behind.since && found.database === behind.database) return;
  const message = `The pooler leads to another database (${found.database}) than GROUNDSWELL_DATABASE_URL (${behind.database}), or to another server. ${REMEDY}.`;
  throw new AppError('invalid', message);
}

/** As far as one of its sessions tells: the others are made by the same words. */
async function refuseSettings(client: pg.Client): Promise<void> {
  const wanted = poolerSettings();
  const { rows } = await client.query<{ name: string; setting: string }>(SETTINGS, [Object.keys(wanted)]);
  const wrong = rows.filter(({ name, setting }) => wanted[name] !== setting);
  if (wrong.length === 0) return;
  const found = wrong.map(({ name, setting }) => `${name} is ${setting}, not ${wanted[name]}`).join('; ');
  const message = `Sessions of the pooler are not as they must be: ${found}. \`groundswell render pgbouncer\` has the connect_query. ${REMEDY}.`;
  throw new AppError('invalid', message);
}
