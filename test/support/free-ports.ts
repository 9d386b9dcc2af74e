import { createServer } from 'node:net';

const PORT_MAX = 65_535;

/** Ports of this machine that nobody listens on now. They are held until all are found, so that they differ. */
export async function freePorts(count: number, portMax = PORT_MAX): Promise<number[]> {
  const ports: number[] = [];
  const held = [];
  while (ports.length < count) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    held.push(server);
    if (port <= portMax) ports.push(port);
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
