import type { KubernetesObject, Namespace } from '../cluster/namespace.ts';
import type { HelmRelease } from '../cluster/helm-release.ts';
import { UNDO_DEMO_MIGRATIONS, type DemoMigration } from './demo-migrations.ts';

const MIGRATIONS_FOLDER = '/app/services/order-service/migrations';
const UNDO_TIMEOUT_MS = 120_000;

/** Rolls versions of the order service out that have one migration more each, and takes all that back. */
export class OrdersSchema {
  readonly #namespace: Namespace;
  readonly #release: HelmRelease;
  readonly #configMap: string;

  constructor(namespace: Namespace, release: HelmRelease) {
    this.#namespace = namespace;
    this.#release = release;
    this.#configMap = `${release.name}-rolling-demo`;
  }

  /** Upgrades the release to a version with these migrations. Its pods are not ready before the Job has applied them. */
  async rollOut(migrations: readonly DemoMigration[]): Promise<void> {
    await this.#namespace.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: this.#configMap },
      data: Object.fromEntries(migrations.map(({ file, sql }) => [file, sql])),
    });
    const name = 'rolling-demo';
    const volume = { name, configMap: { name: this.#configMap } };
    const mounts = migrations.map(({ file }) => ({ name, mountPath: `${MIGRATIONS_FOLDER}/${file}`, subPath: file }));
    const overrides = {
      'order-service.extraVolumes': [volume],
      'order-service.extraVolumeMounts': mounts,
      'order-service.topics.create': false, // they exist; the Job would run once more beside the other
    };
    await this.#release.upgrade(overrides, { reuse: true });
  }

  /** Once the version without the migrations is back: undoes them as the owner of the schema. */
  async undo(): Promise<void> {
    const [migrationJob] = await this.#namespace.list(
      'jobs',
      `app.kubernetes.io/instance=${this.#release.name},app.kubernetes.io/name=order-service,app.kubernetes.io/component=migrate`,
    );
    if (migrationJob === undefined)
      throw new Error('the order service has no migration Job whose rights could be used');
    const name = `${this.#configMap}-undo`;
    await this.#namespace.kubectl('delete', 'job', name, '--ignore-not-found');
    await this.#namespace.apply(undoJob(name, migrationJob));
    const isDone = await this.#namespace.awaitJob(name, UNDO_TIMEOUT_MS);
    if (!isDone) throw new Error(await this.#namespace.kubectl('logs', `job/${name}`));
    await this.#namespace.kubectl('delete', `job/${name}`, `configmap/${this.#configMap}`);
  }
}

/** The migration Job once more, with the same connection and another program. */
function undoJob(name: string, migrationJob: KubernetesObject): object {
  const { template } = migrationJob.spec as { template: { spec: { containers: object[] } } };
  const [container] = template.spec.containers;
  const command = ['node', '--input-type=module', '--eval', UNDO_PROGRAM];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: migrationJob.metadata.labels },
    spec: {
      backoffLimit: 3,
      template: {
        metadata: { labels: podLabels(migrationJob) },
        spec: { ...template.spec, restartPolicy: 'Never', containers: [{ ...container, command }] },
      },
    },
  };
}

/** Those of the migration's pods, for the network policy, without those that tie a pod to its Job. */
function podLabels(job: KubernetesObject): Readonly<Record<string, string>> {
  const { template } = job.spec as { template: { metadata: { labels: Record<string, string> } } };
  return Object.fromEntries(
    Object.entries(template.metadata.labels).filter(([key]) => key.startsWith('app.kubernetes.io/')),
  );
}

const UNDO_PROGRAM = `
import { readConfig } from '@orderflow/service-kit/config';
import { clientOptions, postgresEnv } from '@orderflow/service-kit/postgres';
import pg from 'pg';
import { z } from 'zod';
const client = new pg.Client(clientOptions(readConfig(z.object(postgresEnv), process.env), 'rolling-demo'));
await client.connect();
await client.query(${JSON.stringify(UNDO_DEMO_MIGRATIONS)});
await client.end();
`;
