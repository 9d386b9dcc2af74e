/** The product in parts: which process answers what, and that a balancer which goes by the path sends it there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createHttpClient } from '../../src/client/http-client.ts';
import { SYSTEM_NAMES, type SystemName } from '../../src/config/systems.ts';
import { systemOfPath } from '../../src/planner/system-paths.ts';
import { atEnd } from '../support/at-end.ts';
import { createServerHome } from '../support/server-process.ts';

/** Of every process, whatever it answers. */
const OPERATIONS = /^\/(health|metrics)/;
/** What people open in a browser, of which the document does not tell. */
const PAGES: readonly (readonly [string, SystemName | undefined])[] = [
  ['/l/abcdefg', 'links'],
  ['/media/abcdefg/small.webp', 'media'],
  ['/', undefined],
  ['/@alice', undefined],
];

/** The paths of its document, with something in the place of parameters. */
async function pathsOf({ url }: ServerProcess): Promise<string[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, unknown>>;
  };
  return Object.keys(document.paths)
    .filter((path) => !OPERATIONS.test(path))
    .map((path) => path.replaceAll(/\{\w+\}/g, '1'));
}

describe('the product in parts', () => {
  it('answers a call in the process of its system, and in the one of all', async (test) => {
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const whole = await home.start();
    const all = await pathsOf(whole);
    await whole.stop();
    // Half of the systems at a time: two starts tell as much as ten.
    for (const systems of [SYSTEM_NAMES.slice(0, 5), SYSTEM_NAMES.slice(5)]) {
      const part = await home.start({
        GROUNDSWELL_ROLES: 'api',
        GROUNDSWELL_SYSTEMS: systems.join(','),
      });
      const expected = all.filter((path) => {
        const system = systemOfPath(path);
        return system !== undefined && systems.includes(system);
      });
      assert.ok(expected.length > systems.length);
      assert.deepEqual((await pathsOf(part)).sort(), expected.sort());
      const client = createHttpClient({ url: part.url, connectionsMax: 1, timeoutMs: 10_000 });
      for (const [path, system] of PAGES) {
        assert.equal(systemOfPath(path), system);
        const { body } = await client.send({ method: 'GET', path });
        const isAnswered = !body.toString().includes(`There is nothing at ${path}.`);
        assert.equal(isAnswered, system !== undefined && systems.includes(system), path);
      }
      client.close();
      await part.stop();
    }
  });
});
