/** CPU time of other processes, from the operating system. Linux only: elsewhere there is no /proc. */

import { readdirSync, readFileSync } from 'node:fs';

/** The unit of times in /proc/<pid>/stat: 100 a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  /** Of all its threads, in user and kernel mode, and of its children that have ended. */
  readonly cpuMs: number;
  /** Ended, and only listed until its parent asks how. */
  readonly zombie: boolean;
  /** When it started: with the id it names a process for good, because ids are used again. */
  readonly startTicks: number;
}

export interface TreeCpu {
  readonly postgresMs: number;
  /** Everything else in the trees. */
  readonly serverMs: number;
}

/** CPU time so far of the processes with these ids and all their descendants, or undefined without /proc. */
export function readTreeCpu(rootPids: readonly number[], procFolder = '/proc'): TreeCpu | undefined {
  const tree = processTree(rootPids, procFolder);
  if (tree === undefined) return undefined;
  const sum = (stats: ProcessStat[]) => stats.reduce((total, { cpuMs }) => total + cpuMs, 0);
  return {
    postgresMs: sum(tree.filter(({ name }) => name === 'postgres')),
    serverMs: sum(tree.filter(({ name }) => name !== 'postgres')),
  };
}

/** These processes and all their descendants, or undefined without /proc. */
export function processTree(rootPids: readonly number[], procFolder = '/proc'): ProcessStat[] | undefined {
  const all = readAllStats(procFolder);
  if (all === undefined) return undefined;
  const members = new Set(rootPids);
  // A child may have a smaller id than its parent, so look again until nothing is added.
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const { pid, parentPid } of all) if (members.has(parentPid)) members.add(pid);
  }
  return all.filter(({ pid }) => members.has(pid));
}

/** Every process there is, or undefined without /proc. */
export function readAllStats(procFolder = '/proc'): ProcessStat[] | undefined {
  try {
    const pids = readdirSync(procFolder).filter((name) => /^[0-9]+$/.test(name));
    return pids.flatMap((pid) => readStat(`${procFolder}/${pid}/stat`) ?? []);
  } catch {
    return undefined;
  }
}

function readStat(path: string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    return undefined; // It has ended since the folder was listed.
  }
}

/** One line of /proc/<pid>/stat (proc(5)). The name stands in parentheses and may contain any character. */
export function parseStat(line: string): ProcessStat {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  // Counted from the state, which is field 3: parent 4, utime 14, stime 15, cutime 16, cstime 17, start 22.
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(line, 10),
    parentPid: field(4),
    name: line.slice(line.indexOf('(') + 1, nameEnd),
    cpuMs: (field(14) + field(15) + field(16) + field(17)) * MS_PER_TICK,
    zombie: fields[0] === 'Z',
    startTicks: field(22),
  };
}
