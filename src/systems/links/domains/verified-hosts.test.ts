import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ALICE, createLinksSetting, type LinksSetting } from '../../../../test/support/links-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import { type SqlSession, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { createLog } from '../../../telemetry/log.ts';
import { domainEvent } from './domain-events.ts';
import { createVerifiedHosts } from './verified-hosts.ts';

const DOMAIN = { domain_id: 1_600_000_000_000_100, owner_id: ALICE, host: 'go.example.org' };

const insertVerified = writeStatement<[domainId: number, ownerId: number, host: string]>(
  'test_link_domains_insert_one',
  `INSERT INTO link_domains (domain_id, shard, owner_id, host, token, verified_at) VALUES ($1, 0, $2, $3, '', now())`,
);

describe('the hosts that a process knows', () => {
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting();
    await setting.sql.query(insertVerified, [DOMAIN.domain_id, DOMAIN.owner_id, DOMAIN.host]);
  });
  after(() => setting.close());

  function createHosts(failures: number) {
    let left = failures;
    const sql: SqlSession = {
      query(statement, parameters) {
        left -= 1;
        if (left >= 0) return Promise.reject(new Error('The database is away.'));
        return setting.sql.query(statement, parameters);
      },
    };
    // As soon as can be, instead of half a second later.
    const clock = {
      ...systemClock,
      sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal),
    };
    return createVerifiedHosts({ sql, clock, log: createLog({ level: 'silent', pretty: false }) });
  }

  it('are read again until the database answers', async () => {
    const hosts = createHosts(3);
    hosts.hear([domainEvent('verified', DOMAIN)]);
    await until(() => hosts.get('go.example.org:8443')?.domainId === DOMAIN.domain_id);
    hosts.close();
  });

  it('are as the database has them, whatever an event says that came late', async () => {
    const hosts = createHosts(0);
    await hosts.load();
    hosts.hear([domainEvent('deleted', { ...DOMAIN, domain_id: 1 })]);
    hosts.hear([domainEvent('verified', { ...DOMAIN, domain_id: 2, host: 'never.example.org' })]);
    await hosts.load();
    assert.equal(hosts.get(DOMAIN.host)?.domainId, DOMAIN.domain_id);
    assert.equal(hosts.get('never.example.org'), undefined);
    assert.equal(hosts.size(), 1);
    hosts.close();
  });

  it('cannot be loaded while the database is away, and are read no more once closed', async () => {
    const hosts = createHosts(1);
    await assert.rejects(hosts.load(), /away/);
    hosts.close();
    hosts.hear([domainEvent('verified', DOMAIN)]);
    await hosts.load();
    assert.equal(hosts.size(), 1);
  });
});
