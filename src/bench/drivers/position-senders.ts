/** Many drivers who drive about, in a process of their own, so that sending shares no event loop with what is measured. */
import type { Address } from '../http-client.ts';
import { type Cores, nextMessage, programBeside, startPinned } from '../pinned-process.ts';

export type SendersTask =
  | ({ readonly do: 'open'; readonly path: string; readonly tokens: readonly string[] } & Address)
  /** Each sends one point after the other, so many a second. */
  | { readonly do: 'send'; readonly durationMs: number; readonly perS: number };

export interface SendersAnswer {
  readonly failure?: string;
  /** Messages of this task. */
  readonly sent?: number;
  /** Connections that have ended so far. */
  readonly lost?: number;
}

export interface PositionSenders {
  /** A WebSocket for each of the tokens. */
  open(address: Address, path: string, tokens: readonly string[]): Promise<void>;
  /** Answers how many messages were sent. Fails if a connection was lost. */
  send(durationMs: number, perS: number): Promise<number>;
  close(): void;
}

export function startPositionSenders(cores: Cores): PositionSenders {
  const child = startPinned(programBeside('drivers/position-senders-process'), [], { cores, stdio: 'ipc' });

  async function ask(task: SendersTask): Promise<SendersAnswer> {
    const answered = nextMessage(child);
    child.send(task);
    // Only position-senders-process.ts answers here.
    const answer = (await answered) as SendersAnswer;
    if (answer.failure !== undefined) throw new Error(`the drivers failed: ${answer.failure}`);
    return answer;
  }

  return {
    async open(address, path, tokens) {
      await ask({ do: 'open', ...address, path, tokens });
    },
    async send(durationMs, perS) {
      const { sent = 0, lost = 0 } = await ask({ do: 'send', durationMs, perS });
      if (lost > 0) throw new Error(`${lost} drivers lost their connection`);
      return sent;
    },
    close: () => void child.kill('SIGKILL'),
  };
}
