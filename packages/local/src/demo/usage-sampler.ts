import { measureProcess, measureProcessTree, type ProcessUsage } from '../platform/process-usage.ts';

export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
  /** Whether what runs below it is counted with it: the workers of a database, but not what the demo supervises. */
  readonly withChildren: boolean;
}

/** What one process used while it was watched. Memory in MiB. */
export interface UsageSummary {
  readonly name: string;
  readonly cpuMicros: number;
  readonly rssStartMiB: number;
  readonly rssEndMiB: number;
  readonly rssMaxMiB: number;
}

interface Series {
  readonly name: string;
  first: ProcessUsage;
  last: ProcessUsage;
  rssMaxBytes: number;
}

const MIB = 1024 * 1024;

/** Follows the CPU time and memory of processes, each with what runs below it. */
export class UsageSampler {
  readonly #series = new Map<number, Series>();

  /** Takes a sample; a process is watched from the first sample that names it. */
  sample(processes: readonly WatchedProcess[]): void {
    for (const { name, pid, withChildren } of processes) {
      const usage = withChildren ? measureProcessTree(pid) : measureProcess(pid);
      if (usage === undefined) continue;
      const series = this.#series.get(pid);
      if (series === undefined) {
        this.#series.set(pid, { name, first: usage, last: usage, rssMaxBytes: usage.rssBytes });
      } else {
        series.last = usage;
        series.rssMaxBytes = Math.max(series.rssMaxBytes, usage.rssBytes);
      }
    }
  }

  /** Begins to measure anew, from the last sample of each. */
  restart(): void {
    for (const series of this.#series.values()) {
      series.first = series.last;
      series.rssMaxBytes = series.last.rssBytes;
    }
  }

  /** Between the first and the last sample of each. Empty where the system does not tell (outside Linux). */
  summarize(): UsageSummary[] {
    return [...this.#series.values()].map(({ name, first, last, rssMaxBytes }) => ({
      name,
      cpuMicros: last.cpuMicros - first.cpuMicros,
      rssStartMiB: Math.round(first.rssBytes / MIB),
      rssEndMiB: Math.round(last.rssBytes / MIB),
      rssMaxMiB: Math.round(rssMaxBytes / MIB),
    }));
  }
}
