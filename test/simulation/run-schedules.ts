import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { MUTANTS } from './mutants.ts';
import { runWorld, type Hardships, type WorldReport } from './world.ts';

/** Which schedules to run, every `stride`-th seed from the first on. Can be sent to another thread. */
export interface Schedules {
  readonly firstSeed: number;
  readonly count: number;
  readonly stride: number;
  /** The name of a bug to put in. */
  readonly mutant: string | undefined;
  /** Stops with the first schedule that breaks something. */
  readonly stopsAtFailure: boolean;
}

export interface SchedulesReport {
  readonly schedules: number;
  readonly steps: number;
  /** The first few that broke something. */
  readonly failures: readonly WorldReport[];
  readonly hardships: Hardships;
}

const MAX_FAILURES = 5;
const NOTHING: SchedulesReport = {
  schedules: 0,
  steps: 0,
  failures: [],
  hardships: { duplicates: 0, rebalances: 0, processesLost: 0, buried: 0, deadLetters: 0, lateRequests: 0 },
};

/** Runs schedules one after the other in this thread. */
export async function runSchedules(schedules: Schedules): Promise<SchedulesReport> {
  const { firstSeed, count, stride, stopsAtFailure } = schedules;
  const mutant = MUTANTS.find(({ name }) => name === schedules.mutant);
  if (schedules.mutant !== undefined && mutant === undefined) throw new Error(`no mutant "${schedules.mutant}"`);
  let report = NOTHING;
  for (let index = 0; index < count; index += 1) {
    const world = await runWorld(firstSeed + index * stride, mutant === undefined ? {} : { mutant });
    const failures = world.violations.length > 0 ? [world] : [];
    report = add(report, { schedules: 1, steps: world.steps, failures, hardships: world.hardships });
    if (stopsAtFailure && failures.length > 0) break;
  }
  return report;
}

/**
 * Runs schedules on all cores. In threads of their own also because the test runner's sandbox makes each use of a
 * global several times as slow.
 */
export async function runSchedulesInThreads(schedules: Omit<Schedules, 'stride'>): Promise<SchedulesReport> {
  const threads = Math.max(1, Math.min(availableParallelism(), schedules.count));
  const reports = await Promise.all(
    Array.from({ length: threads }, (_, thread) =>
      runInThread({
        ...schedules,
        firstSeed: schedules.firstSeed + thread,
        count: Math.ceil((schedules.count - thread) / threads),
        stride: threads,
      }),
    ),
  );
  return reports.reduce(add, NOTHING);
}

function runInThread(schedules: Schedules): Promise<SchedulesReport> {
  const { promise, resolve, reject } = Promise.withResolvers<SchedulesReport>();
  const worker = new Worker(new URL('schedules-thread.ts', import.meta.url), { workerData: schedules });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the thread ended with ${code} and no report`)));
  return promise;
}

function add(a: SchedulesReport, b: SchedulesReport): SchedulesReport {
  const sum = (name: keyof Hardships): number => a.hardships[name] + b.hardships[name];
  return {
    schedules: a.schedules + b.schedules,
    steps: a.steps + b.steps,
    failures: [...a.failures, ...b.failures].toSorted((x, y) => x.seed - y.seed).slice(0, MAX_FAILURES),
    hardships: {
      duplicates: sum('duplicates'),
      rebalances: sum('rebalances'),
      processesLost: sum('processesLost'),
      buried: sum('buried'),
      deadLetters: sum('deadLetters'),
      lateRequests: sum('lateRequests'),
    },
  };
}

/** What broke, and how to see it again. */
export function describeFailure({ seed, violations }: WorldReport): string {
  const lines = violations.map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
  return [`schedule ${seed} breaks`, ...lines, `  see it again: npm run simulate -- --seed ${seed}`].join('\n');
}
