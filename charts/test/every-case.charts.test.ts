import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildDependencies, chartCases, lint, render, renderCase, type Resource } from './helm.ts';
import { containersOf, ofKind, podLabelsOf, podMakers, selects } from './resources.ts';

beforeAll(buildDependencies);

const CASES = chartCases().map(({ chart, file }) => [chart, file ?? 'values.yaml', { chart, file }] as const);

/** What the `restricted` level of Pod Security asks of a container, and a read-only root on top. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Names under which a secret could be handed over in plain sight. */
const SECRET_NAME = /(PASSWORD|SECRET|TOKEN|CREDENTIAL)$/;

/** Namespaced names must be unique, or the second object takes the place of the first. */
function duplicates(resources: readonly Resource[]): readonly string[] {
  const all = resources.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
  return all.filter((id, index) => all.indexOf(id) !== index);
}

describe.each(CASES)('%s with %s', (_chart, _file, chartCase) => {
  test('passes helm lint', () => {
    expect(lint(chartCase)).toBe('');
  });

  test('renders objects with names of their own, labelled as part of the release', () => {
    const resources = renderCase(chartCase).filter(({ kind }) => kind !== 'CustomResourceDefinition');
    expect(resources.length).toBeGreaterThan(0);
    expect(duplicates(resources)).toEqual([]);
    const unlabelled = resources.filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] !== 'orderflow',
    );
    expect(unlabelled).toEqual([]);
  });

  test('runs every container under restricted Pod Security', () => {
    for (const { pod } of podMakers(renderCase(chartCase))) {
      expect(pod).not.toHaveProperty('hostNetwork');
      expect(pod).not.toHaveProperty('hostPID');
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.securityContext['runAsUser']).toBeGreaterThanOrEqual(10_000);
      for (const container of containersOf(pod)) expect(container.securityContext).toMatchObject(RESTRICTED);
    }
  });

  test('gives every container requests, and limits of what cannot be shared', () => {
    for (const { pod } of podMakers(renderCase(chartCase))) {
      for (const { resources } of containersOf(pod)) {
        expect(Object.keys(resources.requests ?? {})).toEqual(expect.arrayContaining(['cpu', 'memory']));
        expect(resources.limits).toHaveProperty('memory');
        expect(resources.limits).not.toHaveProperty('cpu');
      }
    }
  });

  test('keeps secrets out of the environment', () => {
    for (const { pod } of podMakers(renderCase(chartCase))) {
      for (const { env = [] } of containersOf(pod)) {
        expect(env.filter(({ name }) => SECRET_NAME.test(name))).toEqual([]);
        expect(env.filter(({ value }) => /:\/\/[^/]*:[^/]*@/.test(value ?? ''))).toEqual([]);
      }
    }
  });

  test('mounts a token of the Kubernetes API only into the operator', () => {
    for (const { resource, pod } of podMakers(renderCase(chartCase))) {
      const isOperator = podLabelsOf(resource)['app.kubernetes.io/name'] === 'operator';
      expect(pod.automountServiceAccountToken).toBe(isOperator);
    }
  });

  test('has one volume for each mount, and one name for each variable', () => {
    for (const { pod } of podMakers(renderCase(chartCase))) {
      const volumes = (pod.volumes ?? []).map(({ name }) => name);
      expect(new Set(volumes).size).toBe(volumes.length);
      for (const { env = [], volumeMounts = [] } of containersOf(pod)) {
        expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
        expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
      }
    }
  });

  test('selects pods that exist', () => {
    const resources = renderCase(chartCase);
    const pods = podMakers(resources).map(({ resource }) => podLabelsOf(resource));
    const selectors = [
      ...ofKind(resources, 'Service').map(({ spec }) => ({ matchLabels: spec.selector })),
      ...ofKind(resources, 'PodDisruptionBudget').map(({ spec }) => spec.selector),
      ...ofKind(resources, 'Deployment').map(({ spec }) => spec.selector),
    ];
    for (const selector of selectors) expect(pods.some((labels) => selects(selector, labels))).toBe(true);
  });
});

test.each([
  'api-gateway',
  'order-service',
  'event-processor',
  'auditor',
  'console',
  'operator',
  'load-generator',
  'platform',
])('every pod of %s is held by a policy that names its flows, in both directions', (chart) => {
  const resources = render(chart);
  const policies = ofKind(resources, 'NetworkPolicy').map(({ spec }) => spec);
  for (const { resource } of podMakers(resources)) {
    const holding = policies.filter(({ podSelector }) => selects(podSelector, podLabelsOf(resource)));
    expect(holding.some(({ egress }) => egress !== undefined)).toBe(true);
    for (const { policyTypes } of holding) expect(policyTypes).toEqual(['Ingress', 'Egress']);
  }
});
