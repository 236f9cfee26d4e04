import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '@orderflow/local/until';
import { readContainerCommand } from './container-command.ts';

const DIRECTORY = join(import.meta.dirname, '..');

export interface OperatorOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly pollMs: number;
}

/** The operator as it runs in a pod: its container's command with nothing but its environment. */
export class OperatorProcess {
  readonly logLines: string[] = [];
  readonly #child: ChildProcess;
  readonly #home: string;

  private constructor(child: ChildProcess, home: string) {
    this.#child = child;
    this.#home = home;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.logLines.push(line));
    }
  }

  static async start({ kubeconfig, namespace, pollMs }: OperatorOptions): Promise<OperatorProcess> {
    const home = await mkdtemp(join(tmpdir(), 'operator-'));
    const path = join(home, 'kubeconfig');
    await writeFile(path, kubeconfig);
    const { args, nodeOptions } = readContainerCommand();
    const child = spawn(process.execPath, args, {
      cwd: DIRECTORY,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        NODE_ENV: 'production',
        NODE_OPTIONS: nodeOptions,
        KUBECONFIG: path,
        WATCH_NAMESPACE: namespace,
        POLL_INTERVAL_MS: String(pollMs),
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: '0',
      },
    });
    return new OperatorProcess(child, home);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where /metrics, /healthz and /readyz are, once it listens. */
  async adminUrl(): Promise<string> {
    const line = await until(() => this.logLines.find((candidate) => candidate.includes('"listening"')), {
      what: 'the operator listens',
      timeoutMs: 30_000,
    });
    const { adminPort } = JSON.parse(line ?? '{}') as { adminPort: number };
    return `http://127.0.0.1:${adminPort}`;
  }

  /** The sum of a metric over its labels. */
  async readMetric(name: string): Promise<number> {
    const text = await (await fetch(`${await this.adminUrl()}/metrics`)).text();
    const samples = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** The exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exited;
    }
    await rm(this.#home, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}
