import { readFileSync, readdirSync } from 'node:fs';

/** CPU time and memory of a process and everything below it. */
export interface ProcessUsage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

// USER_HZ, which /proc counts in, is 100 on every Linux that Node runs on.
const MICROS_PER_TICK = 10_000;

/**
 * What a process and its living descendants have used, with the CPU time of children that ended and were waited for.
 * Shared memory is counted once per process that maps it, so the memory of PostgreSQL is an upper bound.
 *
 * @returns undefined where there is no /proc (outside Linux) or no such process.
 */
export function measureProcessTree(pid: number): ProcessUsage | undefined {
  const root = readStat(pid);
  if (root === undefined) return undefined;
  let cpuMicros = root.cpuMicros + root.endedChildrenCpuMicros;
  let { rssBytes } = root;
  for (const child of readChildren(pid)) {
    const usage = measureProcessTree(child);
    cpuMicros += usage?.cpuMicros ?? 0;
    rssBytes += usage?.rssBytes ?? 0;
  }
  return { cpuMicros, rssBytes };
}

/** The same for one process without what runs below it. */
export function measureProcess(pid: number): ProcessUsage | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { cpuMicros: stat.cpuMicros, rssBytes: stat.rssBytes };
}

/** The most memory that one process has ever had in RAM; undefined where that is not known. */
export function readPeakRssBytes(pid: number): number | undefined {
  const kb = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '')?.[1];
  return kb === undefined ? undefined : Number(kb) * 1024;
}

function readStat(pid: number): (ProcessUsage & { readonly endedChildrenCpuMicros: number }) | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // Fields after the command's closing parenthesis, which may itself hold spaces; proc(5) counts them from 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const status = readProc(`${pid}/status`);
  const rssKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0);
  return {
    cpuMicros: (field(14) + field(15)) * MICROS_PER_TICK, // utime, stime
    endedChildrenCpuMicros: (field(16) + field(17)) * MICROS_PER_TICK, // cutime, cstime
    rssBytes: rssKb * 1024,
  };
}

function readChildren(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.map((thread) => readProc(`${pid}/task/${thread}/children`) ?? '');
    return children.join(' ').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // the process ended meanwhile
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // no /proc, or the process ended meanwhile
  }
}
