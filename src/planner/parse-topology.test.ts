import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError, loadConfig } from '../config/config.ts';
import { packageRoot } from '../config/package-info.ts';
import { SETTINGS } from '../config/settings.ts';
import { SYSTEM_NAMES } from '../config/systems.ts';
import { balancerPools, localAddresses } from './balancer-pools.ts';
import { COUNT_MAX, parseTopology, type TopologyCheck } from './parse-topology.ts';
import type { Topology } from './topology.ts';
import { POSTGRES_NODES_MAX } from './topology-engines.ts';
import {
  type BalancerPlace,
  ENGINE_SETTINGS,
  MADE_SETTINGS,
  type ServePlace,
  serveEnvironment,
} from './topology-environment.ts';
import { plannedProcesses, planTopology } from './topology-plan.ts';
import { TEXT_LENGTH_MAX } from './topology-reader.ts';
import { topologyNotes } from './topology-rules.ts';

const STAGES = path.join(packageRoot(), 'deploy', 'stages');
const BOTH = 'processes: { all: { roles: [api, worker] } }';

function parse(text: string, overrides: readonly string[] = [], environment = {}): Topology {
  return parseTopology({ text, name: 'topology.yaml', environment, overrides });
}

function problemsOf(text: string, overrides: readonly string[] = [], environment = {}): readonly string[] {
  try {
    parse(text, overrides, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a topology', () => {
  for (const file of readdirSync(STAGES)) {
    it(`${file} is right, and no setting of it is unknown`, () => {
      const text = readFileSync(path.join(STAGES, file), 'utf8');
      const topology = parse(text);
      assert.equal(topology.name, path.basename(file, '.yaml'));
      assert.match(text, /^# Stage \d: /);
    });
  }

  it('needs nothing but its processes: PostgreSQL is inside, and every port is free', () => {
    const { name, engines, processes } = parse(BOTH);
    assert.equal(name, 'topology');
    assert.deepEqual(engines.postgres, { kind: 'embedded' });
    assert.deepEqual(
      processes.map(({ count, port, roles }) => [count, port, roles]),
      [[1, undefined, ['api', 'worker']]],
    );
  });

  it('is told every mistake at once, with its line, its path and the remedy', () => {
    const text = [
      'name: Stage',
      'engines:',
      '  postgres: { port: 0 }',
      '  redis: { nodes: 2, memory_mb: lots }',
      '  haproxy: { balance: fair, trusted_proxies: [everyone] }',
      '  mysql: {}',
      'processes:',
      '  api: { roles: [api, walker], count: 65 }',
    ].join('\n');
    assert.deepEqual(problemsOf(text), [
      'topology.yaml:1: name must be lower-case letters, digits and -, at most 30 of them, such as api; it is "Stage".',
      'topology.yaml:6: engines.mysql is not known here. Known are: postgres, redis, kafka, s3, haproxy.',
      'topology.yaml:3: engines.postgres.port must be a whole number from 1 to 65535; it is 0.',
      'topology.yaml:4: engines.redis.nodes must be 1, or 3 to 16 of a cluster; it is 2.',
      'topology.yaml:4: engines.redis.memory_mb must be a whole number from 16 to 1048576; it is "lots".',
      'topology.yaml:5: engines.haproxy.balance must be one of leastconn, roundrobin, random, source, hash caller, hash path 1 (to 9, or last), hash header NAME, hash cookie NAME; it is "fair".',
      'topology.yaml:5: engines.haproxy.trusted_proxies[0] must be an address or a network such as 10.0.0.0/8; it is "everyone".',
      'topology.yaml:8: processes.api.count must be a whole number from 1 to 64; it is 65.',
      'topology.yaml:8: processes.api.roles[1] must be one of api, worker, dispatch; it is "walker".',
    ]);
  });

  it('is told what is wrong between values beside what is wrong with one, but for what may only follow from that', () => {
    const text = [
      'engines: { haproxy: { port: none, trusted_word: proxy } }',
      'processes:',
      '  api: { roles: [api, wroker], count: many, weights: [1, 2], port: 8080, hosts: [a.example] }',
      'settings: { GROUNDSWELL_ROLES: api, GROUNDSWELL_PROT: 1 }',
      'settings: {}',
    ];
    assert.deepEqual(problemsOf(text.join('\n')), [
      'topology.yaml:5: settings is there twice. Give one of them another name, or take it out.',
      'topology.yaml:1: engines.haproxy.port must be a whole number from 1 to 65535; it is "none".',
      'topology.yaml:3: processes.api.count must be a whole number from 1 to 64; it is "many".',
      'topology.yaml:3: processes.api.roles[1] must be one of api, worker, dispatch; it is "wroker".',
      'topology.yaml:3: processes.api.hosts needs systems: without them the group has all that no other group has.',
      'topology.yaml:1: engines.haproxy.trusted_word is proxy, and nobody is trusted with it. Name the networks of the balancers in trusted_proxies.',
    ]);
    const unreadable = problemsOf('processes: [');
    assert.ok(
      unreadable.every((problem) => problem.includes('this is not YAML')),
      unreadable.join(),
    );
    assert.match(problemsOf(`name: A\n${BOTH}`, ['count']).join('\n'), /NAME=VALUE.*\n.*name must be/);
  });

  it('is told of what its processes would refuse with the rest, where it stands', () => {
    const check: TopologyCheck = ({ settings }) =>
      Object.keys(settings).map((name) => ({ path: ['settings', name], message: 'is refused.' }));
    const text = `name: A\n${BOTH}\nsettings: { GROUNDSWELL_REGISTRATION: maybe }`;
    assert.throws(() => parseTopology({ text, name: 'topology.yaml', environment: {} }, check), {
      problems: [
        `topology.yaml:1: name must be lower-case letters, digits and -, at most 30 of them, such as api; it is "A".`,
        'topology.yaml:3: settings.GROUNDSWELL_REGISTRATION is refused.',
      ],
    });
  });

  it('shows no password of a URL that is wrong', () => {
    const urls = [
      'mysql://u:secret@h/db',
      'redi://:secret@h',
      'kafka//u:x@q://u:secret',
      `amqp://u:se/cret@${'h'.repeat(80)}`,
    ];
    for (const url of urls) {
      const problems = problemsOf(`engines: { postgres: { url: "${url}" } }\n${BOTH}`).join();
      assert.match(problems, /engines\.postgres\.url must be a URL such as .*; it is ".*:\/\/…"/);
      assert.doesNotMatch(problems, /secret|cret@/);
    }
    const told = problemsOf(`processes: { links: { roles: [api, worker], hosts: ["http://go"] } }`);
    assert.match(told.join(), /it is "http:\/\/go"/);
  });

  it('has one PostgreSQL, or several with etcd, which says who of them is the primary', () => {
    const planOf = (nodes: number, port = '') =>
      planTopology(parse(`engines: { postgres: { nodes: ${nodes}${port} } }\n${BOTH}`)).engines.map(
        ({ name, port: named }) => [name, named],
      );
    assert.deepEqual(planOf(1), [['postgres', undefined]]);
    assert.deepEqual(planOf(3, ', port: 5432'), [
      ['etcd', undefined],
      ['postgres-1', 5_432],
      ['postgres-2', 5_433],
      ['postgres-3', 5_434],
    ]);
    assert.equal(planOf(POSTGRES_NODES_MAX).length, POSTGRES_NODES_MAX + 1);
    assert.match(
      problemsOf(`engines: { postgres: { nodes: ${POSTGRES_NODES_MAX + 1} } }\n${BOTH}`).join(),
      /engines\.postgres\.nodes must be a whole number from 1 to 8; it is 9/,
    );
    assert.match(
      problemsOf(`engines: { postgres: { nodes: 3, port: 6000 }, redis: { port: 6002 } }\n${BOTH}`).join(),
      /engines\.redis\.port takes 6002|takes 6002/,
    );
  });

  it('says where a text is no YAML, and refuses one that is no file of a person', () => {
    assert.match(problemsOf('processes:\n  api: [1, 2')[0] ?? '', /^topology\.yaml:\d: this is not YAML: /);
    assert.match(problemsOf('a: 1\na: 2')[0] ?? '', /^topology\.yaml:2: a is there twice/);
    assert.match(problemsOf('just words').join(), /the file must be a mapping/);
    const bombs = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
    assert.match(problemsOf(`a0: &a0 [x]\n${bombs.join('\n')}`).join(), /alias/i);
    assert.deepEqual(problemsOf(`${BOTH}\n#${' '.repeat(TEXT_LENGTH_MAX - BOTH.length - 2)}`), []);
    assert.match(problemsOf(`#${' '.repeat(TEXT_LENGTH_MAX)}`).join(), /longer than 1000000 characters/);
  });

  it('must have somebody who answers and somebody who works, and one holder of the embedded database', () => {
    assert.match(problemsOf('name: nothing').join(), /processes must name at least one group/);
    assert.match(problemsOf('processes: { a: { roles: [api] } }').join(), /no group with the role worker/);
    assert.match(problemsOf('processes: { a: { roles: [worker] } }').join(), /no group with the role api/);
    const apart = 'processes: { api: { roles: [api] }, rides: { roles: [worker, dispatch] } }';
    assert.match(
      problemsOf(`engines: { postgres: {} }\n${apart}`).join(),
      /rides has the role dispatch without api and there is no redis/,
    );
    assert.deepEqual(problemsOf(`engines: { postgres: {}, redis: {} }\n${apart}`), []);
    const elsewhere = 'settings: { GROUNDSWELL_GEO_INDEX_URL: "redis://shared" }';
    assert.deepEqual(problemsOf(`engines: { postgres: {} }\n${apart}\n${elsewhere}`), []);
    const two = 'processes: { all: { count: 2 } }';
    assert.match(problemsOf(two).join(), /engines\.postgres is embedded, which one process can hold/);
    assert.deepEqual(problemsOf(`engines: { postgres: {} }\n${two}`), []);
    assert.deepEqual(problemsOf(`engines: { postgres: { url: "postgres://db/x" } }\n${two}`), []);
  });

  it('sends a system to one group that answers, and has one for all the rest', () => {
    const text = (groups: string, haproxy = 'haproxy: {}') =>
      `engines: { postgres: {}, ${haproxy} }\nprocesses: { worker: { roles: [worker] }, ${groups} }`;
    const links = 'links: { roles: [api], systems: [links] }';
    assert.deepEqual(problemsOf(text(`api: { roles: [api] }, ${links}`)), []);
    assert.match(problemsOf(text(links)).join(), /no group with the role api and without systems/);
    const twice = 'more: { roles: [api], systems: [live, links] }';
    assert.match(
      problemsOf(text(`api: { roles: [api] }, ${links}, ${twice}`)).join(),
      /names links, which another/,
    );
    assert.match(
      problemsOf(text(`api: { roles: [api] }, ${links}`, 's3: { url: "s3://k:s@h/b" }')).join(),
      /needs engines.haproxy/,
    );
  });

  it('says all that is wrong with a balancer and what stands behind it', () => {
    const text = (haproxy: string, groups = '', api = '') =>
      [
        ...[
          `engines: { postgres: {}, haproxy: { ${haproxy} } }`,
          'processes:',
          '  worker: { roles: [worker] }',
        ],
        ...[`  api: { roles: [api], count: 2, ${api} }`, `  ${groups}`],
      ].join('\n');
    const links = (more: string) => `links: { roles: [api], systems: [links], ${more} }`;
    const forms = problemsOf(
      text('mode: udp, balance: hash, tls: { certificate: app.pem }', links('hosts: ["a b"], weights: [0]')),
    );
    assert.equal(forms.length, 5, forms.join('\n'));
    for (const balance of [
      'hash path 0',
      'hash path 10',
      'hash header',
      'hash header a b',
      "hash cookie 'x'",
    ]) {
      assert.match(problemsOf(text(`balance: "${balance}"`)).join(), /balance must be one of/, balance);
    }
    assert.deepEqual(problemsOf(text('balance: hash path 9', '', 'weights: [1, 256]')), []);
    assert.match(problemsOf(text('', '', 'weights: [1, 257]')).join(), /weights\[1\] must be a whole number/);
    assert.match(problemsOf(text('', '', 'weights: [1]')).join(), /has 1 and the group 2 processes/);
    assert.match(problemsOf(text('', '', 'hosts: [go.example]')).join(), /hosts needs systems/);
    assert.match(
      problemsOf(text('', 'b: { roles: [api], balance: source }', 'balance: random')).join(),
      /b\.balance is source, and that of api is random/,
    );
    assert.match(problemsOf(text('', links('hosts: [a.example, a.example]'))).join(), /a\.example twice/);
    assert.match(problemsOf(text('', links('hosts: ["*"]'))).join(), /GROUNDSWELL_PUBLIC_URL/);
    const app = 'settings: { GROUNDSWELL_PUBLIC_URL: "https://app.example" }';
    for (const host of ['app.example', '*.example']) {
      const problems = problemsOf(`${text('', links(`hosts: [go.example, "${host}"]`))}\n${app}`);
      assert.equal(problems.length, 1, host);
      assert.match(
        problems.join(),
        /links\.hosts has .*, which app\.example of GROUNDSWELL_PUBLIC_URL is/,
        host,
      );
    }
    for (const host of ['*', '*.app.example', 'p.example', '*.p.example']) {
      assert.deepEqual(problemsOf(`${text('', links(`hosts: ["${host}"]`))}\n${app}`), [], host);
    }
    for (const network of ['10.0.0.0/33', '300.0.0.1', '::1/129', 'fe80::1%eth0', 'cafe']) {
      const problems = problemsOf(text(`trusted_proxies: [10.0.0.0/32, "${network}"], host: "${network}"`));
      assert.match(
        problems.join('\n'),
        /host must be an address.*\n.*trusted_proxies\[1\] must be an/,
        network,
      );
    }
    assert.deepEqual(problemsOf(text('trusted_proxies: ["::1/128", 10.0.0.1], host: "::"')), []);
    assert.match(problemsOf(text('trusted_word: proxy')).join(), /nobody is trusted with it/);
    const tcp = 'mode: tcp, tls: {}, balance: hash caller, trusted_proxies: [10.0.0.1]';
    const blind = problemsOf(text(tcp, links(''), 'balance: hash caller')).join('\n');
    for (const field of ['haproxy.tls', 'haproxy.balance', 'links.systems', 'api.balance']) {
      assert.ok(blind.includes(`${field} needs mode: http`), field);
    }
    assert.match(blind, /trusted_word is forwarded, which needs mode: http/);
    const alone = `engines: { postgres: {} }\nprocesses: { all: { weights: [1], balance: source } }`;
    assert.match(
      problemsOf(alone).join('\n'),
      /balance is for the balancer.*\n.*weights is for the balancer/,
    );
    const ports = text('tls: { port: 9000 }', '', 'port: 8999');
    assert.match(problemsOf(ports).join(), /takes 8999 to 9000, which engines\.haproxy\.tls\.port takes too/);
  });

  it('refuses what follows from it, settings that there are not, and what would be called or listen alike', () => {
    const settings = (lines: string) => problemsOf(`${BOTH}\nsettings: { ${lines} }`).join();
    for (const name of MADE_SETTINGS) assert.match(settings(`${name}: x`), /follows from engines and proc/);
    assert.match(settings('GROUNDSWELL_PROT: 1'), /is not a setting/);
    assert.match(settings('TEXT: "a\\0b"'), /settings\.TEXT must be a text without NUL/);
    assert.match(settings('"A=B": 1'), /settings\.A=B is no name that a process can be told/);
    assert.equal(settings('TEXT: "two\\nlines"'), '');
    assert.equal(settings('GROUNDSWELL_REGISTRATION: closed, GROUNDSWELL_DATABASE_POOL_SIZE: 5'), '');
    const groups = (engines: string, lines: string) =>
      problemsOf(`engines: { postgres: {}, ${engines} }\nprocesses: { ${lines} }`).join();
    assert.match(groups('', 'postgres: {}, b: {}'), /has a process postgres, as an engine is called too/);
    assert.match(groups('', 'a: { count: 2 }, a-2: {}'), /a process a-2, as one of a is called too/);
    assert.match(
      groups('', 'a: { count: 3, port: 8080 }, b: { port: 8082 }'),
      /b\.port takes 8082, which processes\.a\.port takes too/,
    );
    assert.equal(groups('', 'a: { count: 2, port: 8080 }, b: { port: 8082 }'), '');
    assert.match(groups('haproxy: {}', 'a: { port: 8080 }'), /takes 8080, which engines\.haproxy\.port/);
  });

  it('takes an engine that runs already by its URL, and then nothing of how it would be started', () => {
    const url = ['$', '{DATABASE}'].join('');
    const text = `engines: { postgres: { url: "${url}", port: 5433 } }\n${BOTH}`;
    assert.match(
      problemsOf(text, [], { DATABASE: 'postgres://u:secret@h/d' }).join(),
      /port says how an engine/,
    );
    const [missing] = problemsOf(text);
    assert.match(missing ?? '', /postgres\.port says|uses DATABASE, which the environment does not have/);
    const wrong = problemsOf(text.replace(', port: 5433', ''), [], { DATABASE: 'mysql://u:secret@h/d' });
    assert.match(wrong.join(), /engines\.postgres\.url must be a URL such as postgres:/);
    assert.doesNotMatch(wrong.join(), /secret/);
  });

  it('is changed for once by the name of a place, and only so', () => {
    const { processes, engines } = parse(BOTH, [
      ...['processes.all.count=2', 'engines.postgres={}', 'engines.haproxy.port=9090'],
    ]);
    assert.equal(processes[0]?.count, 2);
    assert.equal(engines.haproxy?.port, 9090);
    assert.match(problemsOf(BOTH, ['count']).join(), /"count" is not NAME=VALUE/);
    assert.match(problemsOf(BOTH, ['processes.all.roles.x.y=1']).join(), /cannot be set/);
    assert.match(problemsOf(BOTH, [`processes.all.count=${COUNT_MAX + 1}`]).join(), /--set: .* from 1 to 64/);
    assert.match(problemsOf(BOTH, ['nope.x=1']).join(), /^topology\.yaml with --set: nope is not known/);
    const both = problemsOf(`${BOTH}\nnope: 1`, ['processes.all.nope.x=1']);
    assert.match(both.join(), /topology\.yaml:\d+: nope is/, 'the file is blamed for what is its own');
    assert.match(both.join(), /--set: processes\.all\.nope is/);
    // A slip of the pen would add processes of all roles.
    assert.match(problemsOf(BOTH, ['processes.al.count=2']).join(), /no processes that are called al\b/);
    const more = ['engines.postgres={}', 'processes.more={ roles: [worker] }', 'processes.more.count=2'];
    assert.equal(parse(BOTH, more).processes[1]?.count, 2);
  });

  it('says to its processes what it does not name, too, so that no environment says otherwise', () => {
    const engineUrls = { postgres: undefined, redis: undefined, kafka: undefined, s3: undefined };
    const place = {
      systems: undefined,
      engineUrls,
      port: 20_000,
      dataFolder: '/data',
      settings: {},
      balancer: undefined,
    };
    const inherited = {
      ...{ GROUNDSWELL_DATABASE_URL: 'postgres://other/x', GROUNDSWELL_REDIS_URL: 'redis://other' },
      ...{ GROUNDSWELL_OPERATIONS_PORT: '9090', GROUNDSWELL_TRUSTED_PROXIES: '10.0.0.1' },
      ...{ GROUNDSWELL_BLOBS_URL: 'disk:/srv/blobs', GROUNDSWELL_SYSTEMS: 'feed' },
      ...{ GROUNDSWELL_PROXY_PROTOCOL: 'on' },
    };
    const configOf = (more: Partial<ServePlace>) =>
      loadConfig({ ...inherited, ...serveEnvironment({ ...place, roles: ['api'], ...more }) });
    const { database, timelinesRedis, http, blobs } = configOf({});
    assert.deepEqual([database.url, timelinesRedis, http.operationsPort], [undefined, undefined, undefined]);
    assert.deepEqual([http.trustedProxies, blobs], [[], { kind: 'disk', folder: '/srv/blobs' }]);
    const balancer: BalancerPlace = {
      ...{ url: 'http://b', mode: 'http' },
      ...{ trustedProxies: ['10.0.0.0/8'], trustedWord: 'forwarded' },
    };
    assert.deepEqual(configOf({ balancer }).http.trustedProxies, ['127.0.0.1', '10.0.0.0/8']);
    assert.equal(configOf({ balancer }).http.proxyProtocol, false);
    const bare = configOf({ balancer: { ...balancer, mode: 'tcp', trustedWord: 'proxy' } }).http;
    assert.deepEqual([bare.trustedProxies, bare.proxyProtocol], [['127.0.0.1'], true]);
    assert.deepEqual(configOf({ systems: ['links'] }).systems, ['links']);
    assert.equal(configOf({ roles: ['worker'] }).http.operationsPort, 20_000);
  });

  it('notes what works and may surprise', () => {
    assert.deepEqual(topologyNotes(parse(BOTH)), []);
    const notes = topologyNotes(parse('engines: { postgres: {} }\nprocesses: { a: { count: 3 } }'));
    assert.match(notes.join('\n'), /each of the 3 api processes counts rate limits for itself/);
    assert.match(notes.join('\n'), /an address each/);
  });
});

const someTopology = fc.record({
  apis: fc.integer({ min: 1, max: 6 }),
  workers: fc.integer({ min: 1, max: 6 }),
  redis: fc.option(fc.constantFrom(1, 3, 5), { nil: undefined }),
  balance: fc.constantFrom('leastconn', 'roundrobin', 'random', 'source'),
  haproxy: fc.boolean(),
  split: fc.subarray([...SYSTEM_NAMES], { minLength: 1 }),
  port: fc.option(fc.integer({ min: 1, max: 8_000 }), { nil: undefined }),
});

type SomeTopology = typeof someTopology extends fc.Arbitrary<infer Value> ? Value : never;

function fileOf({ apis, workers, redis, balance, haproxy, split, port }: SomeTopology): string {
  return stringify({
    engines: {
      postgres: {},
      ...(redis === undefined ? {} : { redis: { nodes: redis } }),
      ...(haproxy ? { haproxy: { balance } } : {}),
    },
    processes: {
      api: { roles: ['api'], count: apis, ...(port === undefined ? {} : { port }) },
      worker: { roles: ['worker'], count: workers },
      ...(haproxy ? { special: { roles: ['api'], systems: split } } : {}),
    },
  });
}

describe('any topology', () => {
  it('is planned with every process once, its own name, and its own port where one is named', () => {
    fc.assert(
      fc.property(someTopology, (wanted) => {
        const plan = planTopology(parse(fileOf(wanted)));
        const planned = plannedProcesses(plan);
        const names = planned.map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        const { apis, workers, redis = 0, haproxy } = wanted;
        assert.equal(planned.length, 1 + redis + apis + workers + (haproxy ? 2 : 0));
        const ports = planned.flatMap(({ port }) => port ?? []);
        assert.equal(new Set(ports).size, ports.length);
      }),
    );
  });

  it('has each api behind its balancer exactly once', () => {
    fc.assert(
      fc.property(someTopology, (wanted) => {
        const topology = parse(fileOf(wanted));
        const pools = balancerPools(
          topology,
          localAddresses(topology, () => 1),
        );
        const servers = pools.flatMap((pool) => pool.servers.map(({ name }) => name));
        const apis = planTopology(topology)
          .serves.filter(({ roles }) => roles.includes('api'))
          .map(({ name }) => name);
        assert.deepEqual([...servers].sort(), [...apis].sort());
      }),
    );
  });

  it('tells its processes nothing that is no setting, or no right one', () => {
    const urls = {
      postgres: 'postgres://h/d',
      redis: 'redis://h',
      kafka: 'kafka://h:9092',
      s3: 's3://k:s@h/bucket',
    };
    fc.assert(
      fc.property(someTopology, fc.integer({ min: 1, max: 65_535 }), (wanted, port) => {
        for (const { roles, systems, settings } of planTopology(parse(fileOf(wanted))).serves) {
          const place = { roles, systems, settings, port, dataFolder: '/data', engineUrls: urls };
          loadConfig(
            serveEnvironment({
              ...place,
              balancer: wanted.haproxy
                ? {
                    url: 'http://b:8080',
                    mode: 'http',
                    trustedProxies: ['10.0.0.0/8'],
                    trustedWord: 'forwarded',
                  }
                : undefined,
            }),
          );
        }
      }),
    );
    for (const name of [...MADE_SETTINGS, ...Object.values(ENGINE_SETTINGS).flat()])
      assert.ok(name in SETTINGS, name);
  });

  it('is read or refused, whatever somebody writes', () => {
    const value = fc.anything({ maxDepth: 3, withNullPrototype: false });
    const parts = fc.record(
      { name: value, engines: value, processes: value, settings: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          parts.map((all) => stringify(all)),
          fc.string(),
        ),
        (text) => {
          for (const problem of problemsOf(text)) assert.match(problem, /^topology\.yaml:/);
        },
      ),
    );
  });
});
