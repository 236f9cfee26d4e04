/** A program that `make tools` builds into ./bin from its Go module. */
export interface PinnedTool {
  readonly name: string;
  readonly module: string;
  /** The folder of its main package within the module; empty for the module's root. */
  readonly command: string;
  readonly version: string;
  /** Variables that its own release build has the linker set. */
  readonly linkerVariables?: Readonly<Record<string, string>>;
  /** Build tags that leave out what is not needed. */
  readonly tags?: string;
  /** How to come by it without building it. */
  readonly elsewhere: string;
}

/** Where helm keeps the Kubernetes that it renders for without a cluster: left alone, that is 1.20. */
const HELM_KUBERNETES = ['helm.sh/helm/v3/pkg/chartutil.k8sVersion', 'helm.sh/helm/v3/pkg/lint/rules.k8sVersion'];

const HELM: PinnedTool = {
  name: 'helm',
  module: 'helm.sh/helm/v3',
  command: '/cmd/helm',
  version: 'v3.22.0',
  elsewhere: 'HELM=helm, with one from https://helm.sh',
  linkerVariables: {
    'helm.sh/helm/v3/internal/version.version': 'v3.22.0',
    ...Object.fromEntries(
      HELM_KUBERNETES.flatMap((name) => [
        [`${name}Major`, '1'],
        [`${name}Minor`, '37'],
      ]),
    ),
  },
};

export const PINNED_TOOLS: readonly PinnedTool[] = [
  HELM,
  {
    name: 'kind',
    module: 'sigs.k8s.io/kind',
    command: '',
    version: 'v0.33.0',
    elsewhere: 'KIND=kind, with one from https://kind.sigs.k8s.io',
  },
  {
    name: 'kube-score',
    module: 'github.com/zegl/kube-score',
    command: '/cmd/kube-score',
    version: 'v1.20.0',
    elsewhere: 'KUBE_SCORE=kube-score, with one from https://github.com/zegl/kube-score',
  },
  {
    name: 'kubeconform',
    module: 'github.com/yannh/kubeconform',
    command: '/cmd/kubeconform',
    version: 'v0.8.0',
    elsewhere: 'https://github.com/yannh/kubeconform',
  },
];

/** Built only when `make alerts-test` finds no promtool: it takes minutes, and distributions have it. */
export const PROMTOOL: PinnedTool = {
  name: 'promtool',
  module: 'github.com/prometheus/prometheus',
  command: '/cmd/promtool',
  // Prometheus 3.16.
  version: 'v0.316.0',
  // Without the discovery of targets in two dozen clouds.
  tags: 'remove_all_sd',
  elsewhere: 'PROMTOOL=promtool; Debian and Ubuntu have it in the package prometheus (apt-get install prometheus)',
};

/** Built only when `make prometheus` finds none: it takes minutes, and has no pages for a browser. */
export const PROMETHEUS: PinnedTool = {
  ...PROMTOOL,
  name: 'prometheus',
  command: '/cmd/prometheus',
  elsewhere: 'one on PATH; Debian and Ubuntu have it in the package prometheus (apt-get install prometheus)',
};

/** A chart that `make kind-up` installs: an operator that charts/data needs, from where its project publishes it. */
export interface PinnedOperator {
  readonly name: string;
  readonly release: string;
  readonly namespace: string;
  /** What helm is told to install. */
  readonly chart: readonly string[];
  readonly version: string;
  readonly settings: readonly string[];
  /** Of the operator's pods, however it was installed. */
  readonly podSelector: string;
  /** The CRDs that charts/data makes objects of. */
  readonly crds: readonly string[];
}

export const STRIMZI: PinnedOperator = {
  name: 'Strimzi',
  release: 'strimzi',
  namespace: 'strimzi',
  chart: ['oci://quay.io/strimzi-helm/strimzi-kafka-operator'],
  version: '1.2.0',
  settings: ['watchAnyNamespace=true'],
  podSelector: 'strimzi.io/kind=cluster-operator',
  crds: ['kafkas', 'kafkanodepools', 'kafkatopics', 'kafkausers'].map((kind) => `${kind}.kafka.strimzi.io`),
};

export const CLOUD_NATIVE_PG: PinnedOperator = {
  name: 'CloudNativePG',
  release: 'cloudnative-pg',
  namespace: 'cnpg-system',
  chart: ['cloudnative-pg', '--repo', 'https://cloudnative-pg.github.io/charts'],
  // The chart of CloudNativePG 1.30.0.
  version: '0.29.0',
  settings: [],
  podSelector: 'app.kubernetes.io/name=cloudnative-pg',
  crds: ['clusters.postgresql.cnpg.io'],
};

export const OPERATORS: readonly PinnedOperator[] = [STRIMZI, CLOUD_NATIVE_PG];

/** What the charts, the Dockerfile and skaffold.yaml were written for. */
export const OLDEST = {
  node: '20.0.0',
  docker: '20.10.0',
  kubectl: '1.30.0',
  helm: '3.19.0',
  skaffold: '2.15.0',
  // Pods stop after `preStop: sleep`, which the API server knows since then.
  kubernetes: '1.30.0',
} as const;
