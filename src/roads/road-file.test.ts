import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { hasCode } from '../core/errors.ts';
import { contract } from './contraction.ts';
import { generateCity } from './generated-city.ts';
import { ROAD_FILE_VERSION, readRoadFile, writeRoadFile } from './road-file.ts';
import { roadFilePaths } from './road-folder.ts';

const graph = generateCity({ seed: 1, columns: 8, rows: 12, middle: { lat: 48.2, lng: 16.4 } });
const roads = { city: 'vienna', source: 'a test', graph, contraction: contract(graph) };

describe('a road file', () => {
  async function written(test: TestContext): Promise<string> {
    const file = path.join(await temporaryFolder(test), 'vienna.roads');
    await writeRoadFile(file, roads);
    return file;
  }
  const refuses = (file: string, why: RegExp) =>
    assert.rejects(readRoadFile(file), (error) => hasCode(error, 'invalid') && why.test(error.message));

  it('holds all that was written', async (test) => {
    const file = await written(test);
    assert.deepEqual(await readRoadFile(file), roads);
    await writeRoadFile(file, { ...roads, source: 'another' });
    assert.equal((await readRoadFile(file)).source, 'another');
  });

  it('is refused when a byte of it is another, or missing, or more', async (test) => {
    const file = await written(test);
    const bytes = await readFile(file);
    for (const at of [4_096, bytes.length - 1]) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ 1;
      await writeFile(file, other);
      await refuses(file, /damaged.*import/i);
    }
    for (const other of [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      bytes.subarray(0, 4_096),
    ]) {
      await writeFile(file, other);
      await refuses(file, /damaged/);
    }
  });

  it('is refused when it is of another version, or something else', async (test) => {
    const file = await written(test);
    const bytes = await readFile(file);
    const later = bytes.toString('latin1').replace('"version":1', '"version":2');
    await writeFile(file, later, 'latin1');
    await refuses(file, new RegExp(`version 2, and this program reads ${ROAD_FILE_VERSION}`));
    for (const other of ['', 'null', '{"format":"x"}', '{']) {
      await writeFile(file, other);
      await refuses(file, /no road file/);
    }
  });

  it('is looked for in a folder that there may not be', async (test) => {
    assert.deepEqual(await roadFilePaths(await temporaryFolder(test)), []);
  });
});
