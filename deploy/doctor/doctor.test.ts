import { describe, expect, test } from '@jest/globals';
import { diagnose, renderFindings, usableResources } from './diagnose.ts';
import { parseCpuMillis, parseMemoryBytes, type ClusterFacts, type MachineFacts } from './facts.ts';

const GIBIBYTE = 1024 ** 3;

const CLUSTER: ClusterFacts = {
  context: 'kind-orderflow',
  version: '1.35.4',
  nodes: [{ cpuMillis: 4_000, memoryBytes: 8 * GIBIBYTE }],
  crds: [
    'kafkas.kafka.strimzi.io',
    'kafkanodepools.kafka.strimzi.io',
    'kafkatopics.kafka.strimzi.io',
    'kafkausers.kafka.strimzi.io',
    'clusters.postgresql.cnpg.io',
  ],
  runningOperators: ['Strimzi', 'CloudNativePG'],
  storageClasses: ['standard'],
  hasDefaultStorageClass: true,
};

const MACHINE: MachineFacts = {
  node: { path: '/usr/bin/node', version: '24.21.0' },
  docker: { path: '/usr/bin/docker', version: '28.2.2' },
  hasDockerEngine: true,
  hasBuildKit: true,
  kubectl: { path: '/usr/bin/kubectl', version: '1.35.4' },
  go: { path: '/usr/bin/go', version: '1.26.8' },
  helm: { path: '/repo/bin/helm', version: '3.22.0' },
  kind: { path: '/repo/bin/kind', version: '0.33.0' },
  skaffold: { path: '/usr/bin/skaffold', version: '2.16.0' },
  cluster: { kind: 'reached', facts: CLUSTER },
};

function faultsOf(change: Partial<MachineFacts>): string[] {
  const findings = diagnose({ ...MACHINE, ...change });
  return findings.filter(({ status }) => status !== 'ok').map(({ status, what }) => `${status} ${what}`);
}

function withCluster(change: Partial<ClusterFacts>): Partial<MachineFacts> {
  return { cluster: { kind: 'reached', facts: { ...CLUSTER, ...change } } };
}

test('a machine with everything has no fault', () => {
  expect(faultsOf({})).toEqual([]);
});

describe('a fault is found:', () => {
  test.each<[string, Partial<MachineFacts>]>([
    ['missing Docker', { docker: undefined }],
    ["missing Docker's engine", { hasDockerEngine: false }],
    ['missing BuildKit', { hasBuildKit: false }],
    ['missing kubectl', { kubectl: undefined }],
    ['missing helm', { helm: { path: '/usr/bin/helm', version: '3.9.0' } }],
    ['missing helm', { helm: { path: '/usr/bin/helm', version: undefined } }],
    ['missing Node.js', { node: { path: '/usr/bin/node', version: '18.20.0' } }],
    ['missing cluster', { cluster: { kind: 'unreachable', reason: 'connection refused' } }],
    ['missing cluster', withCluster({ version: '1.29.9' })],
    ['missing storage class', withCluster({ hasDefaultStorageClass: false })],
    ['missing resources', withCluster({ nodes: [{ cpuMillis: 1_000, memoryBytes: 8 * GIBIBYTE }] })],
    ['missing resources', withCluster({ nodes: [{ cpuMillis: 2_000, memoryBytes: 3 * GIBIBYTE }] })],
  ])('%s', (fault, change) => {
    expect(faultsOf(change)).toEqual([fault]);
  });
});

describe('what only some targets need is optional:', () => {
  test.each<[string, Partial<MachineFacts>]>([
    ['optional Go', { go: undefined }],
    ['optional kind', { kind: undefined }],
    ['optional skaffold', { skaffold: { path: '/usr/bin/skaffold', version: '2.14.0' } }],
    ['optional CloudNativePG', withCluster({ crds: CLUSTER.crds.slice(0, 4) })],
    ['optional Strimzi', withCluster({ runningOperators: ['CloudNativePG'] })],
  ])('%s', (fault, change) => {
    expect(faultsOf(change)).toEqual([fault]);
  });
});

test('every fault comes with its fix, and the last line counts what is missing', () => {
  const text = renderFindings(diagnose({ ...MACHINE, helm: undefined, go: undefined, kubectl: undefined }));
  expect(text).toMatch(/missing   helm +not found\n          Fix: run `make tools`\n/);
  expect(text).toMatch(/\n\n2 missing$/);
  expect(renderFindings(diagnose(MACHINE))).toMatch(/\n\nready for make deploy$/);
});

describe('resources', () => {
  const nodes = [
    { cpuMillis: 2_000, memoryBytes: 4 * GIBIBYTE },
    { cpuMillis: 2_000, memoryBytes: 4 * GIBIBYTE },
  ];

  test('of several nodes add up', () => {
    expect(usableResources({ context: 'production', nodes }).cpuMillis).toBe(4_000);
  });

  test('of the nodes of kind, which share one machine, do not', () => {
    expect(usableResources({ context: 'kind-orderflow', nodes }).cpuMillis).toBe(2_000);
  });

  test.each([
    ['2', 2_000],
    ['1930m', 1_930],
  ])('CPU %s is %d thousandths', (quantity, millis) => {
    expect(parseCpuMillis(quantity)).toBe(millis);
  });

  test.each([
    ['25281684Ki', 25_281_684 * 1_024],
    ['8Gi', 8 * GIBIBYTE],
    ['1000000', 1_000_000],
    ['lots', Number.NaN],
  ])('memory %s is %d bytes', (quantity, bytes) => {
    expect(parseMemoryBytes(quantity)).toBe(bytes);
  });
});
