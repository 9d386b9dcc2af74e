/** What operators watch: rules and dashboards ask for what a server exposes, alerts ring, and each has its entry in the runbook. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { createApiClient } from '../src/client/api-client.ts';
import { createHttpClient } from '../src/client/http-client.ts';
import { readEnvironment } from '../src/config/env.ts';
import { packageRoot } from '../src/config/package-info.ts';
import { systemClock } from '../src/core/clock.ts';
import { createSqlClusterMetrics } from '../src/telemetry/sql-cluster-metrics.ts';
import { atEnd } from './support/at-end.ts';
import { haproxyBackend } from './support/haproxy-program.ts';
import { exposedMetrics, groupingsOf, selectorsOf } from './support/promql.ts';
import { promtoolBackend } from './support/promtool-program.ts';
import { describeOnBackend } from './support/required-backends.ts';
import { startBalancer } from './support/running-balancer.ts';
import { createServerHome, type ServerHome } from './support/server-process.ts';
import { startTargetServer } from './support/target-server.ts';
import { until } from './support/until.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

interface Asked {
  readonly where: string;
  readonly expression: string;
}

const PROMETHEUS = path.join(packageRoot(), 'deploy', 'prometheus');
const GRAFANA = path.join(packageRoot(), 'deploy', 'grafana');
/** What a server exposes besides where its database has replicas. */
async function withReplicas(): Promise<string> {
  const registry = new Registry();
  const nodes = [{ name: 'db-1', role: 'replica', lagMs: 5 }] as const;
  const metrics = createSqlClusterMetrics(registry);
  metrics.watchNodes(
    () => nodes,
    () => 0,
  );
  metrics.watchStandbys(async () => 1);
  return registry.metrics();
}

/** What Prometheus adds to what it reads, or makes. */
const OF_PROMETHEUS: readonly [string, readonly string[]][] = [
  ['up', ['job', 'instance']],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
];
/** What they have of their own exporter, which is asked itself. */
const OF_HAPROXY = /^haproxy_/;
const LABELS_OF_TARGETS = ['job', 'instance'];

const rules: readonly Rule[] = ['objectives.yaml', 'alerts.yaml'].flatMap((file) => {
  const { groups }: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
    readFileSync(path.join(PROMETHEUS, file), 'utf8'),
  );
  return groups.flatMap((group) => group.rules);
});
const alerts = rules.filter(({ alert }) => alert !== undefined);

function askedByDashboards(): Asked[] {
  return readdirSync(GRAFANA).flatMap((file) => {
    const { panels }: Dashboard = JSON.parse(readFileSync(path.join(GRAFANA, file), 'utf8'));
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ where: `${file}: ${title}`, expression: expr })),
    );
  });
}

const asked: readonly Asked[] = [
  ...rules.map(({ alert, record, expr }) => ({ where: alert ?? record ?? '', expression: expr })),
  ...askedByDashboards(),
];

function asksHaproxy(expression: string): boolean {
  return selectorsOf(expression).some(({ name }) => OF_HAPROXY.test(name));
}

type Known = ReadonlyMap<string, ReadonlySet<string>>;

function unknownNames(asking: readonly Asked[], known: Known): string[] {
  return asking.flatMap(({ where, expression }) =>
    selectorsOf(expression)
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `${where}: ${name}`),
  );
}

function unknownLabels(asking: readonly Asked[], known: Known): string[] {
  return asking.flatMap(({ where, expression }) => {
    const selectors = selectorsOf(expression).map((selector) => ({
      ...selector,
      exposed: known.get(selector.name) ?? new Set<string>(),
    }));
    const sampled = selectors.filter(({ exposed }) => exposed.size > 0);
    const unknown = sampled.flatMap(({ name, labels, exposed }) =>
      labels.filter((label) => !isLabel(label, exposed)).map((label) => `${where}: ${name}{${label}}`),
    );
    // A grouping is of all that stands before it, so it is known if any of these has it.
    const grouped = groupingsOf(expression).filter(
      (label) =>
        sampled.length === selectors.length && !sampled.some(({ exposed }) => isLabel(label, exposed)),
    );
    return [...unknown, ...grouped.map((label) => `${where}: by ${label}`)];
  });
}

function isLabel(label: string, exposed: ReadonlySet<string>): boolean {
  return exposed.has(label) || LABELS_OF_TARGETS.includes(label);
}

const READY = '{"status":"ready"}';

