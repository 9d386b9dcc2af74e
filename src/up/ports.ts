/**
 * Which port each process listens on: what the topology says, else the one that it had before, else a free one. They stay
 * the same from start to start, because a cluster, a bookmark or a script may have remembered them.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { AppError } from '../core/errors.ts';

export interface PortWish {
  /** Unique: that of the process, or `kafka controller`. */
  readonly name: string;
  /** Where it listens. */
  readonly host: string;
  /** `undefined`: any that is free. */
  readonly port: number | undefined;
}

const FILE = 'ports.json';
/**
 * Below what systems hand out to connections that go out (from 32768 on Linux, 49152 elsewhere): a process that is
 * started again must not find its port taken by one of those.
 */
export const FREE_MIN = 20_000;
export const FREE_MAX = 32_000;

/**
 * Fails with `conflict`, naming every port of the topology that another program has. `folder`: where the choice is kept;
 * without it, as for a look, nothing is.
 */
export async function choosePorts(
  wishes: readonly PortWish[],
  folder: string,
  { keep }: { readonly keep: boolean },
): Promise<ReadonlyMap<string, number>> {
  await refuseTaken(wishes);
  const earlier = await readEarlier(folder);
  const chosen = new Map<string, number>();
  for (const { name, port } of wishes) if (port !== undefined) chosen.set(name, port);
  const others = wishes.filter(({ port }) => port === undefined);
  const isTaken = (port: number): boolean => [...chosen.values()].includes(port);
  for (const { name, host } of others) {
    const before = earlier[name];
    if (before !== undefined && !isTaken(before) && (await isFree(host, before))) chosen.set(name, before);
  }
  let next = FREE_MIN + (process.pid % 1_000) * 10;
  for (const { name, host } of others.filter((other) => !chosen.has(other.name))) {
    while (isTaken(next) || !(await isFree(host, next))) next = next < FREE_MAX ? next + 1 : FREE_MIN;
    chosen.set(name, next);
  }
  if (keep) {
    const file = path.join(folder, FILE);
    await writeFile(file, `${JSON.stringify({ ...earlier, ...Object.fromEntries(chosen) }, undefined, 2)}\n`);
  }
  return chosen;
}

async function refuseTaken(wishes: readonly PortWish[]): Promise<void> {
  const taken: string[] = [];
  for (const { name, host, port } of wishes) {
    if (port !== undefined && !(await isFree(host, port))) taken.push(`${port} of ${host} (${name})`);
  }
  if (taken.length === 0) return;
  const which =
    taken.length === 1
      ? `Port ${taken[0]} is taken by another program.`
      : `These ports are taken by another program: ${taken.join(', ')}.`;
  const message = `${which} Stop it, or name another in the topology, or with --set.`;
  throw new AppError('conflict', message);
}

/** Whether somebody could listen there. Without the right to use a port below 1024, it is none of ours either. */
async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: host === '*' ? '0.0.0.0' : host, port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function readEarlier(folder: string): Promise<Readonly<Record<string, number>>> {
  const text = await readFile(path.join(folder, FILE), 'utf8').catch(() => '{}');
  try {
    const content: unknown = JSON.parse(text);
    const entries = Object.entries(content ?? {}).filter(([, port]) => Number.isInteger(port));
    return Object.fromEntries(entries) as Record<string, number>; // Only numbers are left.
  } catch {
    return {}; // Half written: new ones are as good.
  }
}
