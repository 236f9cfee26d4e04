import { expect, test } from '@jest/globals';
import { ControllerWorld, SPEC } from '../test/controller-world.ts';
import { explainLagScaler } from './explain-lag-scaler.ts';

const NAME = { namespace: 'shop', name: 'event-processor' };

test('says what was decided, why, and how things are', async () => {
  const world = new ControllerWorld();
  await world.pass(30);
  const text = explainLagScaler({ ...NAME, spec: SPEC, status: world.cluster.lagScaler?.status }, world.nowMs + 7_000);
  expect(text).toContain('LagScaler shop/event-processor\nScales Deployment event-processor; mode Active.');
  expect(text).toContain('Stays at 1 replicas (Steady)');
  expect(text).toMatch(/So it was \d+ s ago/);
  expect(text).toMatch(/Ready +True +LookedAfter/);
});

test.each([
  { found: 'nothing', spec: SPEC, status: undefined, said: 'Nothing has been decided yet.' },
  { found: 'another version', spec: SPEC, status: { lastDecision: { verdict: 'up' } }, said: 'another version of the' },
  { found: 'a spec that makes no sense', spec: { ...SPEC, target: {} }, status: undefined, said: 'spec.target.name' },
])('says so when it finds $found', ({ spec, status, said }) => {
  expect(explainLagScaler({ ...NAME, spec, status }, 0)).toContain(said);
});
