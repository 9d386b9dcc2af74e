import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hasCode } from '../core/errors.ts';
import { type Edge, readEdgeList } from './edge-list.ts';

describe('edge list', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'groundswell-edges-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function read(content: string | Buffer): Promise<Edge[]> {
    const file = path.join(folder, 'graph');
    await writeFile(file, content);
    const edges: Edge[] = [];
    for await (const batch of readEdgeList(file)) edges.push(...batch);
    return edges;
  }

  const expected = [
    ['0', '4'],
    ['0', '5'],
    ['7', '0'],
  ];

  for (const [name, ending] of Object.entries({ unix: '\n', windows: '\r\n', 'old mac': '\r' })) {
    it(`reads ${name} lines, comments, tabs, blanks and commas`, async () => {
      const lines = ['# comment', '0\t4', '', '% other', '0 5', ' 7,0'];
      assert.deepEqual(await read(lines.join(ending)), expected);
      assert.deepEqual(await read(lines.join(ending) + ending), expected);
    });
  }

  it('reads a gzipped file the same, whatever its name', async () => {
    assert.deepEqual(await read(gzipSync('0 4\r\n0 5\r\n7 0')), expected);
  });

  it('keeps every edge when lines are cut by chunks', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${index} ${index + 1}`);
    const edges = await read(lines.join('\r\n'));
    assert.equal(edges.length, 30_000);
    assert.deepEqual(edges.at(-1), ['29999', '30000']);
  });

  it('an empty file has no edges', async () => {
    assert.deepEqual(await read(''), []);
  });

  it('names the line that is not an edge', async () => {
    await assert.rejects(read('1 2\nalone\n'), /line 2: expected "follower followee", got "alone"/);
  });

  it('refuses a file that is cut off or no text, and one that is not there', async () => {
    await assert.rejects(read(gzipSync('1 2\n'.repeat(1_000)).subarray(0, 30)), (error) =>
      hasCode(error, 'invalid'),
    );
    await assert.rejects(read(Buffer.alloc(5_000, 'x')), (error) => hasCode(error, 'invalid'));
    await assert.rejects(readEdgeList(path.join(folder, 'none')).next(), (error) =>
      hasCode(error, 'not_found'),
    );
  });
});
