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
import { haproxyBackend } from './support/haproxy-program.ts';
import { describeOnBackend } from './support/required-backends.ts';

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
}

const FOLDER = path.join(packageRoot(), 'deploy');
const PROFILES = ['stage-1', 'stage-2', 'stage-3', 'stage-4'];
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
        .map(([, url]) => new URL(url).hostname);
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
          lookup: { address: 'api-4:8080', countMax: 16 },
        },
      ],
      ...{ publicHost: undefined, certificateFile: undefined },
      ...{ statisticsPort: 8_404, adminSocket: undefined, user: undefined },
    });
    assert.equal(readFileSync(HAPROXY_FILE, 'utf8'), expected);
  });
});

describeOnBackend('the balancer of containers', haproxyBackend(readEnvironment()), (program) => {
  it('is accepted', () => void execFileSync(program, ['-c', '-f', HAPROXY_FILE]));
});
