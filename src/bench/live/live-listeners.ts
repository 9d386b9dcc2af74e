/** Many who watch, in a process of their own, so that reading shares no event loop with what is measured. */
import type { Address } from '../../client/http-client.ts';
import type { LatencySummary } from '../latency.ts';
import { type Cores, nextMessage, programBeside, startPinned } from '../pinned-process.ts';

/** In a text, before the time at which it was sent, in milliseconds since 1970. */
export const SENT_AT_MARK = 'sent at ';

export type ListenersTask =
  | ({ readonly do: 'open'; readonly path: string; readonly tokens: readonly string[] } & Address)
  | { readonly do: 'report' };

export interface ListenersReport {
  /** Since the last report. */
  readonly messages: number;
  readonly bytes: number;
  /** The first of them. */
  readonly sample: string;
  readonly latency: LatencySummary;
  /** Connections that have ended so far. */
  readonly lost: number;
}

export interface ListenersAnswer {
  readonly opened?: number;
  readonly failure?: string;
  readonly report?: ListenersReport;
}

export interface LiveListeners {
  /** A WebSocket for each of the tokens. */
  open(address: Address, path: string, tokens: readonly string[]): Promise<void>;
  report(): Promise<ListenersReport>;
  close(): void;
}

export function startLiveListeners(cores: Cores): LiveListeners {
  const child = startPinned(programBeside('live/live-listeners-process'), [], { cores, stdio: 'ipc' });

  async function ask(task: ListenersTask): Promise<ListenersAnswer> {
    const answered = nextMessage(child);
    child.send(task);
    // Only live-listeners-process.ts answers here.
    const answer = (await answered) as ListenersAnswer;
    if (answer.failure !== undefined) throw new Error(`the listeners failed: ${answer.failure}`);
    return answer;
  }

  return {
    async open(address, path, tokens) {
      await ask({ do: 'open', ...address, path, tokens });
    },
    async report() {
      const { report } = await ask({ do: 'report' });
      if (report === undefined) throw new Error('the listeners have nothing to report');
      return report;
    },
    close: () => void child.kill('SIGKILL'),
  };
}
