/** `npm run test:failover`: the primary of a topology is killed under load, again and again; then replicas fail and lag. */
import { it } from 'node:test';
import { readEnvironment } from '../../src/config/env.ts';
import { findProgram } from '../../src/up/programs.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { runFailover } from './failover-run.ts';
import { patroniBackend } from './patroni-cluster.ts';

const environment = readEnvironment();
const KILLS = Number(environment['GROUNDSWELL_TEST_FAILOVER_KILLS'] ?? 5);
const WRITES = 200;

describeOnBackend(
  'groundswell up with replicas',
  patroniBackend((name) => findProgram(name, environment)),
  () => {
    it('loses nothing that was acknowledged when primaries are killed, and goes on by itself', (test) =>
      runFailover(test, { kills: KILLS, writes: WRITES }));
  },
);
