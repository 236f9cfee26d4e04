import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHARTS_FOLDER } from '../schema/charts.ts';
import { namesIn, readRules, RULES_FOLDER } from './alerts/rule-files.ts';
import { buildDependencies, render, renderText, type Resource } from './helm.ts';
import { envOf, find, ids, ofKind, podLabelsOf, podMakers, podOf, selects } from './resources.ts';

beforeAll(buildDependencies);

const DASHBOARDS_FOLDER = resolve(CHARTS_FOLDER, '..', 'dashboards');
const EVERYTHING = { files: ['ci/everything-values.yaml'] };

interface CollectorConfig {
  readonly exporters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly service: { readonly pipelines: Readonly<Record<string, { readonly exporters: readonly string[] }>> };
}

/** The file of that ending in a part's ConfigMap. */
function fileOf(resources: readonly Resource[], id: string): unknown {
  const [text = ''] = Object.values(find(resources, id)['data'] as Record<string, string>);
  return parse(text);
}

function collectorOf(resources: readonly Resource[]): CollectorConfig {
  return fileOf(resources, 'ConfigMap/orderflow-otel-collector') as CollectorConfig;
}

describe('by default', () => {
  test('brings the dashboards and the rules, and runs nothing', () => {
    const resources = render('observability');
    expect(podMakers(resources)).toEqual([]);
    expect(new Set(resources.map(({ kind }) => kind))).toEqual(new Set(['ConfigMap', 'PrometheusRule']));
  });

  test('is no part of the platform, which needs no CRD of the Prometheus Operator', () => {
    const kinds = new Set(render('platform').map(({ apiVersion }) => apiVersion));
    expect([...kinds].filter((version) => version.startsWith('monitoring.'))).toEqual([]);
    expect(ids(render('platform')).filter((id) => /dashboard|otel|rules/.test(id))).toEqual([]);
  });
});

test('each dashboard of the repository is a ConfigMap that the sidecar of Grafana finds', () => {
  const files = readdirSync(DASHBOARDS_FOLDER).filter((file) => file.endsWith('.json'));
  expect(files.length).toBeGreaterThan(0);
  const dashboards = ofKind(render('observability'), 'ConfigMap').filter(
    ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
  );
  expect(new Set(dashboards.map(({ data }) => Object.keys(data as object)[0]))).toEqual(new Set(files));
  for (const { data } of dashboards) expect(() => JSON.parse(Object.values(data as object)[0] as string)).not.toThrow();
});

test('the umbrella packs the dashboards and the rules along', () => {
  const resources = render('platform', { files: ['ci/observability-values.yaml'] });
  const files = readdirSync(DASHBOARDS_FOLDER);
  expect(ids(resources).filter((id) => id.startsWith('ConfigMap/orderflow-dashboard-'))).toHaveLength(files.length);
  expect(find(resources, 'PrometheusRule/orderflow-rules').metadata.labels?.['release']).toBe('prometheus');
});

test('the values for kube-prometheus-stack look for what the chart labels', () => {
  const stack = parse(
    readFileSync(join(CHARTS_FOLDER, 'observability', 'kube-prometheus-stack-values.yaml'), 'utf8'),
  ) as { readonly grafana: { readonly sidecar: Readonly<Record<string, Readonly<Record<string, unknown>>>> } };
  const { dashboards, datasources } = stack.grafana.sidecar;
  const resources = render('observability', { set: ['tracing.enabled=true'] });
  const [dashboard] = resources.filter(({ metadata }) => metadata.name.startsWith('orderflow-dashboard-'));
  expect(dashboard?.metadata.labels).toMatchObject({ [String(dashboards?.['label'])]: dashboards?.['labelValue'] });
  expect(Object.keys(dashboard?.metadata.annotations ?? {})).toEqual([dashboards?.['folderAnnotation']]);
  const sources = find(resources, 'ConfigMap/orderflow-data-sources');
  expect(sources.metadata.labels).toMatchObject({ [String(datasources?.['label'])]: datasources?.['labelValue'] });
  const traces = (datasources?.['exemplarTraceIdDestinations'] ?? {}) as Readonly<Record<string, string>>;
  expect(traces['datasourceUid']).toBeDefined();
  expect(fileOf(resources, 'ConfigMap/orderflow-data-sources')).toMatchObject({
    datasources: [{ uid: traces['datasourceUid'] }],
  });
});

