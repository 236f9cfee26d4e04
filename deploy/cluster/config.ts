/** What the targets that touch a cluster take from the environment. */
export interface ClusterConfig {
  readonly namespace: string;
  /** Tag of the images that are deployed. */
  readonly tag: string;
  /** Values files for charts/platform; empty: those that suit the cluster. */
  readonly values: readonly string[];
  /** Values files for charts/data. */
  readonly dataValues: readonly string[];
  /** Whether `make undeploy` takes Kafka, the databases and the namespace as well. */
  readonly deletesData: boolean;
  readonly helm: string;
  readonly kind: string;
  readonly kindCluster: string;
  readonly docker: string;
}

/**
 * NAMESPACE, TAG, VALUES and DATA_VALUES (files, separated by spaces), DATA=delete, HELM, KIND, KIND_CLUSTER, DOCKER.
 * @param bin the folder that `make tools` fills
 */
export function readClusterConfig(env: NodeJS.ProcessEnv, bin: string): ClusterConfig {
  const read = (name: string, fallback: string): string => (env[name] ?? '') || fallback;
  const files = (name: string): string[] => read(name, '').split(' ').filter(Boolean);
  const dataValues = files('DATA_VALUES');
  return {
    namespace: read('NAMESPACE', 'orderflow'),
    tag: read('TAG', 'dev'),
    values: files('VALUES'),
    dataValues: dataValues.length > 0 ? dataValues : ['charts/data/values-dev.yaml'],
    deletesData: env['DATA'] === 'delete',
    helm: read('HELM', `${bin}/helm`),
    kind: read('KIND', `${bin}/kind`),
    kindCluster: read('KIND_CLUSTER', 'orderflow'),
    docker: read('DOCKER', 'docker'),
  };
}
