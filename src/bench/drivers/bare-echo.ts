import type { Address } from '../../client/http-client.ts';
import { type Cores, nextMessage, programBeside, startPinned } from '../pinned-process.ts';

export interface BareEcho {
  readonly address: Address;
  readonly pid: number;
  close(): void;
}

export async function startBareEcho(cores: Cores): Promise<BareEcho> {
  const child = startPinned(programBeside('drivers/bare-echo-process'), [], { cores, stdio: 'ipc' });
  const { port } = (await nextMessage(child)) as { readonly port?: number };
  if (child.pid === undefined || port === undefined) throw new Error('the bare echo did not start');
  return { address: { host: '127.0.0.1', port }, pid: child.pid, close: () => void child.kill('SIGKILL') };
}
