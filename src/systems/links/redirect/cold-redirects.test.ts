import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createLinksSetting,
  type LinksSetting,
  openLinksProcess,
} from '../../../../test/support/links-setting.ts';

const COUNT = 200;

describe('a link that is not in memory', () => {
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting();
  });
  after(() => setting.close());

  /** What the framework answers has an id. */
  const isOfFramework = ({ headers }: { readonly headers: object }) => 'x-request-id' in headers;

  it('is opened without the framework as soon as it is loaded, each to its own target', async () => {
    const targets = Array.from({ length: COUNT }, (_, n) => `https://example.org/${n}`);
    const links = await Promise.all(
      targets.map((url, n) => setting.create({ url, redirect_type: n % 2 === 0 ? 302 : 308 })),
    );
    const answers = await Promise.all(links.map(({ code }) => setting.open(code)));
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.location, headers['cache-control']]),
      targets.map((url, n) =>
        n % 2 === 0 ? [302, url, 'private, no-store'] : [308, url, 'private, max-age=30'],
      ),
    );
    assert.equal(answers.filter(isOfFramework).length, 0);
    assert.equal(setting.clicks.length, COUNT);
    const counted = await setting.metrics.render();
    assert.match(
      counted,
      /http_requests_total\{method="GET",route="\/l\/:code",status="302",priority="critical"\} 100/,
    );
  });

  it('is opened by the framework where more is asked for than to be loaded', async () => {
    const guarded = await setting.create({ url: 'https://example.org/a', password: 'open sesame' });
    const limited = await setting.create({ url: 'https://example.org/a', max_visits: 1 });
    for (const [code, status] of [
      [guarded.code, 200],
      [limited.code, 302],
      [limited.code, 410],
      ['no-such-link', 404],
      ['a.b', 404],
    ] as const) {
      const answer = await setting.open(code);
      assert.deepEqual([answer.status, isOfFramework(answer)], [status, true], code);
    }
  });

  it('is opened for HEAD too, and by no other method', async () => {
    const { code } = await setting.create({ url: 'https://example.org/a' });
    const answer = await setting.send('HEAD', `/l/${code}`);
    assert.deepEqual([answer.status, isOfFramework(answer)], [302, false]);
    assert.equal((await setting.send('DELETE', `/l/${code}`)).status, 405);
  });

  it('is said to be unavailable where it cannot be loaded', async () => {
    const other = await openLinksProcess(setting.database, 2);
    try {
      // After that, because a process reads the links ahead that there are when it starts.
      const { code } = await setting.create({ url: 'https://example.org/a' });
      await other.eventLog.close();
      await other.sql.close();
      const answer = await other.open(code);
      assert.deepEqual([answer.status, isOfFramework(answer)], [503, true]);
    } finally {
      await other.close();
    }
  });
});
