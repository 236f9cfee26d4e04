import { decide } from '../../src/scaling/decide.ts';
import { EMPTY_MEMORY } from '../../src/scaling/memory.ts';
import { OUR_POLICY } from './tournament.ts';
import { World } from './world.ts';

/** Long enough for the windows of the decision to be full, and for the machine to be warm. */
const POLLS = 400;
const MEASURED_POLLS = 200;
const POLL_SECONDS = 5;

/** How long one decision takes with so many partitions; milliseconds. */
export function measureDecide(partitions: number): { readonly p50Ms: number; readonly p99Ms: number } {
  const world = new World({
    seed: 1,
    partitions,
    initialReplicas: 20,
    arrivalRate: () => 2_000,
    ratePerReplica: () => 200,
    rebalanceSeconds: 5,
    podStartSeconds: 6,
    podStopSeconds: 2,
    commitSeconds: 1,
  });
  const durations: number[] = [];
  let memory = EMPTY_MEMORY;
  for (let poll = 0; poll < POLLS; poll += 1) {
    for (let second = 0; second < POLL_SECONDS; second += 1) world.step();
    const observation = world.observe();
    const startedMs = performance.now();
    ({ memory } = decide(observation, { ...OUR_POLICY, maxReplicas: partitions }, memory));
    durations.push(performance.now() - startedMs);
  }
  const measured = durations.slice(-MEASURED_POLLS).toSorted((a, b) => a - b);
  const at = (quantile: number): number => measured[Math.ceil(quantile * measured.length) - 1] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