describe('rules and dashboards', () => {
  let home: ServerHome;
  let known: Known;

  before(async () => {
    home = await createServerHome();
    const { url } = await home.start();
    await useEverything(url);
    const recorded = rules.flatMap(({ record, labels = {} }) =>
      record === undefined ? [] : [[record, new Set(Object.keys(labels))] as const],
    );
    const scraped = exposedMetrics(await (await fetch(`${url}/metrics`)).text());
    known = new Map([
      ...exposedMetrics(await withReplicas()),
      ...scraped,
      ...recorded,
      ...OF_PROMETHEUS.map(([name, labels]) => [name, new Set(labels)] as const),
    ]);
  });
  after(() => home.close());

  /** So that the metrics of most parts have samples, which show their labels. */
  async function useEverything(url: string): Promise<void> {
    const http = createHttpClient({ url, connectionsMax: 2, timeoutMs: 30_000 });
    const { token } = await createApiClient(http, systemClock).signUp('alice');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const call = (method: string, address: string, body?: object) =>
      fetch(url + address, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.equal((await call('POST', '/api/v1/posts', { text: 'hello' })).status, 201);
    for (const address of ['/api/v1/feed', '/api/v1/search?q=hello', '/nowhere']) await call('GET', address);
    http.close();
  }

  const ofServers = asked.filter(({ expression }) => !asksHaproxy(expression));

  it('ask only for metrics that a server exposes or a rule records', () => {
    assert.ok(ofServers.length > 200);
    assert.deepEqual(unknownNames(ofServers, known), []);
  });

  it('ask only for labels that these have', () => {
    assert.deepEqual(unknownLabels(ofServers, known), []);
  });
});

describeOnBackend('rules of the balancer', haproxyBackend(readEnvironment()), (program) => {
  const ofHaproxy = asked.filter(({ expression }) => asksHaproxy(expression));

  it('ask only for what its exporter exposes, and see there a process that is down', async (test) => {
    const server = await startTargetServer({ answer: (_asked, response) => response.end(READY) });
    atEnd(test, () => server.close());
    const { statisticsPort } = await startBalancer(test, {
      ...{ program, groups: { api: '' }, ports: { api: [server.port] } },
    });
    const scrape = async () => (await fetch(`http://127.0.0.1:${statisticsPort}/metrics`)).text();
    const known = exposedMetrics(await scrape());
    assert.ok(ofHaproxy.length >= 2);
    assert.deepEqual([...unknownNames(ofHaproxy, known), ...unknownLabels(ofHaproxy, known)], []);
    const status = 'haproxy_server_status{proxy="pool_all",server="api",state="DOWN"}';
    const active = 'haproxy_backend_active_servers{proxy="pool_all"}';
    const has = async (...samples: string[]) => {
      const lines = (await scrape()).split('\n');
      return samples.every((sample) => lines.includes(sample));
    };
    await until(() => has(`${status} 0`, `${active} 1`));
    await server.close();
    await until(() => has(`${status} 1`, `${active} 0`));
  });
});

describe('every alert', () => {
  const headings = [
    ...readFileSync(path.join(packageRoot(), 'docs', 'runbook.md'), 'utf8').matchAll(/^### (\w+)$/gm),
  ];
  const entries = new Set(headings.map(([, name = '']) => name));

  for (const name of new Set(alerts.map(({ alert = '' }) => alert))) {
    it(`${name} says how urgent it is, and has an entry in the runbook under its name`, () => {
      assert.ok(entries.has(name), `docs/runbook.md has no "### ${name}"`);
      for (const { labels = {}, annotations = {} } of alerts.filter(({ alert }) => alert === name)) {
        assert.match(labels['severity'] ?? '', /^(page|ticket)$/);
        assert.ok(annotations['summary']);
        assert.equal(annotations['runbook'], `docs/runbook.md#${name.toLowerCase()}`);
      }
    });
  }

  it('is there for each entry', () => {
    const names = new Set(alerts.map(({ alert }) => alert));
    assert.deepEqual(
      [...entries].filter((entry) => !names.has(entry)),
      [],
    );
  });
});

describeOnBackend('the configuration of Prometheus', promtoolBackend(readEnvironment()), (promtool) => {
  const run = (...args: string[]) =>
    execFileSync(promtool, args, { cwd: PROMETHEUS, encoding: 'utf8', stdio: 'pipe' });

  it('is accepted by its tool', () => {
    assert.match(run('check', 'config', 'prometheus.yaml'), /SUCCESS/);
  });

  it('alerts beyond each limit, and at none', () => {
    assert.match(run('test', 'rules', 'alerts.test.yaml'), /SUCCESS/);
  });

  it('has a test for each of its causes', () => {
    const text = readFileSync(path.join(PROMETHEUS, 'alerts.test.yaml'), 'utf8');
    const causes = alerts.filter(({ labels = {} }) => !('slo' in labels)).map(({ alert = '' }) => alert);
    assert.deepEqual(
      causes.filter((alert) => !text.includes(`alertname="${alert}"`)),
      [],
    );
  });
});
