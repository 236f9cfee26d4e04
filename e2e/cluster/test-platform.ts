import { join, resolve } from 'node:path';
import { readClusterConfig } from '../../deploy/cluster/config.ts';
import { HelmRelease, type HelmReleaseOptions } from './helm-release.ts';
import { Namespace } from './namespace.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const RELEASE = 'orderflow';

/** Namespaced kinds that the charts make, and what these make in turn. */
const KINDS = [
  'deployments',
  'replicasets',
  'pods',
  'jobs',
  'services',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'networkpolicies',
  'poddisruptionbudgets',
  'roles',
  'rolebindings',
  'lagscalers',
] as const;

/** The platform that the end-to-end tests install and break. */
export interface TestPlatform {
  readonly namespace: Namespace;
  readonly release: HelmRelease;
  /** What further releases of the same chart need. */
  readonly chart: Omit<HelmReleaseOptions, 'name'>;
  readonly deployments: readonly string[];
  /** Whether the namespace stays after the tests. */
  readonly keepsNamespace: boolean;
  selectorOf(component: string): string;
  /** Names of all objects that still carry the release's label. */
  objectsOfRelease(): Promise<readonly string[]>;
}

/**
 * NAMESPACE (default orderflow-e2e; Kafka and the databases must stand there), TAG, VALUES and HELM as for `make
 * deploy`; KEEP=1 leaves the namespace.
 */
export function openTestPlatform(env: NodeJS.ProcessEnv): TestPlatform {
  const config = readClusterConfig({ NAMESPACE: 'orderflow-e2e', ...env }, join(REPOSITORY, 'bin'));
  const values = config.values.length > 0 ? config.values : [join(REPOSITORY, 'charts/platform/values-local.yaml')];
  const chart = {
    helm: config.helm,
    namespace: config.namespace,
    chart: join(REPOSITORY, 'charts', 'platform'),
    values,
    set: { 'global.image.tag': config.tag },
  };
  const namespace = new Namespace(config.namespace);
  return {
    namespace,
    chart,
    release: new HelmRelease({ ...chart, name: RELEASE }),
    deployments: ['api-gateway', 'order-service', 'event-processor', 'auditor', 'console', 'operator'].map(
      (name) => `${RELEASE}-${name}`,
    ),
    keepsNamespace: (env['KEEP'] ?? '') !== '',
    selectorOf: (component) =>
      `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/name=${component},app.kubernetes.io/component=server`,
    objectsOfRelease: async () => {
      const output = await namespace.kubectl(
        'get',
        KINDS.join(','),
        `--selector=app.kubernetes.io/instance=${RELEASE}`,
        '--output=name',
      );
      return output.split('\n').filter((line) => line.includes('/'));
    },
  };
}
