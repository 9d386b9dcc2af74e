import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { haproxyBackend } from '../../test/support/haproxy-program.ts';
import { describeOnBackend } from '../../test/support/required-backends.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { VALID_CERTIFICATE } from '../../test/support/test-certificates.ts';
import { readEnvironment } from '../config/env.ts';
import { SYSTEM_NAMES } from '../config/systems.ts';
import { SESSION_COOKIE as SERVERS_SESSION_COOKIE } from '../http/session-cookie.ts';
import { balancerPools, localAddresses, publicHostOf } from './balancer-pools.ts';
import { type HaproxyOptions, renderHaproxyConfig } from './haproxy-config.ts';
import { SESSION_COOKIE } from './haproxy-pools.ts';
import { parseTopology } from './parse-topology.ts';
import type { Topology } from './topology.ts';

const CERTIFICATE = 'CERTIFICATE_FILE';

/** `haproxy`: lines of the engine; `groups`: of processes besides two for all the rest. */
function topologyOf(haproxy: string, groups = '', api = ''): Topology {
  const text = [
    `engines: { postgres: {}, haproxy: { ${haproxy} } }`,
    'processes:',
    '  worker: { roles: [worker] }',
    `  api: { roles: [api], count: 2, ${api} }`,
    ...(groups === '' ? [] : [`  ${groups}`]),
    'settings: { GROUNDSWELL_PUBLIC_URL: "https://app.example", GROUNDSWELL_LINKS_URL: "https://go.example" }',
  ].join('\n');
  return parseTopology({ text, name: 'topology.yaml', environment: {} });
}

function render(topology: Topology, options: Partial<HaproxyOptions> = {}): string {
  const { haproxy } = topology.engines;
  assert(haproxy !== undefined);
  let port = 8_100;
  return renderHaproxyConfig({
    haproxy,
    pools: balancerPools(
      topology,
      localAddresses(topology, () => {
        port += 1;
        return port;
      }),
    ),
    publicHost: publicHostOf(topology),
    certificateFile: haproxy.tls === undefined ? undefined : CERTIFICATE,
    ...{ statisticsPort: 8_404, adminSocket: undefined, user: undefined },
    ...options,
  });
}

const LINKS = 'links: { roles: [api], systems: [links, live], balance: hash path last }';

