import { expect, test } from '@jest/globals';
import { readDemoConfig } from './config.ts';
import { demoPolicy } from './scaling.ts';

const policyOf = (env: Record<string, string>) => demoPolicy(readDemoConfig(env));

test('believes more of a processor than the demo sends, unless it is made slow', () => {
  expect(policyOf({}).prior.messagesPerSecondPerReplica).toBeGreaterThan(2_000);
  expect(policyOf({ DEMO_PROCESSING_DELAY_MS: '4' }).prior.messagesPerSecondPerReplica).toBe(500);
});

test('keeps to the processors that were asked for', () => {
  expect(policyOf({})).toMatchObject({ minReplicas: 1, maxReplicas: 6 });
  expect(policyOf({ DEMO_PROCESSORS: '8' })).toMatchObject({ minReplicas: 8, maxReplicas: 8 });
  expect(policyOf({ DEMO_PROCESSORS: '2', DEMO_MAX_PROCESSORS: '12' })).toMatchObject({
    minReplicas: 2,
    maxReplicas: 12,
  });
});
