import { LocalError } from '@orderflow/local/local-error';
import { imageReference, IMAGES } from '../images/images.ts';
import { OPERATORS, type PinnedOperator } from '../pins.ts';
import type { ClusterConfig } from './config.ts';

/** The two releases. Data is a release of its own: an uninstall of the rest keeps it. */
const DATA_RELEASE = 'data';
const PLATFORM_RELEASE = 'orderflow';

/** What charts/data makes that must be there before a service can start. */
const DATA_KINDS = [
  'kafkas.kafka.strimzi.io',
  'kafkatopics.kafka.strimzi.io',
  'kafkausers.kafka.strimzi.io',
  'clusters.postgresql.cnpg.io',
] as const;

/** The Services that charts/data leads to, by the names that charts/platform expects. */
const DATA_SERVICES = ['orders-kafka-bootstrap', 'orders-db-rw', 'analytics-db-rw'] as const;

/** One command, what it is for, and what to do when it fails. */
export interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly fix: string;
  /** How often it is tried, ten seconds apart; default once. */
  readonly attempts?: number;
}

/** What was seen of the cluster of the current context. */
export interface Surroundings {
  readonly context: string;
  /** Names of the operators that run. */
  readonly operators: readonly string[];
  /** Names of the Services in the namespace. */
  readonly services: readonly string[];
}

/** Who gives Kafka and Postgres: the operators through charts/data, something under the same names, or the user's values. */
export type DataSource = 'operators' | 'present' | 'own';

/** @throws LocalError when nobody gives them. */
export function decideDataSource({ operators, services }: Surroundings, config: ClusterConfig): DataSource {
  if (OPERATORS.every(({ name }) => operators.includes(name))) return 'operators';
  if (DATA_SERVICES.every((name) => services.includes(name))) return 'present';
  if (config.values.length > 0) return 'own';
  const absent = OPERATORS.filter(({ name }) => !operators.includes(name)).map(({ name }) => name);
  throw new LocalError({
    code: 'NO_DATA_STORES',
    message: `There is no Kafka or no Postgres for the platform: this cluster runs no ${absent.join(' and no ')}.`,
    fix: 'Run `make operators` to install what is missing, or bring your own: make deploy VALUES=my-values.yaml (README, On Kubernetes).',
  });
}

/** Makes the cluster of kind unless it is there already. */
export function planKindUp(config: ClusterConfig, clusters: readonly string[]): Step[] {
  if (clusters.includes(config.kindCluster)) return [];
  return [
    {
      title: `making the kind cluster ${config.kindCluster} (4 nodes, some minutes)`,
      command: [config.kind, 'create', 'cluster', `--name=${config.kindCluster}`, '--config=kind-config.yaml'],
      fix: 'See what kind says above; `make doctor` looks at Docker, and port 30080 must be free.',
    },
  ];
}

/** Installs those of the operators that do not run yet. */
export function planOperators(config: ClusterConfig, running: readonly string[]): Step[] {
  const absent = OPERATORS.filter(({ name }) => !running.includes(name));
  return absent.map((operator) => planOperator(config, operator));
}

function planOperator({ helm }: ClusterConfig, operator: PinnedOperator): Step {
  const { name, release, namespace, chart, version, settings } = operator;
  return {
    title: `installing ${name} (chart ${version})`,
    command: helmUpgrade(helm, namespace, [
      release,
      ...chart,
      `--version=${version}`,
      ...settings.map((setting) => `--set=${setting}`),
      '--wait',
      '--timeout=5m',
    ]),
    fix: 'See what helm says above; mostly the chart or its image cannot be fetched.',
  };
}

