import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildDependencies, render, renderText } from './helm.ts';
import { envOf, find, ids, ofKind, podLabelsOf, podOf, selects } from './resources.ts';

beforeAll(buildDependencies);

const DEPLOYMENTS = [
  ['api-gateway', 'Deployment/orderflow-api-gateway'],
  ['order-service', 'Deployment/orderflow-order-service'],
  ['event-processor', 'Deployment/orderflow-event-processor'],
  ['auditor', 'Deployment/orderflow-auditor'],
  ['console', 'Deployment/orderflow-console'],
  ['operator', 'Deployment/orderflow-operator'],
] as const;

describe.each(DEPLOYMENTS)('%s', (chart, id) => {
  test('rolls without a gap', () => {
    const { spec } = find(render(chart), id);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(spec.minReadySeconds).toBe(5);
  });

  test('is restarted for its own sake only, and gets work only when ready', () => {
    const container = podOf(find(render(chart), id))?.containers[0];
    expect(container?.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'admin' });
    expect(container?.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'admin' });
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'admin' });
  });

  test('is spread over zones and nodes, and drained one by one', () => {
    const resources = render(chart);
    const keys = podOf(find(resources, id))?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    expect(keys).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
    const budget = find(resources, id.replace('Deployment', 'PodDisruptionBudget'));
    expect(budget['spec'].maxUnavailable).toBe(1);
  });

  test('sends traces only when asked to, by the name of its chart, and may reach their receiver only then', () => {
    expect(envOf(find(render(chart), id))).toMatchObject({ OTEL_SDK_DISABLED: 'true' });
    const policy = id.replace('Deployment', 'NetworkPolicy');
    expect(JSON.stringify(find(render(chart), policy)['spec'].egress)).not.toContain('4318');
    const traced = render(chart, { set: ['global.telemetry.enabled=true', 'telemetry.samplingRatio=0.5'] });
    const env = envOf(find(traced, id));
    expect(env).not.toHaveProperty('OTEL_SDK_DISABLED');
    expect(env).toMatchObject({
      OTEL_SERVICE_NAME: chart,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://orderflow-otel-collector:4318',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
    });
    expect(find(traced, policy)['spec'].egress).toContainEqual({ ports: [{ port: 4318, protocol: 'TCP' }] });
    const elsewhere = render(chart, { set: ['telemetry.enabled=true', 'telemetry.endpoint=https://otlp.example.com'] });
    expect(find(elsewhere, policy)['spec'].egress).toContainEqual({ ports: [{ port: 443, protocol: 'TCP' }] });
  });

  test('is scraped only when asked for', () => {
    expect(ofKind(render(chart), 'PodMonitor')).toEqual([]);
    const monitored = render(chart, { set: ['monitoring.enabled=true'] });
    expect(ofKind(monitored, 'PodMonitor')).toHaveLength(1);
  });
});

test('who serves requests goes on with it while the news of its end travels, others stop at once', () => {
  const lifecycleOf = (chart: string): unknown =>
    podOf(find(render(chart), `Deployment/orderflow-${chart}`))?.containers[0]?.lifecycle;
  const preStop = { sleep: { seconds: 5 } };
  for (const chart of ['api-gateway', 'order-service', 'event-processor', 'auditor', 'console'])
    expect(lifecycleOf(chart)).toEqual({ preStop });
  expect(lifecycleOf('operator')).toBeUndefined(); // its successor waits for the lease
});

test('what is off is not rendered', () => {
  const gateway = render('api-gateway', { set: ['networkPolicy.enabled=false', 'serviceAccount.create=false'] });
  expect(ids(gateway)).toEqual([
    'PodDisruptionBudget/orderflow-api-gateway',
    'Service/orderflow-api-gateway-admin',
    'Service/orderflow-api-gateway',
    'Deployment/orderflow-api-gateway',
  ]);
  const orders = ids(render('order-service', { set: ['migration.enabled=false'] }));
  expect(orders.filter((id) => id.includes('migrate') || id.includes('publisher') || id.includes('topics'))).toEqual(
    [],
  );
});

