/**
 * A process of its own that handles events of GROUP and TOPIC from the database at URL: it writes the effect into the
 * table `effects`, says so on standard output and then never finishes, so that a test can kill it right there.
 */

import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { writeStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';

const [url = '', group = '', topic = ''] = process.argv.slice(2);
const log = createLog({ level: 'silent', pretty: false });
const addEffect = writeStatement<[number]>('add_effect', 'INSERT INTO effects (key) VALUES ($1)');

const sqlStore = createPostgresSqlStore({ connection: { url }, clock: systemClock, log });
const eventLog = createPostgresEventLog({
  sqlStore,
  clock: systemClock,
  randomness: systemRandomness,
  log,
});
await eventLog.subscribe({
  group,
  topics: [topic],
  from: 'beginning',
  async handle(events, transaction) {
    for (const { key } of events) await transaction.query(addEffect, [key]);
    process.stdout.write('effect\n');
    await new Promise(() => undefined);
  },
});
