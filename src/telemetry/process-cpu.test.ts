import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseStat, readTreeCpu } from './process-cpu.ts';

describe('process CPU', () => {
  it('reads a line whose process name contains spaces and parentheses', () => {
    const line = '42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 20 5 20 0 11 0 123 456 789';
    const stat = { pid: 42, parentPid: 7, name: 'a) b (c', cpuMs: 2250, zombie: false, startTicks: 123 };
    deepEqual(parseStat(line), stat);
    deepEqual(parseStat(line.replace(' S ', ' Z ')), { ...stat, zombie: true });
  });

  it('knows nothing where there is no /proc', () => {
    equal(readTreeCpu([1], '/nonexistent'), undefined);
  });

  it('counts a busy child and a busy grandchild, and not a stranger', async (test) => {
    if (!existsSync('/proc/self/stat')) return test.skip('needs /proc');
    // By its own CPU time, not the clock's: on a busy machine it has to wait for its turn.
    const busy = 'while (process.cpuUsage().user + process.cpuUsage().system < 250_000);';
    const grandchild = JSON.stringify(`${busy} console.log('done'); setInterval(() => {}, 1000)`);
    const program = `${busy} require('node:child_process').spawn(process.execPath, ['-e', ${grandchild}],
      { stdio: 'inherit' }); process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    try {
      if (child.stdout) await once(child.stdout, 'data');
      const cpu = readTreeCpu([child.pid ?? 0]);
      ok((cpu?.serverMs ?? 0) >= 400, `both were busy for 250 ms: ${cpu?.serverMs}`);
      equal(cpu?.postgresMs, 0);
      deepEqual(readTreeCpu([]), { postgresMs: 0, serverMs: 0 });
    } finally {
      killTree(child.pid ?? 0);
    }
  });
});

function killTree(pid: number): void {
  spawn('sh', ['-c', `kill -9 $(cat /proc/${pid}/task/${pid}/children) ${pid}`], { stdio: 'ignore' });
}
