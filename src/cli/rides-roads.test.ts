import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { runCommand } from '../../test/support/command.ts';
import { osmXml } from '../../test/support/osm-extract.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';

const [COLUMNS, ROWS] = [10, 10];

/** Streets north-east of the place, as many as make a town. */
function townAt(lat: number, lng: number): string {
  const idOf = (column: number, row: number) => 1 + column + COLUMNS * row;
  const columns = [...Array(COLUMNS).keys()];
  const rows = [...Array(ROWS).keys()];
  const nodes = rows.flatMap((row) =>
    columns.map((column) => ({ id: idOf(column, row), lat: lat + row / 1_000, lng: lng + column / 1_000 })),
  );
  const streets = [
    ...rows.map((row) => columns.map((column) => idOf(column, row))),
    ...columns.map((column) => rows.map((row) => idOf(column, row))),
  ];
  const tags = { highway: 'residential' };
  return osmXml({ nodes, ways: streets.map((refs, index) => ({ id: index + 1, refs, tags })) });
}

it('roads are imported for the city that they are in, and for no other', async (test) => {
  const data = await temporaryFolder(test);
  const importOf = async (lat: number, lng: number) => {
    const file = path.join(data, 'extract.osm');
    await writeFile(file, townAt(lat, lng));
    return runCommand(['rides', 'roads', 'import', file, '--city', 'new_york', '--data', data]);
  };
  const vienna = await importOf(48.2, 16.4);
  assert.equal(vienna.code, 1);
  assert.match(
    vienna.stderr,
    /No road of this extract is in new_york, which is 40\.3\/-74\.6\/41\.2\/-73\.3/,
  );
  assert.deepEqual(await readdir(data), ['extract.osm'], 'nothing is kept of it');

  const edge = await importOf(41.2, -73.3);
  assert.equal(edge.code, 0, edge.stderr);
  assert.match(edge.stdout, /^new_york: 100 crossings/);
});
