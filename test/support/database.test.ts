import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import { migrationStatus } from '../../src/ports/sql-store/migrate.ts';
import { createTestDatabase } from './database.ts';

describe('createTestDatabase', () => {
  it('gives each caller a database of its own with the schema of this release', async () => {
    const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
    assert.notEqual(databases[0].url, databases[1].url);
    for (const { connection } of databases) {
      const statuses = await migrationStatus({ connection });
      assert.ok(statuses.length > 0);
      assert.ok(statuses.every(({ state }) => state === 'applied'));
    }
    await Promise.all(databases.map((database) => database.close()));
  });

  it('removes it even while somebody is connected', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await database.close();
    await cut;
    await assert.rejects(new pg.Client({ connectionString: database.url }).connect(), { code: '3D000' });
  });
});