test('by default talks to Kafka with TLS and SCRAM, and to Postgres with TLS, by mounted files', () => {
  const deployment = find(render('order-service'), 'Deployment/orderflow-order-service');
  expect(envOf(deployment)).toMatchObject({
    KAFKA_BOOTSTRAP_SERVERS: 'orders-kafka-bootstrap:9093',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: '/etc/orderflow/kafka-ca/ca.crt',
    KAFKA_SASL_USERNAME: 'kafka-order-service',
    KAFKA_SASL_PASSWORD_FILE: '/etc/orderflow/kafka-user/password',
    DATABASE_URL_FILE: '/etc/orderflow/database/uri',
    DATABASE_TLS: 'verify-full',
    DATABASE_TLS_CA_FILE: '/etc/orderflow/database-ca/ca.crt',
  });
  const secrets = (podOf(deployment)?.volumes ?? []).flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
  expect(secrets).toMatchObject([
    { secretName: 'orders-cluster-ca-cert', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
    { secretName: 'kafka-order-service', items: [{ key: 'password', path: 'password' }] },
    { secretName: 'orders-db-runtime', items: [{ key: 'uri', path: 'uri' }] },
    { secretName: 'orders-db-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
  ]);
});

test('a Secret with only a login goes with a URL in the values', () => {
  const files = ['ci/bring-your-own-values.yaml'];
  for (const workload of [
    ...ofKind(render('event-processor', { files }), 'Deployment'),
    ...ofKind(render('event-processor', { files }), 'Job'),
  ]) {
    expect(envOf(workload)).toMatchObject({
      DATABASE_URL: 'postgresql://postgres.example.com:5432/analytics',
      DATABASE_USER_FILE: '/etc/orderflow/database/username',
      DATABASE_PASSWORD_FILE: '/etc/orderflow/database/password',
    });
    const volume = podOf(workload)?.volumes?.find(({ name }) => name === 'database');
    expect(volume?.['secret']).toMatchObject({
      items: [
        { key: 'password', path: 'password' },
        { key: 'username', path: 'username' },
      ],
    });
  }
});

test('a URL with a login in it is refused', () => {
  const set = ['database.url=postgresql://me:secret@host:5432/orders'];
  expect(renderText('order-service', { set }).error).toContain("at '/database/url'");
});

test('only the migration works as the owner of the database', () => {
  const resources = render('order-service');
  const job = ofKind(resources, 'Job')[0]!;
  expect(JSON.stringify(job)).toContain('orders-db-app');
  expect(JSON.stringify(find(resources, 'Deployment/orderflow-order-service'))).not.toContain('orders-db-app');
});

test('the migration is told which role does which work', () => {
  const rolesOf = (chart: string, ...set: string[]): unknown =>
    Object.fromEntries(
      Object.entries(envOf(ofKind(render(chart, { set }), 'Job')[0]!)).filter(([name]) => name.endsWith('_ROLE')),
    );
  expect(rolesOf('order-service')).toEqual({
    DATABASE_RUNTIME_ROLE: 'orders_runtime',
    DATABASE_PUBLISHER_ROLE: 'orders_runtime',
    DATABASE_AUDITOR_ROLE: 'orders_auditor',
  });
  expect(rolesOf('order-service', 'publisher.mode=separate')).toEqual({
    DATABASE_RUNTIME_ROLE: 'orders_runtime',
    DATABASE_PUBLISHER_ROLE: 'orders_publisher',
    DATABASE_AUDITOR_ROLE: 'orders_auditor',
  });
  expect(rolesOf('event-processor')).toEqual({
    DATABASE_RUNTIME_ROLE: 'analytics_runtime',
    DATABASE_AUDITOR_ROLE: 'analytics_auditor',
  });
  expect(rolesOf('order-service', 'migration.runtimeRole=')).toEqual({});
});

test('a separate publisher has a login of its own, unless it is given none', () => {
  const secretOf = (...set: string[]): unknown => {
    const resources = render('order-service', { set: ['publisher.mode=separate', ...set] });
    const publisher = podOf(find(resources, 'Deployment/orderflow-order-service-publisher'));
    return publisher?.volumes?.find(({ name }) => name === 'database')?.['secret'];
  };
  expect(secretOf()).toMatchObject({ secretName: 'orders-db-publisher' });
  expect(secretOf('publisher.uriSecret.name=')).toMatchObject({ secretName: 'orders-db-runtime' });
});

test('the rebuild of analytics is off; on, it waits to be asked, works as the owner, and is not tried twice', () => {
  expect(ofKind(render('event-processor'), 'CronJob')).toEqual([]);
  const resources = render('event-processor', { set: ['rebuild.enabled=true'] });
  const job = find(resources, 'CronJob/orderflow-event-processor-rebuild');
  expect(job['spec']).toMatchObject({ suspend: true, concurrencyPolicy: 'Forbid' });
  expect(job['spec'].jobTemplate.spec).toMatchObject({
    backoffLimit: 0,
    template: { spec: { restartPolicy: 'Never' } },
  });
  expect(podOf(job)?.containers[0]?.command).toEqual(['node', 'src/rebuild-main.ts']);
  expect(JSON.stringify(job)).toContain('analytics-db-app');
  const policy = find(resources, 'NetworkPolicy/orderflow-event-processor-rebuild');
  expect(selects(policy['spec'].podSelector, podLabelsOf(job))).toBe(true);
  const egress = policy['spec'].egress as readonly { readonly ports: readonly { readonly port: number }[] }[];
  expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([53, 53, 9093, 5432]);
});

test('the rebuild of analytics runs by a schedule and swaps, when it is told to', () => {
  const set = ['rebuild.enabled=true', 'rebuild.schedule=0 3 * * *', 'rebuild.swap=true'];
  const job = find(render('event-processor', { set }), 'CronJob/orderflow-event-processor-rebuild');
  expect(job['spec']).toMatchObject({ suspend: false, schedule: '0 3 * * *' });
  expect(podOf(job)?.containers[0]?.command).toEqual(['node', 'src/rebuild-main.ts', '--swap']);
  const nonsense = ['rebuild.enabled=true', 'rebuild.schedule=daily'];
  expect(renderText('event-processor', { set: nonsense }).error).toContain("at '/rebuild/schedule'");
});

test('another image makes another migration Job, another number of pods does not', () => {
  const nameOf = (...set: string[]): string | undefined =>
    ofKind(render('order-service', { set }), 'Job')[0]?.metadata.name;
  expect(nameOf('replicas=5')).toBe(nameOf());
  expect(nameOf('image.tag=2.0.0')).not.toBe(nameOf());
});

test('a separate publisher leaves the API without Kafka', () => {
  const resources = render('order-service', { set: ['publisher.mode=separate'] });
  const api = envOf(find(resources, 'Deployment/orderflow-order-service'));
  expect(api['PUBLISHER']).toBe('off');
  expect(api).not.toHaveProperty('KAFKA_BOOTSTRAP_SERVERS');
  const publisher = envOf(find(resources, 'Deployment/orderflow-order-service-publisher'));
  expect(publisher['PUBLISHER']).toBe('only');
  expect(publisher).toHaveProperty('KAFKA_BOOTSTRAP_SERVERS');
  expect(ids(resources)).toContain('PodDisruptionBudget/orderflow-order-service-publisher');
});

test('the event processor leaves its replicas to the operator unless told a number', () => {
  const replicasOf = (...set: string[]): unknown =>
    find(render('event-processor', { set }), 'Deployment/orderflow-event-processor')['spec'].replicas;
  expect(replicasOf()).toBeUndefined();
  expect(replicasOf('replicas=3')).toBe(3);
  expect(replicasOf('replicas=0')).toBe(0);
});

test('settings of the program win over those of the chart', () => {
  const set = ['config.LOG_LEVEL=debug', 'config.MAX_CONNECTIONS=2000000', 'config.TRUST_TRACEPARENT=true'];
  const env = envOf(find(render('api-gateway', { set }), 'Deployment/orderflow-api-gateway'));
  expect(env).toMatchObject({ LOG_LEVEL: 'debug', MAX_CONNECTIONS: '2000000', TRUST_TRACEPARENT: 'true' });
});

test('the auditor runs its standing program, as roles and a user that may only read', () => {
  const deployment = find(render('auditor'), 'Deployment/orderflow-auditor');
  const [container] = podOf(deployment)?.containers ?? [];
  expect(container).toMatchObject({ image: 'orderflow/auditor:0.1.0', command: ['node', 'src/serve-main.ts'] });
  expect(envOf(deployment)).toMatchObject({ KAFKA_SASL_USERNAME: 'kafka-auditor' });
  const secrets = (podOf(deployment)?.volumes ?? []).flatMap(({ secret }) =>
    secret === undefined ? [] : [String((secret as { secretName?: string }).secretName)],
  );
  expect(secrets).toEqual(expect.arrayContaining(['orders-db-auditor', 'analytics-db-auditor', 'kafka-auditor']));
  expect(secrets.filter((name) => /-(app|runtime)$/.test(name))).toEqual([]);
});

test('the auditor follows the load in the same Job, with the receipts', () => {
  const job = ofKind(render('load-generator'), 'Job')[0]!;
  const pod = podOf(job);
  expect(pod?.initContainers?.map(({ name, image }) => [name, image])).toEqual([
    ['load-generator', 'orderflow/load-generator:0.1.0'],
  ]);
  expect(pod?.containers.map(({ name, image }) => [name, image])).toEqual([['auditor', 'orderflow/auditor:0.1.0']]);
  expect(envOf(job, 'load-generator')['LOADGEN_RECEIPTS']).toBe(envOf(job, 'auditor')['AUDIT_RECEIPTS']);
  expect(job['spec'].backoffLimit).toBe(0);
});

test('without the audit nothing of Kafka and Postgres is mounted', () => {
  const job = ofKind(render('load-generator', { set: ['audit.enabled=false'] }), 'Job')[0]!;
  expect(podOf(job)?.volumes?.map(({ name }) => name)).toEqual(['work', 'tmp']);
});

test('the gateway asks for API keys when it is given a Secret with their list, which it reads as a file', () => {
  const gatewayWith = (...set: readonly string[]) =>
    find(render('api-gateway', { set }), 'Deployment/orderflow-api-gateway');
  expect(envOf(gatewayWith())).not.toHaveProperty('API_KEYS_FILE');
  const gateway = gatewayWith('apiKeys.secret.name=keys', 'apiKeys.secret.key=list');
  const path = String(envOf(gateway)['API_KEYS_FILE']);
  const mount = podOf(gateway)?.containers[0]?.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  expect(mount).toMatchObject({ readOnly: true });
  expect(podOf(gateway)?.volumes?.find(({ name }) => name === mount?.name)).toMatchObject({
    secret: { secretName: 'keys', items: [{ key: 'list', path: path.split('/').at(-1) }] },
  });
});
