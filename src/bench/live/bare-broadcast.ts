import type { Address } from '../../client/http-client.ts';
import { type Cores, nextMessage, programBeside, startPinned } from '../pinned-process.ts';

export interface BroadcastTask {
  readonly text: string;
  readonly times: number;
  readonly pauseMs: number;
}

export interface BareBroadcast {
  readonly address: Address;
  readonly pid: number;
  broadcast(task: BroadcastTask): Promise<void>;
  close(): void;
}

export async function startBareBroadcast(cores: Cores): Promise<BareBroadcast> {
  const child = startPinned(programBeside('live/bare-broadcast-process'), [], { cores, stdio: 'ipc' });
  const { port } = (await nextMessage(child)) as { readonly port?: number };
  if (child.pid === undefined || port === undefined) throw new Error('the bare broadcast did not start');
  return {
    address: { host: '127.0.0.1', port },
    pid: child.pid,
    async broadcast(task) {
      const done = nextMessage(child);
      child.send(task);
      await done;
    },
    close: () => void child.kill('SIGKILL'),
  };
}
