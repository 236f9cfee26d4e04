import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { EMPTY_MEMORY } from '../../scaling/memory.ts';
import { DEFAULT_POLICY } from '../../scaling/policy.ts';
import { toConditions, type ConditionFinding } from './conditions.ts';
import { lagScalerCrd } from './crd.ts';
import { bootstrapServersOf, parseSpec, toPolicy } from './spec.ts';
import { EMPTY_STATUS, memoryOf, parseStatus, toStoredMemory } from './status.ts';

const CRD_FILE = new URL('../../../../charts/operator/crds/lagscalers.yaml', import.meta.url);

const SMALLEST_SPEC = {
  target: { name: 'event-processor' },
  kafka: { bootstrapServers: 'kafka-0:9092,kafka-1:9092', consumerGroup: 'event-processor', topics: ['order-events'] },
};

test('the CRD that is shipped is the one that the schemas make (npm run schemas)', () => {
  expect(parse(readFileSync(CRD_FILE, 'utf8'))).toEqual(lagScalerCrd());
});

describe('a spec', () => {
  test('that names target and group only gets the defaults of the decision', () => {
    const parsed = parseSpec(SMALLEST_SPEC);
    if (parsed.kind === 'invalid') throw new Error(parsed.problems.join());
    expect(parsed.spec).toMatchObject({ mode: 'Active', manualHoldSeconds: 300, onDelete: 'Keep' });
    expect(toPolicy(parsed.spec, DEFAULT_POLICY.pollSeconds)).toEqual(DEFAULT_POLICY);
    expect(bootstrapServersOf(parsed.spec)).toEqual(['kafka-0:9092', 'kafka-1:9092']);
  });

  test.each([
    ['target.name', { ...SMALLEST_SPEC, target: { name: 'Event Processor' } }],
    ['kafka.topics', { ...SMALLEST_SPEC, kafka: { ...SMALLEST_SPEC.kafka, topics: [] } }],
    ['kafka.bootstrapServers', { ...SMALLEST_SPEC, kafka: { ...SMALLEST_SPEC.kafka, bootstrapServers: 'kafka' } }],
    ['mode', { ...SMALLEST_SPEC, mode: 'Aggressive' }],
    ['minReplicas', { ...SMALLEST_SPEC, minReplicas: 5, maxReplicas: 4 }],
    ['spec', undefined],
  ])('with a bad %s is refused and says so', (key, spec) => {
    expect(parseSpec(spec)).toEqual({ kind: 'invalid', problems: [expect.stringContaining(key)] });
  });
});

describe('a status', () => {
  const learned = { ...EMPTY_MEMORY.learned, messagesPerSecondPerReplica: 480, replicas: 4 };

  test('hands what was learned to the next leader, and nothing that was just being watched', () => {
    const watched = { ...EMPTY_MEMORY.recent, polls: 7 };
    const memory = toStoredMemory({ version: 1, learned, recent: watched });
    const stored: unknown = JSON.parse(JSON.stringify({ observedGeneration: 3, conditions: [], memory }));
    expect(memoryOf(parseStatus(stored))).toEqual({ ...EMPTY_MEMORY, learned });
  });

  test('of an older version keeps what still has its meaning', () => {
    const { commitSeconds: _, ...older } = learned;
    const status = parseStatus({ lag: 'many', currentReplicas: 4, memory: { version: 1, learned: older } });
    expect(status).toMatchObject({ currentReplicas: 4, observedGeneration: 0, conditions: [] });
    expect(status.lag).toBeUndefined();
    expect(memoryOf(status).learned).toEqual(learned);
  });

  test('with notes of another format is a fresh start', () => {
    expect(memoryOf(parseStatus({ memory: { version: 2, learned } }))).toEqual(EMPTY_MEMORY);
  });

  test.each([undefined, null, 'none', {}])('that is %p is empty', (status) => {
    expect(parseStatus(status)).toEqual(EMPTY_STATUS);
  });
});

describe('the time of a condition', () => {
  const ready: ConditionFinding = { type: 'Ready', status: 'True', reason: 'Scaling', message: '' };
  const first = toConditions([ready], [], { generation: 1, atMs: 0 });

  test('is when it was first found', () => {
    expect(first).toEqual([{ ...ready, observedGeneration: 1, lastTransitionTime: '1970-01-01T00:00:00Z' }]);
  });

  test('stays while the status stays, whatever the reason', () => {
    const later = toConditions([{ ...ready, reason: 'Other' }], first, { generation: 2, atMs: 60_000 });
    expect(later).toEqual([{ ...first[0], reason: 'Other', observedGeneration: 2 }]);
  });

  test('moves when the status changes', () => {
    const [later] = toConditions([{ ...ready, status: 'False' }], first, { generation: 1, atMs: 60_000 });
    expect(later?.lastTransitionTime).toBe('1970-01-01T00:01:00Z');
  });
});
