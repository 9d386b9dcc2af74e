import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { haproxyBackend } from '../../test/support/haproxy-program.ts';
import { describeOnBackend } from '../../test/support/required-backends.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { readEnvironment } from '../config/env.ts';
import { type HaproxyOptions, renderHaproxyConfig } from './haproxy-config.ts';
import { BALANCE_KINDS, type StartedHaproxy } from './topology-engines.ts';

const HAPROXY: StartedHaproxy = {
  ...{ kind: 'started', host: '127.0.0.1', port: 8_080, cpu: undefined, balance: 'leastconn' },
  trustedProxies: [],
};
const POOLS: HaproxyOptions['pools'] = [
  { name: 'pool_links', systems: ['links', 'live'], servers: [{ name: 'links', port: 8_083 }] },
  {
    name: 'pool_all',
    systems: undefined,
    servers: [1, 2].map((number) => ({ name: `api-${number}`, port: 8_080 + number })),
  },
];

function render(haproxy: Partial<StartedHaproxy> = {}, options: Partial<HaproxyOptions> = {}): string {
  return renderHaproxyConfig({
    ...{ haproxy: { ...HAPROXY, ...haproxy }, pools: POOLS, statisticsPort: 8_404 },
    ...{ adminSocket: undefined, user: undefined, ...options },
  });
}

describe("HAProxy's configuration", () => {
  it('checks every process, and sends each system to its pool and the rest to another', () => {
    const text = render();
    for (const server of ['links 127.0.0.1:8083', 'api-1 127.0.0.1:8081', 'api-2 127.0.0.1:8082']) {
      assert.match(text, new RegExp(`^ {4}server ${server}$`, 'm'));
    }
    assert.equal(text.match(/uri \/health\/ready/g)?.length, 2);
    assert.match(text, /use_backend pool_links if for_pool_links\n {4}default_backend pool_all/);
    assert.match(text, /path_beg \/l\/ \/api\/v1\/links\/ .*\/api\/v1\/live\//);
  });

  it('believes what clients say of where they come from only if they are balancers that are trusted', () => {
    assert.match(render(), /del-header X-Forwarded-For\n/);
    assert.match(render(), /del-header X-Forwarded-Host\n/);
    const behind = render({ trustedProxies: ['10.0.0.0/8', '::1'] });
    assert.match(behind, /acl from_trusted_proxy src 10\.0\.0\.0\/8 ::1/);
    assert.match(behind, /del-header X-Forwarded-For unless from_trusted_proxy/);
  });

  it('repeats only what may be done twice', () => {
    assert.match(render(), /disable-l7-retry unless \{ method GET HEAD OPTIONS \}/);
  });
});

describeOnBackend("HAProxy's configuration", haproxyBackend(readEnvironment()), (program) => {
  for (const balance of BALANCE_KINDS) {
    it(`is accepted without a warning, balancing by ${balance}`, async (test) => {
      const folder = await temporaryFolder(test);
      const file = path.join(folder, 'haproxy.cfg');
      const host = balance === 'random' ? '::1' : '0.0.0.0';
      const adminSocket = path.join(folder, 'admin.sock');
      await writeFile(
        file,
        render({ balance, host, trustedProxies: ['10.0.0.0/8', '::1'] }, { adminSocket }),
      );
      const { stdout, stderr } = await promisify(execFile)(program, ['-c', '-f', file]);
      assert.doesNotMatch(`${stdout}${stderr}`, /WARNING|ALERT/);
    });
  }
});
