import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError } from '../config/config.ts';
import { parseTopology } from '../planner/parse-topology.ts';
import { settingProblems } from './requirements.ts';

interface File {
  name: string;
  readonly engines: Record<string, unknown>;
  readonly processes: Record<string, unknown>;
  readonly settings: Record<string, unknown>;
  readonly environment: Record<string, string | undefined>;
}

/** Right by itself, with a place for each of the mistakes. */
const rightFile = (): File => ({
  name: 'mine',
  engines: { postgres: {}, redis: {}, kafka: {}, haproxy: {} },
  processes: {
    api: { roles: ['api'], count: 2 },
    worker: { roles: ['worker'] },
    links: { roles: ['api'], systems: ['links'] },
    feed: { roles: ['api'], systems: ['feed'] },
    media: { roles: ['api'], systems: ['media'], count: 2 },
    dispatch: { roles: ['dispatch'], settings: {} },
  },
  settings: {},
  environment: {},
});

/** Of all kinds, and none of them about what another one spoils; each with what must be said of it. */
const MISTAKES: readonly (readonly [told: RegExp, plant: (file: File) => void])[] = [
  [
    /: name must be/,
    (file) => {
      file.name = 'Mine';
    },
  ],
  [/: engines\.mysql is not known/, ({ engines }) => set(engines, 'mysql', {})],
  [/: engines\.postgres\.port must be/, ({ engines }) => set(engines, 'postgres', { port: 0 })],
  [/: engines\.redis\.nodes must be/, ({ engines }) => set(engines, 'redis', { nodes: 2 })],
  [/: engines\.kafka\.url uses ABSENT/, ({ engines }) => set(engines, 'kafka', { url: '${' + 'ABSENT}' })],
  [/: engines\.s3\.url must be/, ({ engines }) => set(engines, 's3', {})],
  [
    /: engines\.haproxy\.trusted_word is proxy/,
    ({ engines }) => set(engines, 'haproxy.trusted_word', 'proxy'),
  ],
  [/: processes\.api\.count must be/, ({ processes }) => set(processes, 'api.count', 65)],
  [/: processes\.worker\.rolls is not known/, ({ processes }) => set(processes, 'worker.rolls', 1)],
  [/: processes\.links\.systems\[0\] must be/, ({ processes }) => set(processes, 'links.systems', ['lnks'])],
  [/: processes\.feed\.port must be/, ({ processes }) => set(processes, 'feed.port', 'any')],
  [
    /: processes\.feed\.hosts names a\.example twice/,
    ({ processes }) => set(processes, 'feed.hosts', ['a.example', 'a.example']),
  ],
  [/: processes\.media\.weights has 1 and/, ({ processes }) => set(processes, 'media.weights', [1])],
  [/: processes\.media\.balance must be/, ({ processes }) => set(processes, 'media.balance', 'fair')],
  [
    /: processes\.worker\.balance is for the balancer/,
    ({ processes }) => set(processes, 'worker.balance', 'random'),
  ],
  [
    /: processes\.other\.systems names feed, which/,
    ({ processes }) => set(processes, 'other', { roles: ['api'], systems: ['feed'] }),
  ],
  [
    /: processes\.haproxy has a process haproxy, as/,
    ({ processes }) => set(processes, 'haproxy', { roles: ['worker'] }),
  ],
  [
    /: processes\.Big is the name of processes/,
    ({ processes }) => set(processes, 'Big', { roles: ['worker'] }),
  ],
  [
    /: processes\.two\.port takes 9000, which processes\.one/,
    ({ processes }) => {
      set(processes, 'one', { roles: ['worker'], port: 9_000 });
      set(processes, 'two', { roles: ['worker'], port: 9_000 });
    },
  ],
  [/: settings\.GROUNDSWELL_PORT follows from/, ({ settings }) => set(settings, 'GROUNDSWELL_PORT', 1)],
  [/: settings\.GROUNDSWELL_PROT is not a setting/, ({ settings }) => set(settings, 'GROUNDSWELL_PROT', 1)],
  [
    /: settings\.GROUNDSWELL_REGISTRATION must be/,
    ({ settings }) => set(settings, 'GROUNDSWELL_REGISTRATION', 'maybe'),
  ],
  [
    /: processes\.dispatch\.settings\.GROUNDSWELL_DATABASE_POOL_SIZE must be/,
    ({ processes }) => set(processes, 'dispatch.settings', { GROUNDSWELL_DATABASE_POOL_SIZE: 1 }),
  ],
  [
    /: GROUNDSWELL_TIMELINES_MAX must be/,
    ({ environment }) => set(environment, 'GROUNDSWELL_TIMELINES_MAX', 'all'),
  ],
];

/** `path`: a name, and names in it. */
function set(place: Record<string, unknown>, path: string, value: unknown): void {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) place[name] = value;
  else set(place[name] as Record<string, unknown>, rest.join('.'), value); // As the right file has it.
}

function problemsOf({ environment, ...file }: File): readonly string[] {
  const source = { text: stringify(file), name: 'topology.yaml', environment };
  try {
    parseTopology(source, (topology) => settingProblems(topology, environment));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('what is wrong with a topology and its settings', () => {
  it('is nothing where it is right', () => {
    assert.deepEqual(problemsOf(rightFile()), []);
  });

  it('is said at once: of any mistakes each, and nothing that is none', () => {
    fc.assert(
      fc.property(fc.subarray([...MISTAKES]), (planted) => {
        const file = rightFile();
        for (const [, plant] of planted) plant(file);
        const problems = problemsOf(file);
        const kindsOf = (problem: string) => planted.filter(([told]) => told.test(problem)).length;
        assert.deepEqual(
          planted.filter(([told]) => !problems.some((problem) => told.test(problem))).map(([told]) => told),
          [],
          problems.join('\n'),
        );
        assert.deepEqual(
          problems.filter((problem) => kindsOf(problem) !== 1),
          [],
        );
      }),
    );
  });

  it('tells no secret of an engine that its processes would refuse', () => {
    const file = rightFile();
    set(file.engines, 'kafka', { url: 'kafka://user:secret@' });
    const [problem = '', ...others] = problemsOf(file);
    assert.match(problem, /^topology\.yaml:\d+: engines\.kafka\.url must be/);
    assert.doesNotMatch(problem, /secret/);
    assert.deepEqual(others, []);
  });
});
