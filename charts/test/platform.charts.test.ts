import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHARTS_FOLDER } from '../schema/charts.ts';
import { buildDependencies, render } from './helm.ts';
import { envOf, find, ids, ofKind, podOf, selects } from './resources.ts';

beforeAll(buildDependencies);

test('the gateway finds the services of its release', () => {
  const resources = render('platform', { release: 'shop' });
  const env = envOf(find(resources, 'Deployment/shop-api-gateway'));
  for (const key of ['ORDER_SERVICE_URL', 'EVENT_PROCESSOR_URL']) {
    const { hostname, port } = new URL(env[key] ?? '');
    expect(find(resources, `Service/${hostname}`)['spec'].ports[0].port).toBe(Number(port));
  }
});

test('the test asks the auditor of its release, and may', () => {
  const resources = render('platform', { release: 'shop' });
  const env = envOf(find(resources, 'Pod/shop-test'));
  const { hostname, port } = new URL(env['AUDITOR_URL'] ?? '');
  expect(find(resources, `Service/${hostname}`)['spec'].ports[0].port).toBe(Number(port));
  const [rule] = find(resources, 'NetworkPolicy/shop-auditor')['spec'].ingress;
  const labels = find(resources, 'Pod/shop-test').metadata.labels ?? {};
  expect(rule.from.some((peer: { readonly podSelector: object }) => selects(peer.podSelector, labels))).toBe(true);
  const without = render('platform', { release: 'shop', set: ['auditor.enabled=false'] });
  expect(envOf(find(without, 'Pod/shop-test'))).not.toHaveProperty('AUDITOR_URL');
});

test('the LagScaler names the processor that is rendered, and reads the lag where it consumes', () => {
  const resources = render('platform');
  const scaler = ofKind(resources, 'LagScaler')[0]!;
  const { target, kafka } = scaler['spec'];
  const env = envOf(find(resources, `Deployment/${target.name}`));
  expect(kafka).toEqual({
    bootstrapServers: env['KAFKA_BOOTSTRAP_SERVERS'],
    consumerGroup: env['CONSUMER_GROUP'],
    topics: [env['TOPIC']],
  });
});

test('scaling.spec goes over the other settings of the LagScaler', () => {
  const set = ['scaling.spec.slo.drainSeconds=15', 'scaling.spec.prior.rebalanceSeconds=3'];
  const scaler = ofKind(render('platform', { set }), 'LagScaler')[0]!;
  expect(scaler['spec']).toMatchObject({ slo: { drainSeconds: 15 }, prior: { rebalanceSeconds: 3 }, minReplicas: 1 });
});

test('without the operator there is no LagScaler and no Role, and the processor has the replicas that it is given', () => {
  const resources = render('platform', { files: ['ci/without-operator-values.yaml'] });
  expect(ofKind(resources, 'LagScaler')).toEqual([]);
  expect(ofKind(resources, 'Role')).toEqual([]);
  expect(ofKind(resources, 'CustomResourceDefinition')).toEqual([]);
  expect(find(resources, 'Deployment/orderflow-event-processor')['spec'].replicas).toBe(3);
});

test('a chart that is off leaves nothing', () => {
  const left = ids(render('platform', { files: ['ci/minimal-values.yaml'] })).filter((id) => !id.endsWith('-test'));
  expect(left).toEqual([
    'PodDisruptionBudget/orderflow-order-service',
    'Service/orderflow-order-service-admin',
    'Service/orderflow-order-service',
    'Deployment/orderflow-order-service',
  ]);
});

test('what is set once for all holds for all, false as well', () => {
  const set = ['global.kafka.tls.enabled=false', 'global.kafka.sasl.enabled=false', 'global.image.tag=9.9.9'];
  const resources = render('platform', { set: [...set, 'load-generator.enabled=true'] });
  for (const workload of [...ofKind(resources, 'Deployment'), ...ofKind(resources, 'Job')]) {
    expect(JSON.stringify(workload)).not.toMatch(/KAFKA_TLS|KAFKA_SASL/);
    for (const { image } of podOf(workload)?.containers ?? []) expect(image).toMatch(/:9\.9\.9$/);
  }
});

test('the rights of the operator are those of files/role-rules.yaml, within its namespace', () => {
  const resources = render('platform');
  const rules: unknown = parse(readFileSync(join(CHARTS_FOLDER, 'operator', 'files', 'role-rules.yaml'), 'utf8'));
  expect(ofKind(resources, 'Role').map((role) => role['rules'])).toEqual([rules]);
  expect(ofKind(resources, 'ClusterRole')).toEqual([]);
});

test('helm test runs against the Service of the gateway, and leaves nothing when it passes', () => {
  const resources = render('platform', { set: ['api-gateway.fullnameOverride=door', 'api-gateway.service.port=8000'] });
  const pod = find(resources, 'Pod/orderflow-test');
  expect(envOf(pod)['GATEWAY_URL']).toBe('http://door:8000');
  expect(find(resources, 'Service/door')['spec'].ports[0].port).toBe(8000);
  const hooks = resources.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
  expect(ids(hooks)).toEqual(expect.arrayContaining(['ConfigMap/orderflow-test', 'Pod/orderflow-test']));
  for (const { metadata } of hooks) {
    expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded');
  }
});

test('plaintext is for the local values only', () => {
  const production = JSON.stringify(render('platform', { files: ['values-production.yaml'] }));
  expect(production.includes('bootstrap:9092')).toBe(false);
  expect(production.includes('"disable"')).toBe(false);
  const local = envOf(find(render('platform', { files: ['values-local.yaml'] }), 'Deployment/orderflow-order-service'));
  expect(local).toMatchObject({ KAFKA_BOOTSTRAP_SERVERS: 'orders-kafka-bootstrap:9092', DATABASE_TLS: 'disable' });
  expect(local).not.toHaveProperty('KAFKA_TLS');
});