/** Kafka and the databases, and the wait for them; nothing when charts/data is not used. */
export function planData(source: DataSource, { helm, namespace, dataValues }: ClusterConfig): Step[] {
  if (source !== 'operators') return [];
  const selector = `--selector=app.kubernetes.io/instance=${DATA_RELEASE}`;
  const ready = '--for=condition=Ready';
  return [
    {
      title: 'installing Kafka and the databases',
      command: helmUpgrade(helm, namespace, [DATA_RELEASE, 'charts/data', ...valuesFlags(dataValues)]),
      // CloudNativePG's webhook refuses everything until it answers, which is some time after its pod is ready.
      attempts: 6,
      fix: 'See what helm says above; `make doctor` looks at the operators.',
    },
    {
      title: 'waiting for Kafka and the databases (a minute or two)',
      command: ['kubectl', 'wait', DATA_KINDS.join(), `--namespace=${namespace}`, selector, ready, '--timeout=10m'],
      fix: `See their status and their pods: kubectl -n ${namespace} get kafka,cluster,pods`,
    },
  ];
}

/** The services and the operator, and the wait for them. */
export function planPlatform(source: DataSource, config: ClusterConfig, { context }: Surroundings): Step[] {
  const { helm, namespace, tag } = config;
  const values = config.values.length > 0 ? config.values : defaultValues(source, context);
  const selector = `--selector=app.kubernetes.io/instance=${PLATFORM_RELEASE}`;
  return [
    ...planImages(config, context),
    planDependencies(),
    {
      title: 'installing the platform',
      command: helmUpgrade(helm, namespace, [
        PLATFORM_RELEASE,
        'charts/platform',
        ...valuesFlags(values),
        `--set=global.image.tag=${tag}`,
        // Its notes are printed when it is ready.
        '--hide-notes',
      ]),
      fix: 'See what helm says above.',
    },
    {
      title: 'waiting for the services',
      command: ['kubectl', 'rollout', 'status', 'deployment', `--namespace=${namespace}`, selector, '--timeout=5m'],
      fix: `See the pods and their logs: kubectl -n ${namespace} get pods; images come from \`make images\`.`,
    },
  ];
}

function helmUpgrade(helm: string, namespace: string, flags: readonly string[]): Step['command'] {
  return [helm, 'upgrade', '--install', `--namespace=${namespace}`, '--create-namespace', ...flags];
}

function valuesFlags(files: readonly string[]): string[] {
  return files.map((file) => `--values=${file}`);
}

/** The charts packed into each other, as helm wants them. The script takes helm from the environment. */
export function planDependencies(): Step {
  return {
    title: 'packing the charts',
    command: ['sh', 'charts/build-dependencies.sh'],
    fix: 'See what helm says above.',
  };
}

function planImages({ kind, kindCluster, tag }: ClusterConfig, context: string): Step[] {
  if (context !== `kind-${kindCluster}`) return [];
  const references = IMAGES.map((image) => imageReference(image, tag));
  return [
    {
      title: `loading the images into kind`,
      command: [kind, 'load', 'docker-image', `--name=${kindCluster}`, ...references],
      fix: `Build them first: make images TAG=${tag}`,
    },
  ];
}

function defaultValues(source: DataSource, context: string): readonly string[] {
  if (source === 'present') return ['charts/platform/values-local.yaml'];
  return context.startsWith('kind-') ? ['charts/platform/values-kind.yaml'] : [];
}

/** Takes the platform away, and with DATA=delete everything. */
export function planUndeploy({ helm, namespace, deletesData }: ClusterConfig, hasTopics: boolean): Step[] {
  const uninstall = [helm, 'uninstall', '--ignore-not-found', '--wait', `--namespace=${namespace}`] as const;
  const fix = `See what is left: kubectl -n ${namespace} get all`;
  const platform: Step = { title: 'removing the platform', command: [...uninstall, PLATFORM_RELEASE], fix };
  if (!deletesData) return [platform];
  const topics: Step = {
    // Their finalizer is taken off by an operator that the uninstall removes.
    title: 'removing the topics',
    command: ['kubectl', 'delete', 'kafkatopics.kafka.strimzi.io', '--all', `--namespace=${namespace}`, '--timeout=2m'],
    fix,
  };
  const gone = ['kubectl', 'delete', 'namespace', namespace, '--ignore-not-found', '--timeout=2m'] as const;
  return [
    platform,
    ...(hasTopics ? [topics] : []),
    { title: 'removing Kafka and the databases', command: [...uninstall, DATA_RELEASE], fix },
    { title: `removing the namespace ${namespace}`, command: gone, fix },
  ];
}
