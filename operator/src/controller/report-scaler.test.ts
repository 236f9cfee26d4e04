import { scalerReportsSchema } from '@orderflow/contracts/scaling-decision';
import { beforeEach, expect, test } from '@jest/globals';
import { ControllerWorld, SPEC } from '../../test/controller-world.ts';

let world: ControllerWorld;

beforeEach(() => {
  world = new ControllerWorld();
});

/** What the process tells of its one LagScaler, as it arrives. */
function reported() {
  const reports = scalerReportsSchema.parse(JSON.parse(JSON.stringify(world.reconciler.reports())));
  expect(reports.length).toBeLessThanOrEqual(1);
  return reports[0];
}

test('a leader tells its last decision in words, and what it has changed', async () => {
  await world.fallBehind();
  await world.pass(20);
  const [replicas] = world.cluster.scaleWrites;
  expect(reported()).toMatchObject({ namespace: 'shop', name: 'event-processor', scaling: { replicas } });
  expect(reported()?.scaling?.text).toMatch(/^Stays at \d+ replicas \(\w+\): .*\n.*messages wait/);
  const up = new RegExp(`^Goes up from 1 to ${replicas} replicas \\(BacklogAboveObjective\\): `);
  expect(reported()?.changes).toEqual([{ at: expect.any(String), text: expect.stringMatching(up) }]);
});

test('a decision that is not carried out says so, and is no change', async () => {
  world.cluster.changeSpec({ ...SPEC, mode: 'DryRun' });
  await world.pass(10);
  expect(reported()?.scaling?.text).not.toContain('DryRun');
  await world.fallBehind();
  await world.pass(10);
  expect(reported()).toMatchObject({ scaling: { direction: 'up' }, changes: [] });
  expect(reported()?.scaling?.text.split('\n', 1)[0]).toMatch(/^Goes up .*\. Not done: DryRun\.$/);
});

test('while nothing can be decided, there is no decision', async () => {
  await world.pass(10);
  expect(reported()?.scaling).not.toBeNull();
  world.cluster.deployment = undefined;
  await world.pass(10);
  expect(reported()).toMatchObject({ scaling: null });
  world.cluster.createDeployment(1);
  await world.pass(10);
  expect(reported()?.scaling).not.toBeNull();
  world.cluster.changeSpec({ ...SPEC, mode: 'Paused' });
  await world.pass(10);
  expect(reported()).toMatchObject({ scaling: null });
});

test('who does not lead tells nothing, and nobody tells of a LagScaler that is gone', async () => {
  await world.pass(10);
  world.cluster.isLeader = false;
  expect(reported()).toBeUndefined();
  world.cluster.isLeader = true;
  expect(reported()).toBeDefined();
  world.cluster.deleteLagScaler();
  await world.pass(10);
  expect(reported()).toBeUndefined();
});
