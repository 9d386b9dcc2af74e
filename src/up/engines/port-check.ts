import { once } from 'node:events';
import { connect } from 'node:net';
import { AppError } from '../../core/errors.ts';

const TIMEOUT_MS = 2_000;

/** Rejects unless somebody listens there. */
export async function checkPort(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, timeout: TIMEOUT_MS });
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'timeout').then(() => {
        throw new AppError('timeout', `nobody answers at port ${port}`);
      }),
    ]);
  } finally {
    socket.destroy();
  }
}
