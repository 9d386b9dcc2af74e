/** The alerts of the promises, evaluated by Prometheus' own tool over series that fail too much, or not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promtoolBackend } from '../../test/support/promtool-program.ts';
import { describeOnBackend } from '../../test/support/required-backends.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { readEnvironment } from '../config/env.ts';
import { packageRoot } from '../config/package-info.ts';
import { alertNameOf, BAD_EVENTS_MIN, renderPrometheusRules } from './prometheus-rules.ts';
import { SERVICE_OBJECTIVES, type ServiceObjective } from './service-objectives.ts';

const EVENTS_PER_MINUTE = 1e6;

/** Cumulative series of `objective` in which so many of the million events of each minute are bad. */
function seriesOf({ events, badEvents }: ServiceObjective, bad: (minute: number) => number, minutes: number) {
  const [, metric = '', labels = ''] = /increase\((\w+)(?:\{(.*?)\})?\[/.exec(events) ?? [];
  const [, withinS] = /le=~"([\d.]+)\(/.exec(badEvents) ?? [];
  const known = labels.replace(/,?route!~".*"/, '');
  const named = (name: string, extra: string) => `${name}{${[known, extra].filter(Boolean).join(',')}}`;
  const values = (perMinute: (minute: number) => number) => {
    let total = 0;
    return Array.from({ length: minutes }, (_, minute) => (total += perMinute(minute))).join(' ');
  };
  const good = (minute: number) => EVENTS_PER_MINUTE - bad(minute);
  if (withinS === undefined) {
    return [
      { series: named(metric, 'status="200"'), values: values(good) },
      { series: named(metric, 'status="503"'), values: values(bad) },
    ];
  }
  return [
    { series: named(metric, ''), values: values(() => EVENTS_PER_MINUTE) },
    { series: named(metric.replace(/count$/, 'bucket'), `le="${withinS}"`), values: values(good) },
  ];
}

interface Case {
  readonly bad: (objective: ServiceObjective, minute: number) => number;
  readonly minutes: number;
  readonly severities: readonly string[];
}

describe('the rules for promises', () => {
  it('are those in deploy', () => {
    const file = path.join(packageRoot(), 'deploy', 'prometheus', 'objectives.yaml');
    assert.equal(
      readFileSync(file, 'utf8'),
      renderPrometheusRules(),
      'npm run build && groundswell render prometheus > deploy/prometheus/objectives.yaml',
    );
  });
});

describeOnBackend('the alerts of promises', promtoolBackend(readEnvironment()), (promtool) => {
  async function check(context: TestContext, { bad, minutes, severities }: Case): Promise<void> {
    const folder = await temporaryFolder(context);
    const rules = path.join(folder, 'rules.yaml');
    const file = path.join(folder, 'test.yaml');
    writeFileSync(rules, renderPrometheusRules());
    const expected = SERVICE_OBJECTIVES.flatMap(({ name }) =>
      severities.map((severity) => ({
        labels: `{alertname="${alertNameOf(name)}", severity="${severity}"}`,
        value: 1,
      })),
    );
    const test = {
      interval: '1m',
      input_series: SERVICE_OBJECTIVES.flatMap((objective) =>
        seriesOf(objective, (minute) => bad(objective, minute), minutes),
      ),
      promql_expr_test: [
        {
          expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
          eval_time: `${minutes - 1}m`,
          exp_samples: expected,
        },
      ],
    };
    writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '5m', tests: [test] }));
    execFileSync(promtool, ['test', 'rules', file], { stdio: 'pipe' });
  }

  /** So many times faster than what may fail would last for 30 days. */
  const burning = (factor: number) => (objective: ServiceObjective) =>
    Math.round(EVENTS_PER_MINUTE * (1 - objective.objective) * factor);

  it('wake somebody while what may fail in 30 days is gone in two', (context) =>
    check(context, { bad: burning(20), minutes: 91, severities: ['page', 'ticket'] }));

  it('wake nobody below that, and nobody once it is over', async (context) => {
    await check(context, { bad: burning(0.9), minutes: 91, severities: [] });
    const over = (objective: ServiceObjective, minute: number) => (minute < 60 ? burning(50)(objective) : 0);
    await check(context, { bad: over, minutes: 96, severities: ['ticket'] });
  });

  it('leave for the day what is used up faster than it should be, yet slowly', (context) =>
    check(context, { bad: burning(3), minutes: 91, severities: ['ticket'] }));

  it('wake nobody for fewer failures than a person should see', async (context) => {
    const few = (_: ServiceObjective, minute: number) => (minute === 60 ? BAD_EVENTS_MIN - 2 : 0);
    await check(context, { bad: few, minutes: 71, severities: [] });
  });
});
