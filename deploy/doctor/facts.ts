/** A program as it was found: where, and the first version in what it says of itself. */
export interface FoundProgram {
  readonly path: string;
  readonly version: string | undefined;
}

/** What one node can give to pods. */
export interface NodeResources {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** What was seen of the cluster of the current context. */
export interface ClusterFacts {
  readonly context: string;
  readonly version: string | undefined;
  readonly nodes: readonly NodeResources[];
  readonly crds: readonly string[];
  /** Names of the operators whose pods run. */
  readonly runningOperators: readonly string[];
  readonly storageClasses: readonly string[];
  readonly hasDefaultStorageClass: boolean;
}

/** The cluster of the current context, or the last line of what kubectl said instead. */
export type SeenCluster =
  | { readonly kind: 'reached'; readonly facts: ClusterFacts }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Everything that the doctor looks at; a program that is not there is undefined. */
export interface MachineFacts {
  readonly node: FoundProgram;
  readonly docker: FoundProgram | undefined;
  /** Whether Docker's engine answers, and whether it can build with BuildKit. */
  readonly hasDockerEngine: boolean;
  readonly hasBuildKit: boolean;
  readonly kubectl: FoundProgram | undefined;
  readonly go: FoundProgram | undefined;
  readonly helm: FoundProgram | undefined;
  readonly kind: FoundProgram | undefined;
  readonly skaffold: FoundProgram | undefined;
  readonly cluster: SeenCluster;
}

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** A Kubernetes quantity of CPU in thousandths of a core: `2` is 2000, `1930m` is 1930. NaN for anything else. */
export function parseCpuMillis(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1_000;
}

/** A Kubernetes quantity of memory in bytes: `24Gi`, `25281684Ki`. NaN for anything else. */
export function parseMemoryBytes(quantity: string): number {
  const match = /^(?<amount>\d+)(?<unit>[a-zA-Z]*)$/.exec(quantity);
  const unit = MEMORY_UNITS[match?.groups?.['unit'] ?? 'none'];
  return Number(match?.groups?.['amount']) * (unit ?? Number.NaN);
}