describe("HAProxy's configuration", () => {
  it('checks every process, and sends each system to its pool and the rest to another', () => {
    const text = render(topologyOf('', LINKS));
    for (const server of ['links 127.0.0.1:8101', 'api-1 127.0.0.1:8102', 'api-2 127.0.0.1:8103']) {
      assert.equal(text.match(new RegExp(`^ {4}server ${server}$`, 'gm'))?.length, 2, 'ready, and of use');
    }
    assert.equal(text.match(/uri \/health\/ready/g)?.length, 4);
    assert.match(
      text,
      /use_backend pool_of_links if for_pool_of_links\n {4}use_backend limited_pool_all if .*\n {4}default_backend pool_all/,
    );
    assert.match(text, /path_beg \/l\/ \/api\/v1\/links\/ .*\/api\/v1\/live\//);
  });

  it('sends hosts of links to their pool before any path is looked at', () => {
    const text = render(topologyOf('', `${LINKS.replace(' }', ', hosts: ["*.go.example"] }')}`));
    assert.match(text, /acl at_pool_of_links req\.hdr\(host\),host_only -i -m str go\.example\n/);
    assert.match(text, /acl at_pool_of_links req\.hdr\(host\),host_only -i -m end \.go\.example\n/);
    assert.ok(text.indexOf('if at_pool_of_links') < text.indexOf('if for_pool_of_links'));
    const open = render(topologyOf('', LINKS.replace(' }', ', hosts: ["*"] }')));
    assert.match(open, /use_backend pool_of_links if !not_at_pool_of_links/);
  });

  it('believes what clients say of where they come from only if they are balancers that are trusted', () => {
    const alone = render(topologyOf(''));
    assert.match(alone, /del-header X-Forwarded-For\n/);
    assert.match(alone, /del-header X-Forwarded-Host\n/);
    const behind = render(topologyOf('trusted_proxies: [10.0.0.0/8, "::1"]'));
    assert.match(behind, /acl from_trusted_proxy src 10\.0\.0\.0\/8 ::1/);
    assert.match(behind, /del-header X-Forwarded-For unless from_trusted_proxy/);
    const word = render(topologyOf('trusted_proxies: [10.0.0.0/8], trusted_word: proxy'));
    assert.match(word, /expect-proxy layer4 if \{ src 10\.0\.0\.0\/8 \}/);
    assert.match(word, /del-header X-Forwarded-For\n/);
  });

  it('repeats only what may be done twice', () => {
    assert.match(
      render(topologyOf('')),
      /disable-l7-retry unless \{ method GET HEAD OPTIONS \} or \{ req\.hdr\(idempotency-key\) -m found \}/,
    );
  });

  it('lets browsers insist on https only where the certificate is the operator’s', () => {
    assert.doesNotMatch(render(topologyOf('')), /Strict-Transport|redirect/);
    assert.match(render(topologyOf('tls: {}')), /del-header Strict-Transport-Security\n/);
    const own = render(topologyOf('tls: { certificate: /etc/ssl/app.pem, port: 443 }'));
    assert.match(own, /set-header Strict-Transport-Security max-age=31536000\n/);
    assert.match(own, /location https:\/\/%\[req\.hdr\(host\),host_only\]%\[pathq\] code 308/);
  });

  it('looks for the session where the servers keep it', () => {
    assert.equal(SESSION_COOKIE, SERVERS_SESSION_COOKIE);
  });
});

const BALANCES = [
  ...['leastconn', 'roundrobin', 'random', 'source', 'hash caller', 'hash path 2', 'hash path last'],
  ...['hash header X-City', 'hash cookie groundswell_theme'],
];
const SPLITS = SYSTEM_NAMES.map((name) => `${name}: { roles: [api], systems: [${name}] }`);

/** What it is, and what is written for it. */
const EXAMPLES: readonly (readonly [string, Topology])[] = [
  ...BALANCES.map((balance) => [balance, topologyOf(`balance: ${balance}`, LINKS)] as const),
  ['IPv6', topologyOf('host: "::1"')],
  ['weights', topologyOf('', '', 'weights: [1, 256]')],
  ['TLS of our own', topologyOf('host: 0.0.0.0, tls: {}')],
  ['TLS of the operator', topologyOf('tls: { certificate: /etc/ssl/app.pem, port: 443 }')],
  ['headers of trusted proxies', topologyOf('trusted_proxies: [10.0.0.0/8, "::1"]')],
  ['the word of trusted proxies', topologyOf('trusted_proxies: [10.0.0.0/8], trusted_word: proxy, tls: {}')],
  ...['leastconn', 'roundrobin', 'random', 'source'].map(
    (balance) => [`tcp, ${balance}`, topologyOf(`mode: tcp, balance: ${balance}`)] as const,
  ),
  ['tcp behind others', topologyOf('mode: tcp, trusted_proxies: [10.0.0.0/8], trusted_word: proxy')],
  ['hosts', topologyOf('', LINKS.replace(' }', ', hosts: ["*.go.example", go.test] }'))],
  ['all hosts', topologyOf('', LINKS.replace(' }', ', hosts: ["*"] }'))],
  ['every system apart', topologyOf('', SPLITS.join('\n  '))],
];

describeOnBackend("HAProxy's configuration", haproxyBackend(readEnvironment()), (program) => {
  it('is accepted without a warning, whatever the topology says', async (test) => {
    const folder = await temporaryFolder(test);
    const certificateFile = path.join(folder, 'certificate.pem');
    await writeFile(certificateFile, `${VALID_CERTIFICATE.key}\n${VALID_CERTIFICATE.cert}\n`);
    for (const [name, topology] of EXAMPLES) {
      const file = path.join(folder, 'haproxy.cfg');
      const adminSocket = path.join(folder, 'admin.sock');
      await writeFile(file, render(topology, { adminSocket, certificateFile }));
      const { stdout, stderr } = await promisify(execFile)(program, ['-c', '-f', file]).catch(
        (error: unknown) => assert.fail(`${name}: ${String(error)}`),
      );
      assert.doesNotMatch(`${stdout}${stderr}`, /WARNING|ALERT/, name);
    }
  });
});

const groupName = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const someSplit = fc.record({
  names: fc.uniqueArray(groupName, { maxLength: 5 }),
  systems: fc.shuffledSubarray([...SYSTEM_NAMES], { minLength: 5 }),
  counts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 5 }),
  balance: fc.constantFrom(...BALANCES),
});

describe("HAProxy's configuration of any topology", () => {
  it('is always the same for the same, and no two pools or processes have a name', () => {
    fc.assert(
      fc.property(someSplit, ({ names, systems, counts, balance }) => {
        const free = names.filter((name) => !/^(api|worker|haproxy|postgres)(-\d+)?$/.test(name));
        const groups = free.map(
          (name, index) =>
            `"${name}": { roles: [api], systems: [${systems[index]}], count: ${counts[index]}, balance: ${balance} }`,
        );
        const read = () => {
          try {
            return render(topologyOf('', groups.join('\n  ')));
          } catch (error) {
            // Such as `a-1` beside two processes of `a`.
            assert.match(String((error as { problems?: unknown }).problems), /as one of .* is called too/);
            return undefined;
          }
        };
        const text = read();
        fc.pre(text !== undefined);
        assert.equal(read(), text);
        const named = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);
        const backends = named(/^backend (\S+)$/gm);
        assert.equal(new Set(backends).size, backends.length);
        // Each process is in its pool, and in that of those of some use.
        const servers = named(/^ {4}server (\S+) /gm);
        assert.equal(2 * new Set(servers).size, servers.length);
      }),
    );
  });
});
