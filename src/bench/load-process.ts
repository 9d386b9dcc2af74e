/** The program of the process that makes the load, so that the load shares no event loop with what it measures. */

import { systemClock } from '../core/clock.ts';
import { type LoadTask, runLoadTask } from './load-task.ts';

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// The parent is this same program, so its messages are taken as they are.
process.on('message', (task: LoadTask) => {
  runLoadTask(task, systemClock, cpuMs).then(
    (report) => process.send?.({ report }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.stack : String(error) }),
  );
});
// The open channel keeps the process; with the parent gone it has no reason to live, whatever it is doing.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