describe('the PrometheusRule', () => {
  function rulesOf(set: readonly string[] = []): readonly Record<string, unknown>[] {
    const rule = find(render('observability', { set }), 'PrometheusRule/orderflow-rules');
    return (rule['spec'].groups as { rules: Record<string, unknown>[] }[]).flatMap(({ rules }) => rules);
  }

  test('holds the rules that promtool reads, unaltered', () => {
    const files = readRules().map(({ file: _file, ...rule }) => rule);
    expect(rulesOf()).toEqual(files);
  });

  test('leads to the runbooks where they are published', () => {
    const urls = rulesOf(['rules.runbookBaseUrl=https://wiki.example.com/runbooks']).flatMap((rule) => {
      const annotations = rule['annotations'] as Record<string, string> | undefined;
      return annotations?.['runbook_url'] ?? [];
    });
    expect(urls).toContain('https://wiki.example.com/runbooks/OutboxOld.md');
    for (const url of urls) expect(url).toMatch(/^https:\/\/wiki\.example\.com\/runbooks\/[A-Za-z]+\.md$/);
  });

  test('leaves out what is excluded', () => {
    const names = new Set(rulesOf(['rules.exclude={OutboxGrowing}']).map(({ alert }) => alert));
    expect(names.has('OutboxGrowing')).toBe(false);
    expect(names.has('OutboxOld')).toBe(true);
    expect(namesIn(RULES_FOLDER, '.yaml')).toContain('OutboxGrowing');
  });
});

/** One value turns a part on; without it nothing of the part is there. */
test.each([
  ['tracing.enabled=true', ['otel-collector', 'jaeger', 'data-sources']],
  ['logging.loki.enabled=true', ['otel-collector', 'loki', 'data-sources']],
  ['logging.elk.enabled=true', ['otel-collector', 'log-writer', 'logs']],
  ['pgAdmin.enabled=true', ['pgadmin']],
  ['kafkaUi.enabled=true', ['kafka-ui']],
])('%s brings its part, which is absent otherwise', (assignment, parts) => {
  const before = ids(render('observability'));
  const added = ids(render('observability', { set: [assignment] })).filter((id) => !before.includes(id));
  const prefixes = parts.map((part) => `orderflow-${part}`);
  expect(added.filter((id) => !prefixes.some((prefix) => id.split('/')[1]?.startsWith(prefix)))).toEqual([]);
  for (const prefix of prefixes) expect(added.some((id) => id.split('/')[1]?.startsWith(prefix))).toBe(true);
});

describe('traces', () => {
  test('go from the collector to the backend', () => {
    const jaeger = render('observability', { set: ['tracing.enabled=true'] });
    expect(collectorOf(jaeger).exporters['otlp/traces']).toMatchObject({ endpoint: 'orderflow-jaeger:4317' });
    expect(find(jaeger, 'Service/orderflow-jaeger')['spec'].ports).toContainEqual(
      expect.objectContaining({ name: 'otlp-grpc', port: 4317 }),
    );
    const tempo = render('observability', { files: ['ci/tempo-values.yaml'] });
    expect(collectorOf(tempo).exporters['otlp/traces']).toMatchObject({ endpoint: 'orderflow-tempo:4317' });
    expect(ids(tempo)).not.toContain('Deployment/orderflow-jaeger');
    const external = collectorOf(render('observability', { files: ['ci/external-values.yaml'] }));
    expect(external.exporters['otlp/traces']).toEqual({ endpoint: 'otlp.example.com:4317' });
  });

  test('are on by one value for the whole platform, unless it names a collector elsewhere', () => {
    const on = ['global.telemetry.enabled=true'];
    expect(ids(render('observability', { set: on }))).toContain('Service/orderflow-otel-collector');
    const elsewhere = [...on, 'global.telemetry.endpoint=http://collector.example.com:4318'];
    expect(ids(render('observability', { set: elsewhere })).filter((id) => id.includes('otel'))).toEqual([]);
  });

  test('to an external backend need its address', () => {
    const { error } = renderText('observability', { set: ['tracing.enabled=true', 'tracing.backend=external'] });
    expect(error).toContain('tracing.endpoint is needed while tracing.backend is external');
  });
});

test('logs go to all that keep them, as a user who can only add', () => {
  const resources = render('observability', EVERYTHING);
  const { exporters, service } = collectorOf(resources);
  expect(service.pipelines['logs']?.exporters).toEqual(['elasticsearch/logs', 'otlphttp/logs']);
  expect(exporters['elasticsearch/logs']).toMatchObject({
    user: 'orderflow-log-writer',
    password: '${file:/etc/log-writer/password}',
  });
  const role = parse(
    find(resources, 'Secret/orderflow-log-writer-role')['stringData']['roles.yml'] as string,
  ) as unknown;
  expect(role).toMatchObject({ log_writer: { indices: [{ privileges: ['auto_configure', 'create_doc'] }] } });
  const tracing = collectorOf(render('observability', { set: ['tracing.enabled=true'] }));
  expect(Object.keys(tracing.service.pipelines)).toEqual(['traces']);
});

