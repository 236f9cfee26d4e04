import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where it was measured. */
export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute, when the measurements began and when they ended: what else the machine had to do shows here. */
  readonly loadAverage: { readonly before: number; readonly after: number };
}

/** Takes the load average now, and again when the returned function is called. */
export function watchMachine(): () => Machine {
  const [before = 0] = loadavg();
  return () => {
    const [after = 0] = loadavg();
    return {
      cpus: availableParallelism(),
      cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release().split('-')[0]}`,
      node: process.version,
      loadAverage: { before, after },
    };
  };
}
