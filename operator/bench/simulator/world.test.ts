import { describe, expect, test } from '@jest/globals';
import { World, type WorldOptions } from './world.ts';

const OPTIONS: WorldOptions = {
  seed: 1,
  partitions: 12,
  initialReplicas: 3,
  arrivalRate: () => 100,
  ratePerReplica: () => 50,
  rebalanceSeconds: 5,
  podStartSeconds: 6,
  podStopSeconds: 2,
  commitSeconds: 1,
};

function run(world: World, seconds: number): void {
  for (let second = 0; second < seconds; second += 1) world.step();
}

const flooded = (over: Partial<WorldOptions> = {}) =>
  new World({ ...OPTIONS, arrivalRate: (second) => (second === 0 ? 50_000 : 0), ...over });

/** Messages that are worked off within the seconds. */
function worked(world: World, seconds: number): number {
  const before = world.backlog;
  run(world, seconds);
  return before - world.backlog;
}

describe('the simulated group', () => {
  test('is the same for the same seed', () => {
    const [one, same, other] = [new World(OPTIONS), new World(OPTIONS), new World({ ...OPTIONS, seed: 2 })];
    for (const world of [one, same, other]) run(world, 60);
    expect(one.observe()).toEqual(same.observe());
    expect(one.observe()).not.toEqual(other.observe());
  });

  test('keeps up where it can, and lags by what is not committed yet', () => {
    const world = new World(OPTIONS);
    run(world, 60);
    expect(world.backlog).toBe(0);
    expect(world.lag).toBeGreaterThan(0);
    expect(world.lag).toBeLessThan(100);
    expect(world.oldestSeconds()).toBe(0);
  });

  test('works off what its members can, and no more than the busiest member lets it', () => {
    const [three, five] = [flooded(), flooded({ initialReplicas: 5 })];
    for (const world of [three, five]) run(world, 10);
    expect(worked(three, 20)).toBeCloseTo(3 * 50 * 20);
    expect(worked(five, 20)).toBeCloseTo(5 * 50 * 20);
    // Five members of 12 partitions: when those with two are done, those with three go on.
    run(five, 150);
    expect(worked(five, 20)).toBeLessThan(5 * 50 * 20);
  });

  test('works no faster than what is behind it', () => {
    const world = flooded({ groupLimit: () => 60 });
    run(world, 10);
    expect(worked(world, 20)).toBeCloseTo(60 * 20);
  });

  test('pauses when members come, which takes a while, and then is faster', () => {
    const world = flooded();
    run(world, 10);
    world.scale(6);
    expect(world.readyReplicas).toBe(3);
    run(world, 25);
    expect(world.readyReplicas).toBe(6);
    expect(worked(world, 10)).toBeCloseTo(6 * 50 * 10);
    world.scale(3);
    run(world, 3);
    expect(world.observe().lag?.group).toEqual({ state: 'Rebalancing', members: 3 });
    expect(worked(world, 4)).toBe(0);
    expect(worked(world, 10)).toBeGreaterThan(0);
  });

  test('knows how old its oldest message is', () => {
    const world = flooded({ initialReplicas: 1 });
    run(world, 31);
    expect(world.oldestSeconds()).toBe(31);
  });

  test('gives a hot partition its share', () => {
    const world = new World({ ...OPTIONS, hotShare: 0.5 });
    run(world, 600);
    const ends = world.observe().lag?.partitions.map(({ logEnd }) => Number(logEnd)) ?? [];
    const total = ends.reduce((sum, end) => sum + end, 0);
    expect((ends[0] ?? 0) / total).toBeCloseTo(0.5 + 0.5 / 12, 1);
  });
});