test('every pipeline of the collector ends in an exporter that is there', () => {
  for (const file of ['ci/everything-values.yaml', 'ci/tempo-values.yaml', 'ci/external-values.yaml']) {
    const { exporters, service } = collectorOf(render('observability', { files: [file] }));
    const used = Object.values(service.pipelines).flatMap((pipeline) => pipeline.exporters);
    expect(Object.keys(exporters).toSorted()).toEqual([...new Set(used)].toSorted());
  }
});

test('every image is pinned, and a mirror takes the place of each registry', () => {
  const imagesOf = (set: readonly string[]): readonly string[] =>
    podMakers(render('observability', { ...EVERYTHING, set })).flatMap(({ pod }) =>
      pod.containers.map(({ image }) => image),
    );
  for (const image of imagesOf([])) expect(image).toMatch(/^mirror\.example\.com\/[a-z/0-9-]+:v?[0-9.]+$/);
  for (const image of imagesOf(['global.image.mirror='])) expect(image).toMatch(/^(docker|ghcr)\.io\/\S+:v?[0-9.]+$/);
});

test('pgAdmin alone may keep a capability, the one that its program does not start without', () => {
  const added = podMakers(render('observability', EVERYTHING)).flatMap(({ resource, pod }) =>
    pod.containers.flatMap(({ securityContext }) => {
      const { add } = securityContext['capabilities'] as { readonly add?: readonly string[] };
      return add === undefined ? [] : [[resource.metadata.name, add]];
    }),
  );
  expect(added).toEqual([['orderflow-pgadmin', ['NET_BIND_SERVICE']]]);
});

test('Kafka UI changes nothing, by its own setting and by the rights of its user', () => {
  const config = fileOf(render('observability', EVERYTHING), 'ConfigMap/orderflow-kafka-ui') as {
    readonly kafka: { readonly clusters: readonly Record<string, unknown>[] };
  };
  expect(config.kafka.clusters).toMatchObject([
    { readOnly: true, properties: { 'security.protocol': 'SASL_SSL', 'ssl.truststore.type': 'PEM' } },
  ]);
  const user = find(render('data', { files: ['ci/kafka-ui-values.yaml'] }), 'KafkaUser/kafka-ui');
  const operations = (user['spec'].authorization.acls as { operations: string[] }[]).flatMap((acl) => acl.operations);
  expect(new Set(operations)).toEqual(new Set(['Describe', 'DescribeConfigs', 'Read']));
});

test('Kafka UI reads a Kafka without encryption and login as such', () => {
  const resources = render('observability', { files: ['ci/tempo-values.yaml'] });
  expect(fileOf(resources, 'ConfigMap/orderflow-kafka-ui')).toMatchObject({
    kafka: { clusters: [{ properties: { 'security.protocol': 'PLAINTEXT' } }] },
  });
  const volumes = podOf(find(resources, 'Deployment/orderflow-kafka-ui'))?.volumes?.map(({ name }) => name);
  expect(volumes).toEqual(['tmp', 'files']);
});

test('pgAdmin knows the databases and none of their passwords', () => {
  const resources = render('observability', EVERYTHING);
  const servers = fileOf(resources, 'ConfigMap/orderflow-pgadmin');
  expect(servers).toMatchObject({ Servers: { 1: { Host: 'orders-db-rw' }, 2: { Host: 'analytics-db-rw' } } });
  expect(JSON.stringify(servers)).not.toMatch(/password/i);
  expect(envOf(find(resources, 'Deployment/orderflow-pgadmin'))['PGADMIN_DEFAULT_PASSWORD_FILE']).toBeDefined();
});

test('every pod is held by a policy that names its flows, and every Service leads to a port of its pods', () => {
  const resources = render('observability', EVERYTHING);
  const policies = ofKind(resources, 'NetworkPolicy').map(({ spec }) => spec);
  for (const { resource } of podMakers(resources)) {
    const holding = policies.filter(({ podSelector }) => selects(podSelector, podLabelsOf(resource)));
    expect(holding.map(({ policyTypes }) => policyTypes)).toEqual([['Ingress', 'Egress']]);
  }
  for (const { metadata, spec } of ofKind(resources, 'Service')) {
    const [container] = find(resources, `Deployment/${metadata.name}`)['spec'].template.spec.containers;
    const ports = (container.ports as { name: string }[]).map(({ name }) => name);
    for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
  }
});
