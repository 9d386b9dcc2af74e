/** `groundswell links import`, beside a running server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '../support/command.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';

describe('groundswell links import', () => {
  let home: ServerHome;
  let alice: Person;
  before(async () => {
    home = await createServerHome();
    const server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    alice = await createJourneyClient(() => server.url).signUp('alice');
  });
  after(() => home.close());

  const importFile = (file: string, ...options: readonly string[]) =>
    runCommand(['links', 'import', file, '--data', home.dataFolder, ...options]);

  it('takes links over, says what became of them, and may be tried before', async () => {
    const file = path.join(home.dataFolder, 'links.sql');
    const rows = Array.from(
      { length: 12_000 },
      (_, number) => `('c${number}','https://example.org/${number}','','2020-01-01 00:00:00','',3)`,
    );
    const dump = `-- dump\nINSERT INTO \`yourls_url\` VALUES ${rows.join(',\n')},('admin','https://example.org/a','A','2020-01-01 00:00:00','',0),('evil','javascript:alert(1)','','2020-01-01 00:00:00','',0);\n`;
    await writeFile(file, dump);
    const options = ['--format', 'yourls', '--user', alice.username];
    const foreseen = await importFile(file, ...options, '--dry-run');
    assert.equal(foreseen.code, 0, foreseen.stderr);
    assert.match(
      foreseen.stdout,
      /Nothing was changed. There would be: 12000 kept, 1 renamed, 0 created, 1 skipped\./,
    );
    assert.deepEqual((await alice.get('/links')).items, []);
    const done = await importFile(file, ...options);
    assert.match(done.stdout, /Of the links: 12000 kept, 1 renamed, 0 created, 1 skipped\./);
    assert.match(done.stdout, /row 12001 \(admin\): renamed as \w+\. Its code cannot be used here\./);
    const [link] = (await alice.get('/links?search=c11999')).items;
    assert.equal(link.url, 'https://example.org/11999');
    const again = await importFile(file, ...options, '--json');
    const lines = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 12_002);
    assert.ok(lines.every(({ outcome }) => outcome === 'skipped'));
  });

  it('names what is missing', async () => {
    const file = path.join(home.dataFolder, 'none.csv');
    const absent = await importFile(file, '--format', 'csv', '--user', alice.username);
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /There is no file/);
    await writeFile(file, 'url\nhttps://example.org/\n');
    assert.match((await importFile(file, '--format', 'csv', '--user', 'nobody')).stderr, /no user nobody/);
    assert.equal((await importFile(file, '--format', 'tinyurl', '--user', alice.username)).code, 2);
    assert.equal((await importFile(file, '--format', 'csv')).code, 2);
  });
});
