/** Many drivers who drive about, in a process of their own, so that sending shares no event loop with what is measured. */
import type { Address } from '../../client/http-client.ts';
import { type Cores, nextMessage, programBeside, startPinned } from '../pinned-process.ts';

export type SendersTask =
  | ({
      readonly do: 'open';
      readonly path: string;
      readonly tokens: readonly string[];
      /** The URL of offers, where drivers accept what they are offered. */
      readonly offersUrl?: string | undefined;
    } & Address)
  /** Each sends one point after the other, so many a second. */
  | { readonly do: 'send'; readonly durationMs: number; readonly perS: number };

export interface SendersAnswer {
  readonly failure?: string;
  /** Messages of this task. */
  readonly sent?: number;
  /** Connections that have ended so far. */
  readonly lost?: number;
  /** Offers so far. */
  readonly accepted?: number;
}

export interface PositionSenders {
  /** A WebSocket for each of the tokens. With the URL of offers, drivers accept what they are offered. */
  open(address: Address, path: string, tokens: readonly string[], offersUrl?: string): Promise<void>;
  /** Answers how many messages were sent. Fails if a connection was lost. */
  send(durationMs: number, perS: number): Promise<number>;
  /** How many offers had been accepted when the last task was done. */
  accepted(): number;
  close(): void;
}

export function startPositionSenders(cores: Cores): PositionSenders {
  const child = startPinned(programBeside('drivers/position-senders-process'), [], { cores, stdio: 'ipc' });

  let acceptedSoFar = 0;

  async function ask(task: SendersTask): Promise<SendersAnswer> {
    const answered = nextMessage(child);
    child.send(task);
    // Only position-senders-process.ts answers here.
    const answer = (await answered) as SendersAnswer;
    if (answer.failure !== undefined) throw new Error(`the drivers failed: ${answer.failure}`);
    return answer;
  }

  return {
    async open(address, path, tokens, offersUrl) {
      await ask({ do: 'open', ...address, path, tokens, offersUrl });
    },
    async send(durationMs, perS) {
      const { sent = 0, lost = 0, accepted = 0 } = await ask({ do: 'send', durationMs, perS });
      if (lost > 0) throw new Error(`${lost} drivers lost their connection`);
      acceptedSoFar = accepted;
      return sent;
    },
    accepted: () => acceptedSoFar,
    close: () => void child.kill('SIGKILL'),
  };
}
