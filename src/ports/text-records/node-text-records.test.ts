import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startNameServer, type TestNameServer } from '../../../test/support/name-server.ts';
import { createNodeTextRecords } from './node-text-records.ts';
import { TEXT_RECORDS_TIMEOUT_MS } from './text-records.ts';

describe('text records', () => {
  let names: TestNameServer;
  before(async () => {
    names = await startNameServer();
  });
  after(() => names.close());

  it('are all those of a name, however long, and none of a name that has none or is none', async () => {
    const records = createNodeTextRecords({ servers: [names.address] });
    const long = 'x'.repeat(600);
    names.setTexts('two.example', 'one', long);
    names.setTexts('empty.example');
    assert.deepEqual([...(await records.get('two.example'))].sort(), ['one', long]);
    assert.deepEqual(await records.get('empty.example'), []);
    assert.deepEqual(await records.get('nowhere.example'), []);
  });

  it('are unavailable, after a while, where no name server answers', async () => {
    const records = createNodeTextRecords({ servers: ['127.0.0.1:9'] });
    const startedMs = performance.now();
    await assert.rejects(records.get('some.example'), { code: 'unavailable' });
    assert.ok(performance.now() - startedMs < 4 * TEXT_RECORDS_TIMEOUT_MS);
  });
});
