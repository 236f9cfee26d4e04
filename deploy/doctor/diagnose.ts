import { OLDEST, OPERATORS, type PinnedOperator } from '../pins.ts';
import { isAtLeast } from '../version.ts';
import type { ClusterFacts, FoundProgram, MachineFacts, NodeResources } from './facts.ts';

/**
 * One thing that was looked at. `missing`: `make deploy` cannot work. `optional`: only what `fix` names needs it.
 * Everything but `ok` has a fix.
 */
export type Finding =
  | { readonly status: 'ok'; readonly what: string; readonly found: string }
  | { readonly status: 'missing' | 'optional'; readonly what: string; readonly found: string; readonly fix: string };

const NEEDED_CPU_MILLIS = 2_000;
const NEEDED_MEMORY_BYTES = 4 * 1024 ** 3;

/** Judges a machine and its cluster, in the order in which a person would set things right. */
export function diagnose(facts: MachineFacts): Finding[] {
  return [
    judgeProgram('Node.js', facts.node, { oldest: OLDEST.node, fix: 'install Node.js 24 (https://nodejs.org)' }),
    ...judgeDocker(facts),
    judgeProgram('kubectl', facts.kubectl, {
      oldest: OLDEST.kubectl,
      fix: 'install it (https://kubernetes.io/docs/tasks/tools)',
    }),
    judgeProgram('helm', facts.helm, { oldest: OLDEST.helm, fix: 'run `make tools`' }),
    optional(judgeProgram('Go', facts.go, { fix: 'only `make tools` needs it: install it (https://go.dev/dl)' })),
    optional(
      judgeProgram('kind', facts.kind, {
        fix: 'only `make kind-up` needs it, on a machine without a cluster: run `make tools`',
      }),
    ),
    optional(
      judgeProgram('skaffold', facts.skaffold, {
        oldest: OLDEST.skaffold,
        fix: 'only `make dev` needs it: install it (https://skaffold.dev/docs/install), `go install` cannot build it',
      }),
    ),
    ...judgeCluster(facts),
  ];
}

function judgeDocker(facts: MachineFacts): Finding[] {
  const client = judgeProgram('Docker', facts.docker, {
    oldest: OLDEST.docker,
    fix: 'install it (https://docs.docker.com/get-docker)',
  });
  if (client.status !== 'ok') return [client];
  if (!facts.hasDockerEngine) {
    const fix = 'start it, and see that this user may use it: `docker version` must show a server';
    return [client, { status: 'missing', what: "Docker's engine", found: 'does not answer', fix }];
  }
  if (!facts.hasBuildKit) {
    const fix = 'install docker-buildx, or name a docker that has it: make images DOCKER=/usr/bin/docker';
    return [client, { status: 'missing', what: 'BuildKit', found: 'not in this docker', fix }];
  }
  return [client];
}

function judgeCluster({ cluster }: MachineFacts): Finding[] {
  if (cluster.kind === 'unreachable') {
    const fix = 'run `make kind-up`, or choose a context: kubectl config use-context NAME';
    return [{ status: 'missing', what: 'cluster', found: cluster.reason, fix }];
  }
  const { facts } = cluster;
  const fix = 'use a newer cluster: `make kind-up` makes one';
  return [
    judgeProgram(
      'cluster',
      { path: `context ${facts.context}`, version: facts.version },
      { oldest: OLDEST.kubernetes, fix },
    ),
    judgeResources(facts),
    judgeStorage(facts),
    ...OPERATORS.map((operator) => judgeOperator(operator, facts)),
  ];
}

/** The nodes of kind share one machine, and each of them claims all of it. */
export function usableResources({ context, nodes }: Pick<ClusterFacts, 'context' | 'nodes'>): NodeResources {
  const add = context.startsWith('kind-') ? Math.max : (a: number, b: number): number => a + b;
  const none: NodeResources = { cpuMillis: 0, memoryBytes: 0 };
  return nodes.reduce(
    (sum, node) => ({
      cpuMillis: add(sum.cpuMillis, node.cpuMillis),
      memoryBytes: add(sum.memoryBytes, node.memoryBytes),
    }),
    none,
  );
}

function judgeResources(facts: ClusterFacts): Finding {
  const { cpuMillis, memoryBytes } = usableResources(facts);
  const found = `${cpuMillis / 1_000} cores, ${(memoryBytes / 1024 ** 3).toFixed(1)} GiB for pods`;
  if (cpuMillis >= NEEDED_CPU_MILLIS && memoryBytes >= NEEDED_MEMORY_BYTES) {
    return { status: 'ok', what: 'resources', found };
  }
  const fix = "2 cores and 4 GiB are needed: add nodes, or give Docker's machine more";
  return { status: 'missing', what: 'resources', found, fix };
}

function judgeStorage({ storageClasses, hasDefaultStorageClass }: ClusterFacts): Finding {
  const what = 'storage class';
  const found = storageClasses.length === 0 ? 'none' : storageClasses.join(', ');
  if (hasDefaultStorageClass) return { status: 'ok', what, found };
  const fix =
    'Kafka and Postgres need volumes: annotate one with storageclass.kubernetes.io/is-default-class=true, or name it in the values of charts/data';
  return { status: 'missing', what, found: `${found}, no default`, fix };
}

function judgeOperator(operator: PinnedOperator, { crds, runningOperators }: ClusterFacts): Finding {
  const what = operator.name;
  const absent = operator.crds.filter((crd) => !crds.includes(crd));
  const fix = `only charts/data needs it: run \`make operators\`, or bring your own Kafka and Postgres (README, On Kubernetes)`;
  if (absent.length > 0) return { status: 'optional', what, found: `no CRD ${absent.join(', ')}`, fix };
  if (!runningOperators.includes(operator.name)) {
    return { status: 'optional', what, found: 'CRDs are there, no operator runs', fix };
  }
  return { status: 'ok', what, found: 'runs' };
}

function judgeProgram(
  what: string,
  program: FoundProgram | undefined,
  { oldest, fix }: { readonly oldest?: string; readonly fix: string },
): Finding {
  if (program === undefined) return { status: 'missing', what, found: 'not found', fix };
  const { version, path } = program;
  const found = `${version ?? 'of unknown version'} (${path})`;
  if (oldest === undefined) return { status: 'ok', what, found };
  if (version !== undefined && isAtLeast(version, oldest)) return { status: 'ok', what, found };
  return { status: 'missing', what, found, fix: `${oldest} or newer is needed: ${fix}` };
}

function optional(finding: Finding): Finding {
  return finding.status === 'missing' ? { ...finding, status: 'optional' } : finding;
}

/** One line per finding with its fix below, and a last line that says what it comes to. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map((finding) => {
    const line = `${finding.status.padEnd(8)}  ${finding.what.padEnd(width)}  ${finding.found}`;
    return finding.status === 'ok' ? line : `${line}\n${' '.repeat(10)}Fix: ${finding.fix}`;
  });
  const missing = findings.filter(({ status }) => status === 'missing').length;
  const verdict = missing === 0 ? 'ready for make deploy' : `${missing} missing`;
  return `${lines.join('\n')}\n\n${verdict}`;
}
