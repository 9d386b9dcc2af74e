import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { EXPERIMENT_NAMES } from '../../src/bench/experiments/experiment-names.ts';
import { BASIC_SCENARIO_NAMES, CROWD_SCENARIO_NAMES } from '../../src/bench/scenarios.ts';
import { needsCrowd } from '../../src/cli/bench-options.ts';
import { packageRoot } from '../../src/config/package-info.ts';

const run = promisify(execFile);
const program = path.join(packageRoot(), 'dist/src/main.js');

describe('groundswell bench', () => {
  it('measures every scenario on a server of its own, without an error, and writes the figures down', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-bench-test-'));
    try {
      const file = path.join(folder, 'figures.json');
      const { stdout } = await run(process.execPath, [program, 'bench', '--quick', '--json', file]);
      for (const name of BASIC_SCENARIO_NAMES) assert.match(stdout, new RegExp(`^${name} .*none$`, 'm'));
      assert.match(stdout, /Inserts of one row per transaction on the same PostgreSQL: [\d,.]+\/s/);
      const { summaries } = JSON.parse(await readFile(file, 'utf8'));
      assert.equal(summaries.length, BASIC_SCENARIO_NAMES.length);
      for (const { name, operationsPerS, ratioToBare } of summaries) {
        assert(operationsPerS > 0 && ratioToBare > 0, name);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('loads a graph, measures everything that needs one, and keeps the data for the next run', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'groundswell-bench-test-'));
    try {
      const file = path.join(folder, 'figures.json');
      const data = path.join(folder, 'data');
      const bench = [program, 'bench', '--quick', '--people', '100', '--data', data, '--json', file];
      const { stdout } = await run(process.execPath, bench);
      for (const name of CROWD_SCENARIO_NAMES) assert.match(stdout, new RegExp(`^${name} .*none$`, 'm'));
      const experiments = EXPERIMENT_NAMES.filter(needsCrowd);
      for (const name of experiments) assert.match(stdout, new RegExp(`^${name}: `, 'm'));
      const { summaries, findings } = JSON.parse(await readFile(file, 'utf8'));
      assert.equal(summaries.length, CROWD_SCENARIO_NAMES.length);
      assert.equal(findings.length, experiments.length);
      assert.match(stdout, /^readers who see every post, in order +(\d+) of \1 /m);
      assert.match(stdout, /^an entry in 10 reads, added to heads, statements +0 /m);
      assert.match(stdout, /^an entry in 10 reads, heads loaded again, statements +[1-9]/m);
      assert.match(stdout, /^kept by events, errors +0$/m);

      const again = await run(process.execPath, [...bench, '--scenarios', 'home-alone']);
      assert.match(again.stdout, /^home-alone .*none$/m);
      const other = run(process.execPath, [...bench, '--seed', '7']);
      await assert.rejects(other, (error: { stderr: string }) => /another graph/.test(error.stderr));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('puts load on no other machine', async () => {
    const bench = run(process.execPath, [program, 'bench', '--url', 'http://192.0.2.1:8080']);
    await assert.rejects(bench, (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /not on this machine/);
      return true;
    });
  });
});
