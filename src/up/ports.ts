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
const TAKEN = 'EADDRINUSE';
const FORBIDDEN = 'EACCES';
const NO_SUCH_HOST = 'EADDRNOTAVAIL';

/**
 * Fails with `conflict`, naming every port of the topology that cannot be had, and why. `folder`: where the choice is kept;
 * without it, as for a look, nothing is.
 */
export async function choosePorts(
  wishes: readonly PortWish[],
  folder: string,
  { keep }: { readonly keep: boolean },
): Promise<ReadonlyMap<string, number>> {
  await refuseUnusable(wishes);
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

interface Obstacle {
  /** `8080 of 127.0.0.1 (haproxy)`. */
  readonly place: string;
  readonly code: string;
}

/** Every port that is named and cannot be had, each with what to do about it. */
async function refuseUnusable(wishes: readonly PortWish[]): Promise<void> {
  const obstacles: Obstacle[] = [];
  for (const { name, host, port } of wishes) {
    const code = port === undefined ? undefined : await obstacleAt(host, port);
    if (code !== undefined) obstacles.push({ place: `${port} of ${host} (${name})`, code });
  }
  if (obstacles.length > 0) throw new AppError('conflict', sayObstacles(obstacles));
}

function sayObstacles(obstacles: readonly Obstacle[]): string {
  const foreign = obstacles.filter(({ code }) => code === NO_SUCH_HOST);
  const forbidden = obstacles.filter(({ code }) => code === FORBIDDEN);
  const taken = obstacles.filter(({ code }) => code !== NO_SUCH_HOST && code !== FORBIDDEN);
  const sentences = [
    ...taken.slice(0, 1).map(() => sayTaken(taken)),
    ...forbidden.map(
      ({ place }) =>
        `Port ${place} may be used by root only. Name one above 1023, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=0.`,
    ),
    ...foreign.map(
      ({ place }) =>
        `Port ${place} cannot be listened on, because this machine has no such address. Name one that it has, or 0.0.0.0 for all.`,
    ),
  ];
  return sentences.join('\n');
}

function sayTaken(taken: readonly Obstacle[]): string {
  const places = taken.map(({ place }) => place).join(', ');
  const which =
    taken.length === 1
      ? `Port ${places} is taken by another program.`
      : `These ports are taken by another program: ${places}.`;
  return `${which} Stop it, or name another in the topology, or with --set.`;
}

async function isFree(host: string, port: number): Promise<boolean> {
  return (await obstacleAt(host, port)) === undefined;
}

/** Why nobody could listen there, as the system calls it; `undefined` if somebody could. */
async function obstacleAt(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host: host === '*' ? '0.0.0.0' : host, port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : TAKEN;
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
