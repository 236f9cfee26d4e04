import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@orderflow/local/command';
import { until } from '@orderflow/local/until';

const ROLLOUT_TIMEOUT_MS = 180_000;

/** An object as the API server has it; only the fields that are looked at have types. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** One namespace of the cluster that kubectl's current context names. */
export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** What kubectl prints. @throws {CommandFailure} */
  kubectl(...args: readonly string[]): Promise<string> {
    return runCommand(['kubectl', '--namespace', this.name, ...args], { timeoutMs: ROLLOUT_TIMEOUT_MS });
  }

  async get(kind: string, name: string): Promise<KubernetesObject> {
    return JSON.parse(await this.kubectl('get', kind, name, '--output=json')) as KubernetesObject;
  }

  async list(kind: string, selector = ''): Promise<readonly KubernetesObject[]> {
    const output = await this.kubectl('get', kind, `--selector=${selector}`, '--output=json');
    return (JSON.parse(output) as { items: KubernetesObject[] }).items;
  }

  /** Creates or changes an object. */
  async apply(object: object): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'orderflow-apply-'));
    try {
      const file = join(directory, 'object.json');
      await writeFile(file, JSON.stringify(object));
      await this.kubectl('apply', `--filename=${file}`);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  /** Replaces the pods of a Deployment one after the other, and waits until the new ones serve and the old ones are gone. */
  async restart(deployment: string): Promise<void> {
    await this.kubectl('rollout', 'restart', `deployment/${deployment}`);
    await this.awaitRollout(deployment);
  }

  async awaitRollout(deployment: string): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${deployment}`, `--timeout=${ROLLOUT_TIMEOUT_MS / 1_000}s`);
    const { matchLabels } = (await this.get('deployment', deployment)).spec['selector'] as {
      matchLabels: Record<string, string>;
    };
    const selector = Object.entries(matchLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    // A rollout counts as finished while its old pods still drain: what they do then is part of it.
    await until(async () => (await this.list('pods', selector)).every((pod) => !isLeaving(pod)), {
      what: `the old pods of ${deployment} are gone`,
      timeoutMs: 60_000,
      intervalMs: 2_000, // each look costs a tenth of a second of CPU, maybe of the node's
    });
  }

  /** Resolves with whether a Job succeeded, once it has ended. */
  async awaitJob(name: string, timeoutMs: number): Promise<boolean> {
    const ended = await until(async () => jobOutcome(await this.get('job', name)), {
      what: `the Job ${name} has ended`,
      timeoutMs,
      intervalMs: 2_000,
    });
    return ended === 'Complete';
  }
}

function isLeaving(pod: KubernetesObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function jobOutcome({ status }: KubernetesObject): 'Complete' | 'Failed' | undefined {
  const conditions = (status?.['conditions'] ?? []) as readonly { type: string; status: string }[];
  const types = conditions.filter((condition) => condition.status === 'True').map(({ type }) => type);
  if (types.includes('Complete')) return 'Complete';
  return types.includes('Failed') ? 'Failed' : undefined;
}
