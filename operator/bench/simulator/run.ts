import type { Scaler } from './scalers.ts';
import { World, type WorldOptions } from './world.ts';

export interface RunOptions {
  readonly world: WorldOptions;
  readonly seconds: number;
  /** Waiting longer than this counts as above the objective. */
  readonly objectiveSeconds: number;
}

export interface ScaleWrite {
  readonly second: number;
  readonly from: number;
  readonly to: number;
}

export interface RunResult {
  readonly writes: readonly ScaleWrite[];
  /** Writes that go the other way than the one before. */
  readonly directionChanges: number;
  /** Seconds in which some message was older than the objective. */
  readonly secondsAboveObjective: number;
  /** Sum of `spec.replicas` over the seconds: what is paid for. */
  readonly replicaSeconds: number;
  /** Longest stretch in which some message was older than `SETTLED_SECONDS`. */
  readonly drainSeconds: number;
}

/** Older messages than this make a backlog; younger ones are on their way. */
const SETTLED_SECONDS = 5;

/** Lets a scaler work on a world of its own. */
export function simulate(scaler: Scaler, options: RunOptions): RunResult {
  const world = new World(options.world);
  const writes: ScaleWrite[] = [];
  const sums = { above: 0, replicas: 0, behind: 0, longestBehind: 0 };
  for (let second = 0; second < options.seconds; second += 1) {
    world.step();
    const to = scaler.replicas(world);
    if (to !== world.specReplicas) {
      writes.push({ second, from: world.specReplicas, to });
      world.scale(to);
    }
    const oldest = world.oldestSeconds();
    sums.above += Number(oldest > options.objectiveSeconds);
    sums.behind = oldest > SETTLED_SECONDS ? sums.behind + 1 : 0;
    sums.longestBehind = Math.max(sums.longestBehind, sums.behind);
    sums.replicas += world.specReplicas;
  }
  return {
    writes,
    directionChanges: writes.filter((write, index) => isReversal(writes[index - 1], write)).length,
    secondsAboveObjective: sums.above,
    replicaSeconds: sums.replicas,
    drainSeconds: sums.longestBehind,
  };
}

function isReversal(before: ScaleWrite | undefined, write: ScaleWrite): boolean {
  return before !== undefined && before.to > before.from !== write.to > write.from;
}
