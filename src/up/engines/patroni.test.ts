import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderPatroniConfig } from './patroni-config.ts';
import { describeMember } from './patroni-members.ts';

const NODE = {
  ...{ name: 'postgres-1', port: 5_432, patroniPort: 8_008 },
  ...{ listenHost: '127.0.0.1', connectHost: '127.0.0.1' },
  ...{ dataFolder: '/data/cluster', programs: '/usr/lib/postgresql/15/bin', passwordFile: '/data/pgpass' },
};
const OPTIONS = {
  ...{ etcd: '127.0.0.1:2379', clients: '127.0.0.1/32', connectionsMax: 60, database: undefined },
  ...{ superuser: 'groundswell', password: 'secret"\n' },
};

describe("Patroni's configuration", () => {
  const config = JSON.parse(renderPatroniConfig(NODE, OPTIONS));

  it('promotes nobody but the synchronous standby, and waits for one with each commit', () => {
    const { dcs } = config.bootstrap;
    assert.equal(dcs.synchronous_mode, true);
    assert.equal(dcs.synchronous_node_count, 1);
    assert.equal(dcs.postgresql.parameters.synchronous_commit, 'on');
  });

  it('has time to give up the lease before another one takes it, as Patroni asks', () => {
    const { ttl, loop_wait: loop, retry_timeout: retry } = config.bootstrap.dcs;
    assert(ttl >= loop + 2 * retry);
  });

  it('lets nobody in but from this machine, with the password, whatever is in that', () => {
    assert.equal(config.postgresql.listen, '127.0.0.1:5432');
    assert.equal(config.postgresql.parameters.unix_socket_directories, '');
    for (const line of config.postgresql.pg_hba)
      assert.match(line, /^host \S+ \S+ 127\.0\.0\.1\/32 scram-sha-256$/);
    assert.equal(config.restapi.authentication.password, OPTIONS.password);
  });
});

describe('a server in the table', () => {
  const member = { name: 'postgres-1', role: 'replica', state: 'streaming' };

  it('is what Patroni says it is, and how far behind', () => {
    assert.equal(describeMember({ ...member, role: 'leader', state: 'running' }), 'primary');
    assert.equal(describeMember({ ...member, role: 'sync_standby', lag: 0 }), 'synchronous standby');
    assert.equal(describeMember({ ...member, lag: 999 }), 'replica, 999 B behind');
    assert.equal(describeMember({ ...member, lag: 1_000 }), 'replica, 1 kB behind');
    assert.equal(describeMember({ ...member, lag: 12_345_678 }), 'replica, 12 MB behind');
  });

  it('is what it does while it is none of them', () => {
    assert.equal(describeMember({ ...member, state: 'starting', lag: 'unknown' }), 'replica, starting');
  });
});
