/** What can be held of `deploy/` where no container runs: its settings, its connections, its balancer. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/config.ts';
import { readEnvironment } from '../src/config/env.ts';
import { packageRoot } from '../src/config/package-info.ts';
import { SETTINGS } from '../src/config/settings.ts';
import { renderHaproxyConfig } from '../src/planner/haproxy-config.ts';
import { SUPERUSER } from '../src/ports/sql-store/embedded-postgres/cluster.ts';
import { renderPatroniConfig } from '../src/up/engines/patroni-config.ts';
import { DATABASE } from '../src/up/engines/postgres-engine.ts';
import { haproxyBackend } from './support/haproxy-program.ts';
import { describeOnBackend } from './support/required-backends.ts';

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
}

const FOLDER = path.join(packageRoot(), 'deploy');
const PROFILES = ['stage-1', 'stage-2', 'stage-3', 'stage-4', 'stage-5'];
/** What the api processes of each stage with a balancer are called. */
const API = 'api';
const HAPROXY_FILE = path.join(FOLDER, 'haproxy', 'haproxy.cfg');

const compose: { readonly services: Readonly<Record<string, Service>> } = parse(
  readFileSync(path.join(FOLDER, 'compose.yaml'), 'utf8'),
  { merge: true },
);
const services = Object.entries(compose.services);

/** As compose does, with an answer for every variable. */
function substituted(text: string): string {
  return text.replaceAll(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_all, name: string, fallback?: string) => {
    return fallback ?? `value-of-${name.toLowerCase()}`;
  });
}

function environmentOf({ environment = {} }: Service): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, substituted(value)]));
}

/** Several servers of one database have one URL. */
function hostsOf(url: string): string[] {
  const [, servers = ''] = /^\w+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url) ?? [];
  return servers.split(',').map((server) => server.replace(/:\d+$/, ''));
}

describe('compose.yaml', () => {
  it('has a profile for every stage, and no service that is in none', () => {
    assert.deepEqual([...new Set(services.flatMap(([, { profiles }]) => profiles))].sort(), PROFILES);
  });

  for (const [name, service] of services.filter(([, { image }]) => image === 'groundswell')) {
    it(`tells ${name} only settings that there are, with values that are right`, () => {
      const environment = environmentOf(service);
      for (const setting of Object.keys(environment)) assert.ok(setting in SETTINGS, setting);
      loadConfig(environment);
    });

    it(`connects ${name} only with what runs beside it`, () => {
      const [profile = ''] = service.profiles;
      const beside = services
        .filter(([, { profiles }]) => profiles.includes(profile))
        .map(([other]) => other);
      const urls = Object.entries(environmentOf(service))
        .filter(([setting]) => /_URL$/.test(setting) && setting !== 'GROUNDSWELL_PUBLIC_URL')
        .flatMap(([, url]) => hostsOf(url));
      const dependsOn = Array.isArray(service.depends_on)
        ? service.depends_on
        : Object.keys(service.depends_on ?? {});
      for (const other of [...urls, ...dependsOn])
        assert.ok(beside.includes(other), `${other} in ${profile}`);
      assert.deepEqual([...urls].sort(), [...dependsOn].sort(), 'it waits for what it connects to');
    });
  }

  for (const profile of PROFILES) {
    it(`has in ${profile} who answers and who works`, () => {
      const roles = services
        .filter(([, { image, profiles }]) => image === 'groundswell' && profiles.includes(profile))
        .flatMap(([, service]) => loadConfig(environmentOf(service)).roles);
      for (const role of ['api', 'worker'] as const) assert.ok(roles.includes(role), role);
    });
  }

  it('mounts files that are there', () => {
    const files = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .filter((volume) => volume.startsWith('./'));
    for (const file of files) assert.ok(existsSync(path.join(FOLDER, file.split(':')[0] ?? '')), file);
  });
});

describe('the image', () => {
  const text = readFileSync(path.join(FOLDER, 'Dockerfile'), 'utf8');

  it('has all that the package has, runs without rights, and stops as the program is stopped', () => {
    const { files } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'));
    for (const file of files)
      assert.match(text, new RegExp(`/build/${file.replaceAll('.', '\\.')}\\b`), file);
    assert.equal(text.match(/^FROM /gm)?.length, 2);
    assert.match(text, /^USER groundswell$/m);
    assert.match(text, /^STOPSIGNAL SIGTERM$/m);
  });

  it('sets only what is a setting', () => {
    const names = text.match(/\bGROUNDSWELL_\w+/g) ?? [];
    for (const name of names) assert.ok(name in SETTINGS, name);
  });

  it('is built from all that its build reads', () => {
    const kept = readFileSync(path.join(FOLDER, 'Dockerfile.dockerignore'), 'utf8');
    const names = [...kept.matchAll(/^!(.+)$/gm)].map(([, name = '']) => name);
    for (const name of names) assert.ok(existsSync(path.join(packageRoot(), name)), name);
    for (const name of [
      'package.json',
      'package-lock.json',
      'src',
      'web',
      'tsconfig.json',
      'migrations',
      'bin',
    ]) {
      assert.ok(names.includes(name), name);
    }
  });
});

