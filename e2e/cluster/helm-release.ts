import { runCommand } from '@orderflow/local/command';

const TIMEOUT_MS = 300_000;

export interface HelmReleaseOptions {
  readonly helm: string;
  readonly namespace: string;
  readonly name: string;
  /** Folder of the chart. */
  readonly chart: string;
  /** Values files, the later ones over the earlier ones. */
  readonly values: readonly string[];
  /** Values by dotted path that hold for each installation and upgrade. */
  readonly set?: Overrides;
}

/** Values by dotted path, over those of the files. */
export type Overrides = Readonly<Record<string, unknown>>;

export interface UpgradeOptions {
  readonly wait?: boolean;
  readonly reuse?: boolean;
}

/** One release of one chart. */
export class HelmRelease {
  readonly name: string;
  readonly #options: HelmReleaseOptions;

  constructor(options: HelmReleaseOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /**
   * Installs the chart, or upgrades what is there. With `wait` it returns when everything is ready; with `reuse` the
   * values of the revision before stay where nothing else is said.
   */
  async upgrade(overrides: Overrides, { wait = false, reuse = false }: UpgradeOptions = {}): Promise<void> {
    const { chart, values, set } = this.#options;
    const flags = [
      ...values.map((file) => `--values=${file}`),
      ...Object.entries({ ...set, ...overrides }).flatMap(([path, value]) => [
        '--set-json',
        `${path}=${JSON.stringify(value)}`,
      ]),
      ...(reuse ? ['--reuse-values'] : []),
      ...(wait ? ['--wait', `--timeout=${TIMEOUT_MS / 1_000}s`] : []),
    ];
    await this.#helm('upgrade', '--install', this.name, chart, ...flags);
  }

  /** The number of the present revision; undefined when the release is not installed. */
  async revision(): Promise<number | undefined> {
    const listed = await this.#helm('list', `--filter=^${this.name}$`, '--output=json');
    return (JSON.parse(listed) as { revision: string }[]).map(({ revision }) => Number(revision))[0];
  }

  /** What was said at its installation and upgrades, over the chart's defaults: JSON, which is a values file as well. */
  async values(): Promise<string> {
    return this.#helm('get', 'values', this.name, '--output=json');
  }

  /** What helm says after an installation. */
  async notes(): Promise<string> {
    return this.#helm('get', 'notes', this.name);
  }

  async rollback(revision: number): Promise<void> {
    await this.#helm('rollback', this.name, String(revision), '--wait', `--timeout=${TIMEOUT_MS / 1_000}s`);
  }

  /** Runs the chart's tests. @throws {CommandFailure} when one fails. */
  async test(): Promise<void> {
    await this.#helm('test', this.name, `--timeout=${TIMEOUT_MS / 1_000}s`);
  }

  async uninstall(): Promise<void> {
    await this.#helm('uninstall', this.name, '--ignore-not-found', '--wait', `--timeout=${TIMEOUT_MS / 1_000}s`);
  }

  #helm(...args: readonly string[]): Promise<string> {
    const { helm, namespace } = this.#options;
    return runCommand([helm, '--namespace', namespace, ...args], { timeoutMs: TIMEOUT_MS + 10_000 });
  }
}
