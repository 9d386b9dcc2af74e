import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  createLinksSetting,
  type LinksSetting,
  openLinksProcess,
} from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { composeId, FIRST_BULK_WRITER } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import { createLog } from '../../../telemetry/log.ts';
import { bulkLoadLinks } from '../bulk-load.ts';
import { CachedLink } from './cached-link.ts';
import type { FoundLink } from './link-cache.ts';
import { FILLED_PAGE, fillLinkCache } from './link-cache-filling.ts';

const log = createLog({ level: 'silent', pretty: false });

describe('the memory for links of a process that starts', () => {
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting();
  });
  after(() => setting.close());

  it('has the links before they are asked for, also beyond a page, and hears of their changes', async () => {
    const count = FILLED_PAGE + 1;
    const loaded = await bulkLoadLinks(setting.sql, {
      ...{ ownerId: ALICE, count, url: (n) => `https://example.org/${n}` },
      linkId: (n) => composeId(Date.UTC(2025, 0, 1) + n, FIRST_BULK_WRITER, 0),
    });
    const { code, link_id } = await setting.create({ url: 'https://example.org/before' });
    const started = await openLinksProcess(setting.database, 2);
    try {
      const { cache } = started.shortener;
      await until(() => cache.size() === count + 1, 30_000);
      assert.equal(cache.peek(0, code)?.location, 'https://example.org/before');
      assert.ok(loaded.every((each) => cache.peek(0, each) !== undefined));
      const { status } = await setting.call('PATCH', `/links/${link_id}`, ALICE, {
        url: 'https://example.org/after',
      });
      assert.equal(status, 200);
      await until(() => cache.peek(0, code) === undefined, 30_000);
      assert.equal((await started.open(code)).headers.location, 'https://example.org/after');
    } finally {
      await started.close();
    }
  });

  it('keeps nothing that has changed while it was read, and the rest', async () => {
    const { cache } = setting.shortener;
    const [changed, deleted, same] = [place('changed'), place('deleted'), place('same')];
    await cache.fill(async () => {
      cache.hear([told('updated', 'changed'), told('deleted', 'deleted')]);
      return [changed, deleted, same];
    });
    const kept = [changed, deleted, same].map(({ code }) => cache.peek(0, code));
    assert.deepEqual(kept, [undefined, undefined, same.link]);
  });

  it('leaves what is kept already as it is', async () => {
    const { cache } = setting.shortener;
    const [first, second] = [place('kept'), place('kept')];
    await cache.fill(async () => [first]);
    await cache.fill(async () => [second]);
    assert.equal(cache.peek(0, 'kept'), first.link);
  });

  it('goes on after a failure, and hears of changes as before', async () => {
    const { cache } = setting.shortener;
    await assert.rejects(
      cache.fill(() => Promise.reject(new Error('away'))),
      /away/,
    );
    const found = place('afterwards');
    await cache.fill(async () => [found]);
    assert.equal(cache.peek(0, 'afterwards'), found.link);
  });

  it('stops when there is no room for what nobody has asked for', async () => {
    let pages = 0;
    const fill = async (read: () => Promise<readonly FoundLink[]>) => {
      pages += 1;
      assert.equal((await read()).length, FILLED_PAGE);
      return 'full' as const;
    };
    await fillLinkCache(
      { sql: setting.sql, cache: { fill }, clock: systemClock, log },
      new AbortController().signal,
    );
    assert.equal(pages, 1);
  });

  it('says that it is full while there is a little room left', async () => {
    const small = await openLinksProcess(setting.database, 3, { cacheBytes: 100_000 });
    try {
      const { cache } = small.shortener;
      const states: string[] = [];
      for (let n = 0; states.at(-1) !== 'full' && n < 1_000; n += 1)
        states.push(await cache.fill(async () => [place(`room${n}`)]));
      assert.equal(states.at(-1), 'full');
      assert.ok(cache.bytes() > 90_000 && cache.bytes() < 100_000, String(cache.bytes()));
    } finally {
      await small.close();
    }
  });
});

function place(code: string): FoundLink {
  return {
    ...{ domainId: 0, code },
    link: new CachedLink({
      ...{ link_id: 1, url: `https://example.org/${code}`, title: '', redirect_type: 302, pass_query: false },
      ...{
        utm: null,
        rules: null,
        card: null,
        enabled: true,
        expires_at: null,
        max_visits: null,
        password_hash: null,
      },
      ...{
        disabled_reason: null,
        warning_reason: null,
        reported: false,
        starts_at: null,
        fallback_url: null,
        gone: false,
      },
    }),
  };
}

function told(kind: 'updated' | 'deleted', code: string): NewEvent {
  return { topic: 'links', kind, key: ALICE, ownerId: ALICE, payload: { domain_id: '0', code } };
}