describe('the balancer of containers', () => {
  it('is configured as `up` would, but for where its servers are', () => {
    const expected = renderHaproxyConfig({
      haproxy: {
        ...{ kind: 'started', host: '0.0.0.0', port: 8_080, cpu: undefined },
        ...{ mode: 'http', balance: 'leastconn', tls: undefined },
        ...{ trustedProxies: [], trustedWord: 'forwarded' },
      },
      pools: [
        {
          ...{ name: 'pool_all', systems: undefined, hosts: [], balance: 'leastconn', servers: [] },
          lookup: { address: `${API}:8080`, countMax: 16 },
        },
      ],
      ...{ publicHost: undefined, certificateFile: undefined },
      ...{ statisticsPort: 8_404, adminSocket: undefined, user: undefined },
    });
    assert.equal(readFileSync(HAPROXY_FILE, 'utf8'), expected);
  });

  it('finds in each stage the processes of that stage', () => {
    const balancers = services.filter(([name]) => name.startsWith('haproxy-'));
    assert.deepEqual(
      balancers.map(([, { profiles }]) => profiles),
      [['stage-4'], ['stage-5']],
    );
    for (const [name, { profiles, depends_on: dependsOn }] of balancers) {
      const named = services.filter(([, { networks }]) => networks?.default.aliases.includes(API));
      const beside = named.filter(([, service]) => service.profiles.join() === profiles.join());
      assert.deepEqual(
        beside.map(([each]) => each),
        dependsOn,
        name,
      );
    }
  });
});

describe('PostgreSQL with Patroni in containers', () => {
  const nodes = services.filter(([name]) => /^postgres-\d$/.test(name));
  const folder = path.join(FOLDER, 'patroni');
  const text = readFileSync(path.join(folder, 'patroni.yml'), 'utf8');
  const { database } = loadConfig(environmentOf(compose.services['api-5'] as Service)); // It is there, as the stages are.

  it('is configured as `up` would, but for where it runs', () => {
    const [, ...lines] = text.split('\n');
    const expected = renderPatroniConfig(
      {
        ...{
          name: undefined,
          listenHost: '0.0.0.0',
          connectHost: undefined,
          port: 5_432,
          patroniPort: 8_008,
        },
        ...{ dataFolder: '/var/lib/postgresql/cluster', programs: '/usr/lib/postgresql/18/bin' },
        passwordFile: '/var/lib/postgresql/pgpass',
      },
      {
        ...{ etcd: 'etcd:2379', clients: 'samenet', connectionsMax: 300 },
        ...{ superuser: SUPERUSER, password: undefined, database: DATABASE },
      },
    );
    assert.equal(lines.join('\n'), expected);
  });

  it('is told who it is and with which password, and is where the product looks for it', () => {
    assert.equal(nodes.length, 3);
    for (const [name, service] of nodes) {
      const { PATRONI_NAME, ...told } = environmentOf(service);
      const {
        PATRONI_POSTGRESQL_CONNECT_ADDRESS: address,
        PATRONI_RESTAPI_CONNECT_ADDRESS: status,
        ...rest
      } = told;
      assert.deepEqual([PATRONI_NAME, address, status], [name, `${name}:5432`, `${name}:8008`]);
      const passwords = [
        'PATRONI_REPLICATION_PASSWORD',
        'PATRONI_RESTAPI_PASSWORD',
        'PATRONI_SUPERUSER_PASSWORD',
      ];
      assert.deepEqual(Object.keys(rest).sort(), passwords);
      assert.deepEqual([...new Set(Object.values(rest))], [`value-of-postgres_password`]);
      assert.deepEqual(service.volumes, [`${name}:/var/lib/postgresql`]);
      assert.deepEqual(Object.keys(service.depends_on ?? {}), ['etcd']);
    }
    const url = `postgres://${SUPERUSER}:value-of-postgres_password@`;
    assert.ok(database.url?.startsWith(url) && database.url.includes(`/${DATABASE}?`));
    assert.deepEqual(
      database.nodes?.map(({ name }) => name),
      nodes.map(([name]) => `${name}:5432`),
    );
    assert.ok(compose.services['etcd']?.command?.includes('--advertise-client-urls=http://etcd:2379'));
  });

  it('is built with the programs that its configuration names', () => {
    const image = readFileSync(path.join(folder, 'Dockerfile'), 'utf8');
    const [, major] = /^FROM postgres:(\d+)-/m.exec(image) ?? [];
    assert.ok(text.includes(`/usr/lib/postgresql/${major}/bin`));
    assert.match(image, /install .*\bpatroni python3-etcd etcd-server\b/);
    assert.match(
      image,
      /^COPY patroni\.yml (\S+)$[\s\S]*^USER postgres$[\s\S]*^ENTRYPOINT \["patroni", "\1"\]$/m,
    );
  });
});

describeOnBackend('the balancer of containers', haproxyBackend(readEnvironment()), (program) => {
  it('is accepted', () => void execFileSync(program, ['-c', '-f', HAPROXY_FILE]));
});
