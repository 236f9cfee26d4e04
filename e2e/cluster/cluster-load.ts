import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ProgressSample } from '@orderflow/load-generator/progress';
import { until } from '@orderflow/local/until';
import { HelmRelease, type HelmReleaseOptions } from './helm-release.ts';
import type { TimedSample } from './load-window.ts';
import { Namespace } from './namespace.ts';

const GENERATOR = 'load-generator';
const AUDITOR = 'auditor';
const START_TIMEOUT_MS = 120_000;
const AUDIT_TIMEOUT_MS = 900_000;

/** All charts of the umbrella but the one that makes load. */
const SERVICES = ['api-gateway', 'order-service', 'event-processor', 'auditor', 'console', 'operator'] as const;

export interface ClusterLoadOptions extends Omit<HelmReleaseOptions, 'name'> {
  /** The release under load. */
  readonly target: string;
  readonly ratePerSecond: number;
  /** The load ends by itself after so many minutes, whatever happens here. */
  readonly atMostMinutes: number;
  /** More values of the load-generator chart's `load`. */
  readonly load?: Readonly<Record<string, unknown>>;
  /** How long the auditor waits until everything is applied, by default as the chart says. */
  readonly auditWait?: string;
}

/** How a run ended. */
export interface LoadVerdict {
  readonly isProved: boolean;
  readonly lost: number;
  readonly duplicated: number;
  /** The auditor's report for people. */
  readonly report: string;
}

/** Load from within the cluster: a Job whose pod sends orders, and then has the auditor prove them. */
export class ClusterLoad implements AsyncDisposable {
  readonly samples: TimedSample[] = [];
  readonly #namespace: Namespace;
  readonly #release: HelmRelease;
  readonly #options: ClusterLoadOptions;
  #pod = '';
  #log: ChildProcess | undefined;

  constructor(options: ClusterLoadOptions) {
    this.#options = options;
    this.#namespace = new Namespace(options.namespace);
    this.#release = new HelmRelease({ ...options, name: `${options.target}-load` });
  }

  /** Resolves when the first orders have been answered. */
  async start(): Promise<void> {
    const { target, ratePerSecond, atMostMinutes, load, auditWait } = this.#options;
    await this.#release.uninstall(); // of a run that was cut off
    const settings = {
      url: `http://${target}-api-gateway`,
      rate: ratePerSecond,
      duration: `${atMostMinutes}m`,
      // No second try hides a request that failed.
      idempotent: 0,
      retries: 0,
      ...load,
    };
    const overrides = {
      ...Object.fromEntries(SERVICES.map((name) => [`${name}.enabled`, false])),
      'load-generator.enabled': true,
      'load-generator.load': settings,
      ...(auditWait !== undefined && { 'load-generator.audit.wait': auditWait }),
    };
    await this.#release.upgrade(overrides);
    this.#pod = await until(async () => (await this.#findPod()) ?? '', {
      what: 'the load generator runs',
      timeoutMs: START_TIMEOUT_MS,
      intervalMs: 500,
    });
    this.#follow();
    await until(() => (this.samples.at(-1)?.sample.accepted ?? 0) > 0, {
      what: 'the first orders are accepted',
      timeoutMs: START_TIMEOUT_MS,
    });
  }

  /** Ends the load and waits for the auditor's verdict on all that it sent. */
  async finish(): Promise<LoadVerdict> {
    await this.#exec('kill -USR2 1');
    return this.verdict();
  }

  /** Resolves when so many orders have been accepted. */
  async accepted(orders: number, timeoutMs: number): Promise<void> {
    await until(() => (this.samples.at(-1)?.sample.accepted ?? 0) >= orders, {
      what: `${orders} orders are accepted`,
      timeoutMs,
    });
  }

  /** Waits for the verdict of a load that ends by itself. */
  async verdict(): Promise<LoadVerdict> {
    const job = (await this.#namespace.get('pod', this.#pod)).metadata.labels?.['job-name'] ?? '';
    const isProved = await this.#namespace.awaitJob(job, AUDIT_TIMEOUT_MS);
    const report = await this.#namespace.kubectl('logs', this.#pod, '--container', AUDITOR).catch(String);
    const count = (word: string): number =>
      Number(new RegExp(`${word} ([\\d,]+)`).exec(report)?.[1]?.replaceAll(',', '') ?? Number.NaN);
    return { isProved, lost: count('lost'), duplicated: count('duplicated'), report };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log?.kill();
    await this.#release.uninstall();
  }

  async #findPod(): Promise<string | undefined> {
    const pods = await this.#namespace.list('pods', `app.kubernetes.io/instance=${this.#release.name}`);
    return pods.find(({ status }) => isGenerating(status))?.metadata.name;
  }

  /** The samples come as lines of the log; kubectl ends when the container does. */
  #follow(): void {
    const args = ['--namespace', this.#namespace.name, 'logs', '--follow', this.#pod, '--container', GENERATOR];
    this.#log = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (this.#log.stdout === null) return;
    createInterface({ input: this.#log.stdout }).on('line', (line) => {
      if (line.startsWith('{"elapsedMs"')) {
        this.samples.push({ atMs: performance.now(), sample: JSON.parse(line) as ProgressSample });
      }
    });
  }

  async #exec(command: string): Promise<void> {
    await this.#namespace.kubectl('exec', this.#pod, '--container', GENERATOR, '--', 'sh', '-c', command);
  }
}

/** The generator comes before the auditor, as an init container. */
function isGenerating(status: Readonly<Record<string, unknown>> | undefined): boolean {
  const containers = (status?.['initContainerStatuses'] ?? []) as readonly { name: string; state: object }[];
  return containers.some(({ name, state }) => name === GENERATOR && 'running' in state);
}
