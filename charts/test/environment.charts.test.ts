import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { planTelemetry } from '../../packages/service-kit/src/telemetry/telemetry-plan.ts';
import { readOperatorConfig } from '../../operator/src/config.ts';
import { readGatewayConfig } from '../../services/api-gateway/src/config.ts';
import { readCommand as readAuditCommand } from '../../services/auditor/src/config.ts';
import { readAuditorConfig } from '../../services/auditor/src/service/config.ts';
import { readConsoleConfig } from '../../services/console/src/config.ts';
import { readProcessorConfig } from '../../services/event-processor/src/config.ts';
import { readRebuildConfig } from '../../services/event-processor/src/rebuild/config.ts';
import { readCommand as readLoadCommand } from '../../services/load-generator/src/config.ts';
import { readOrderServiceConfig } from '../../services/order-service/src/config.ts';
import { buildDependencies, chartCases, render, type Rendering } from './helm.ts';
import { envOf, ofKind, podOf } from './resources.ts';

beforeAll(buildDependencies);

type Environment = Readonly<Record<string, string | undefined>>;

const folder = mkdtempSync(join(tmpdir(), 'orderflow-charts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the mounted Secrets hold, by the names of their files. */
const SECRETS: Readonly<Record<string, string>> = {
  uri: 'postgresql://me:secret@db:5432/shop',
  username: 'me',
  password: 'secret',
  'ca.crt': '-----BEGIN CERTIFICATE-----',
  'api-keys': `warehouse staff ${'0'.repeat(64)}`,
  'gateway-api-key': 'key-of-the-shop',
  'console-api-key': 'long enough',
};

/** The environment of a container, with files of this machine in place of the mounted ones. */
function withFiles(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).map(([key, value = '']) => {
      if (!key.endsWith('_FILE')) return [key, value];
      const name = value.split('/').at(-1) ?? '';
      const path = join(folder, name);
      writeFileSync(path, SECRETS[name] ?? '');
      return [key, path];
    }),
  );
}

/** What Node.js itself and OpenTelemetry read. */
const RUNTIME_VARIABLES = ['NODE_OPTIONS', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'];

interface Reading<Config> {
  readonly config: Config;
  /** Variables that are set and that nobody asked for. */
  readonly unread: readonly string[];
}

function readAs<Config>(rendered: Environment, read: (env: Environment) => Config): Reading<Config> {
  const asked = new Set<string | symbol>(RUNTIME_VARIABLES);
  const env = new Proxy(withFiles(rendered), {
    get: (target, key) => (asked.add(key), target[String(key)]),
  });
  planTelemetry(env); // what the preload reads
  const config = read(env);
  return { config, unread: Object.keys(rendered).filter((key) => !asked.has(key)) };
}

function deploymentEnv(chart: string, rendering: Rendering): readonly Environment[] {
  return ofKind(render(chart, rendering), 'Deployment').map((deployment) => envOf(deployment));
}

interface ServiceConfig {
  readonly ADMIN_PORT: number;
  readonly HTTP_PORT?: number;
  readonly SHUTDOWN_DEADLINE_MS: number;
}

const READERS: Readonly<Record<string, (env: Environment) => ServiceConfig>> = {
  'api-gateway': readGatewayConfig,
  'order-service': readOrderServiceConfig,
  'event-processor': readProcessorConfig,
  auditor: readAuditorConfig,
  console: readConsoleConfig,
  operator: readOperatorConfig,
};

const SERVICES = chartCases()
  .filter(({ chart }) => chart in READERS)
  .map(({ chart, file }) => [chart, file ?? 'values.yaml'] as const);

describe.each(SERVICES)('%s with %s', (chart, file) => {
  const rendering = { files: [file] };
  const read = READERS[chart]!;

  test('understands the environment that the chart gives it, all of it', () => {
    const readings = deploymentEnv(chart, rendering).map((env) => readAs(env, read));
    expect(readings.length).toBeGreaterThan(0);
    for (const { unread } of readings) expect(unread).toEqual([]);
  });

  test('listens where the chart expects it, and stops before it is killed', () => {
    for (const deployment of ofKind(render(chart, rendering), 'Deployment')) {
      const { config } = readAs(envOf(deployment), read);
      const { ADMIN_PORT, HTTP_PORT, SHUTDOWN_DEADLINE_MS } = config;
      const ports = deployment['spec'].template.spec.containers[0].ports as readonly { containerPort: number }[];
      const expected = ports.length > 1 ? [ADMIN_PORT, HTTP_PORT] : [ADMIN_PORT];
      expect(ports.map(({ containerPort }) => containerPort)).toEqual(expected);
      const graceMs = (podOf(deployment)?.terminationGracePeriodSeconds ?? 0) * 1_000;
      const preStopMs = 5_000;
      expect(graceMs).toBeGreaterThan(preStopMs + SHUTDOWN_DEADLINE_MS);
    }
  });
});

test('the rebuild of analytics understands all of its environment, and prunes as the processor does', () => {
  const resources = render('event-processor', { files: ['ci/fixed-replicas-values.yaml'] });
  const rebuild = readAs(envOf(ofKind(resources, 'CronJob')[0]!), readRebuildConfig);
  expect(rebuild.unread).toEqual([]);
  const processor = readAs(envOf(ofKind(resources, 'Deployment')[0]!), readProcessorConfig);
  expect(processor.config.PROCESSED_EVENTS_RETENTION_HOURS).toBe(2_160);
  expect(rebuild.config.PROCESSED_EVENTS_RETENTION_HOURS).toBe(2_160);
});

describe.each([undefined, 'ci/stages-values.yaml', 'ci/without-audit-values.yaml'])(
  'load-generator with %s',
  (file) => {
    const [job] = [file].map((name) => ({ files: name === undefined ? [] : [name] }));

    test('load generator and auditor understand all of their environment', () => {
      const resource = ofKind(render('load-generator', job), 'Job')[0]!;
      const load = readAs(envOf(resource, 'load-generator'), (env) => readLoadCommand([], env));
      expect(load.unread.filter((key) => key !== 'LOG_LEVEL')).toEqual([]);
      expect(load.config.kind).toBe('run');
      if (podOf(resource)?.initContainers === undefined) return;
      const audit = readAs(envOf(resource, 'auditor'), (env) =>
        readAuditCommand({ args: [], env: { ...env }, endpoints: {} }),
      );
      expect(audit.config.kind).toBe('verify');
    });
  },
);
