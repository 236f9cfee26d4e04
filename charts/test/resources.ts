import type { Resource } from './helm.ts';

/** A container with what tests look at. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: unknown;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly topologySpreadConstraints?: readonly { readonly topologyKey: string }[];
  readonly volumes?: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}

/** The pod that a resource makes, if it makes any. */
export function podOf(resource: Resource): PodSpec | undefined {
  if (resource.kind === 'Pod') return resource['spec'] as PodSpec;
  if (resource.kind === 'Deployment' || resource.kind === 'Job') return resource['spec'].template.spec as PodSpec;
  if (resource.kind === 'CronJob') return resource['spec'].jobTemplate.spec.template.spec as PodSpec;
  return undefined;
}

/** The labels of the pods that a resource makes. */
export function podLabelsOf(resource: Resource): Readonly<Record<string, string>> {
  if (resource.kind === 'Pod') return resource.metadata.labels as Readonly<Record<string, string>>;
  const { template } = resource.kind === 'CronJob' ? resource['spec'].jobTemplate.spec : resource['spec'];
  const { labels } = template.metadata;
  return labels as Readonly<Record<string, string>>;
}

export interface PodMaker {
  readonly resource: Resource;
  readonly pod: PodSpec;
}

/** Every resource that makes pods. */
export function podMakers(resources: readonly Resource[]): readonly PodMaker[] {
  return resources.flatMap((resource) => {
    const pod = podOf(resource);
    return pod === undefined ? [] : [{ resource, pod }];
  });
}

export function containersOf(pod: PodSpec): readonly Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

export function ofKind(resources: readonly Resource[], kind: string): readonly Resource[] {
  return resources.filter((resource) => resource.kind === kind);
}

/** `Kind/name` of the one resource. */
export function find(resources: readonly Resource[], id: string): Resource {
  const found = resources.find(({ kind, metadata }) => `${kind}/${metadata.name}` === id);
  if (found === undefined) throw new Error(`${id} is not rendered: ${ids(resources).join(', ')}`);
  return found;
}

export function ids(resources: readonly Resource[]): readonly string[] {
  return resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

/** The plain environment of the container of that name, or of the first one. */
export function envOf(resource: Resource, container?: string): Readonly<Record<string, string | undefined>> {
  const all = containersOf(podOf(resource) ?? { containers: [], securityContext: {} });
  const chosen = all.find(({ name }) => container === undefined || name === container);
  return Object.fromEntries((chosen?.env ?? []).map(({ name, value }) => [name, value]));
}

/** Whether a selector's labels are among the pod's. */
export function selects(
  selector: { readonly matchLabels?: object },
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}
