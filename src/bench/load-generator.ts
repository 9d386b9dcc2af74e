import type { LoadReport, LoadTask } from './load-task.ts';
import { type Cores, nextMessage, programBeside, startPinned } from './pinned-process.ts';

/** Makes loads, one after the other, in a process of its own. */
export interface LoadGenerator {
  /** Resolves when the load is over and every answer is in or overdue. */
  run(task: LoadTask): Promise<LoadReport>;
  close(): void;
}

export function startLoadGenerator(cores: Cores): LoadGenerator {
  const child = startPinned(programBeside('load-process'), [], { cores, stdio: 'ipc' });
  return {
    async run(task) {
      const answered = nextMessage(child);
      child.send(task);
      return reportOf(await answered);
    },
    close: () => void child.kill('SIGKILL'),
  };
}

function reportOf(message: unknown): LoadReport {
  // Only load-process.ts answers here, with one of these two.
  const answer = message as { report?: LoadReport; failure?: string };
  if (answer.report === undefined) throw new Error(`the load failed: ${answer.failure}`);
  return answer.report;
}
