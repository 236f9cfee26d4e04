import { join } from 'node:path';
import { superviseProcess, waitUntilReady, type SupervisedProcess } from '../child-process.ts';
import { freePort, LOOPBACK } from '../ports.ts';
import type { RunDirectory } from '../run-directory.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const READY_DEADLINE_MS = 60_000;

/** Does nothing unless OTEL_* asks for it. */
const TELEMETRY_PRELOAD = '@orderflow/service-kit/telemetry/preload';

/**
 * V8 sizes its heap by the machine's memory; a service is to stay below 250 MiB also where there is plenty. The other two
 * are those of the images: docs/adr/0023-flags-of-v8.md.
 */
const NODE_FLAGS = ['--max-old-space-size=192', '--max-semi-space-size=16', '--no-allocation-site-pretenuring'];

/** A service of this repository, as the name of its folder in `services/`. */
export type ServiceName = 'api-gateway' | 'order-service' | 'event-processor' | 'auditor' | 'console';

export interface ServiceOptions {
  readonly run: RunDirectory;
  readonly service: ServiceName;
  /** Its program in `src/`. Default: `main.ts`. */
  readonly program?: string;
  /** Several processes of one service need different names. Default: the service's. */
  readonly name?: string;
  /** Configuration of the service, over what every process gets (ports of its own on 127.0.0.1). */
  readonly env: Readonly<Record<string, string>>;
}

/** One service as a process. Its ports stay the same over restarts. */
export interface ServiceProcess {
  readonly name: string;
  /** Of the present process; another one after a restart. */
  readonly pid: number;
  readonly logFile: string;
  /** Base URL of its HTTP API. */
  readonly url: string;
  /** Base URL of `/metrics`, `/healthz` and `/readyz`. */
  readonly adminUrl: string;
  /** The present process, for its exit and its log. */
  readonly process: SupervisedProcess;
  /** What it was started with, the last time. */
  readonly env: Readonly<Record<string, string>>;
  /** SIGTERM, then waits. Idempotent. */
  stop(): Promise<void>;
  /** Default: SIGKILL. */
  kill(signal?: NodeJS.Signals): void;
  /** Starts it again on the same ports; `env` changes its configuration. Resolves when it is ready. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Starts a service and waits until it is ready.
 *
 * @throws {LocalError} CHILD_EXITED or CHILD_NOT_READY with the last lines of its log.
 */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const ports = { http: await freePort(), admin: await freePort() };
  const service = new RunningService(options, ports);
  await service.launch(options.env);
  return service;
}

class RunningService implements ServiceProcess {
  readonly name: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly #options: ServiceOptions;
  readonly #ports: { readonly http: number; readonly admin: number };
  #process: SupervisedProcess | undefined;
  #env: Readonly<Record<string, string>>;

  constructor(options: ServiceOptions, ports: { readonly http: number; readonly admin: number }) {
    this.name = options.name ?? options.service;
    this.url = `http://${LOOPBACK}:${ports.http}`;
    this.adminUrl = `http://${LOOPBACK}:${ports.admin}`;
    this.#options = options;
    this.#ports = ports;
    this.#env = options.env;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  get process(): SupervisedProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was not started`);
    return this.#process;
  }

  get pid(): number {
    return this.process.pid;
  }

  get logFile(): string {
    return this.process.logFile;
  }

  async launch(env: Readonly<Record<string, string>>): Promise<void> {
    this.#env = env;
    const directory = join(REPOSITORY, 'services', this.#options.service);
    this.#process = await superviseProcess({
      name: this.name,
      command: process.execPath,
      args: [...NODE_FLAGS, '--import', TELEMETRY_PRELOAD, join(directory, 'src', this.#options.program ?? 'main.ts')],
      run: this.#options.run,
      env: { ...inheritedEnvironment(), OTEL_SERVICE_NAME: this.#options.service, ...this.#portEnvironment(), ...env },
      cwd: directory,
    });
    await waitUntilReady(this.#process, { isReady: () => isReady(this.adminUrl), deadlineMs: READY_DEADLINE_MS });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.process.kill(signal);
  }

  async restart(env: Readonly<Record<string, string>> = this.#env): Promise<void> {
    await this.stop();
    await this.launch(env);
  }

  #portEnvironment(): Record<string, string> {
    return {
      HTTP_HOST: LOOPBACK,
      HTTP_PORT: String(this.#ports.http),
      ADMIN_HOST: LOOPBACK,
      ADMIN_PORT: String(this.#ports.admin),
    };
  }
}

/**
 * What a service may see of this process's environment: nothing that could change its configuration by accident. OTEL_* is
 * what makes a demo send its traces somewhere.
 */
function inheritedEnvironment(): Record<string, string> {
  const { PATH, HOME, TZ, LANG, NODE_OPTIONS } = process.env;
  const telemetry = Object.entries(process.env).filter(([key]) => key.startsWith('OTEL_'));
  const inherited = [...Object.entries({ PATH, HOME, TZ, LANG, NODE_OPTIONS }), ...telemetry];
  return Object.fromEntries(inherited.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

async function isReady(adminUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not listening yet, which the caller polls for
  }
}
