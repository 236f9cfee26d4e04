import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { superviseProcess, waitUntilReady, type ProcessExit, type SupervisedProcess } from './child-process.ts';
import { runCommand } from './command.ts';
import { readLocalEnvironment, type LocalEnvironment } from './environment.ts';
import { LocalError } from './local-error.ts';
import { LOOPBACK, startOnPort } from './ports.ts';
import { obtainPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import {
  choosePostgresUser,
  findBarrier,
  makeOwnedDirectory,
  publicDirectory,
  type PostgresUser,
} from './postgres-user.ts';
import type { ProgressLog } from './progress.ts';
import { requireDiskSpace } from './requirements.ts';
import type { RunDirectory } from './run-directory.ts';

const SUPERUSER = 'postgres';
const READY_DEADLINE_MS = 60_000;

/**
 * For a machine of two cores that also runs everything else. What a committed transaction promises is PostgreSQL's
 * default and stays so: fsync, synchronous_commit and full_page_writes are on.
 */
const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

export interface PostgresOptions {
  readonly run: RunDirectory;
  /** Where an installed PostgreSQL is kept between runs. */
  readonly cacheDirectory: string;
  readonly log: ProgressLog;
  /** Default: `postgres` in the run's folder. A folder that holds a cluster of an earlier start is used on. */
  readonly dataDirectory?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Server settings (`postgresql.conf` names), over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly environment?: LocalEnvironment;
}

export interface LocalPostgres {
  /** The same after a restart. */
  readonly port: number;
  /** Of the present process; another one after a restart. */
  readonly pid: number;
  readonly major: number;
  readonly logFile: string;
  /** Of the present process. */
  readonly exited: Promise<ProcessExit>;
  /** A connection string for the superuser, with its password. Default database: `postgres`. */
  url(database?: string): string;
  /** Fast shutdown: open transactions are rolled back. Idempotent. */
  stop(): Promise<void>;
  /** Default: SIGKILL, the crash that recovery is for. */
  kill(signal?: NodeJS.Signals): void;
  /** Starts it on the same port and data, after it was stopped or killed; a running one is stopped first. */
  restart(): Promise<void>;
}

interface Cluster {
  readonly directory: string;
  readonly password: string;
  readonly user: PostgresUser | undefined;
}

/**
 * Starts a real PostgreSQL on 127.0.0.1, with a password made at random, and waits until it takes connections.
 * @throws LocalError with what is missing and how to get it.
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const environment = options.environment ?? readLocalEnvironment();
  const user = await choosePostgresUser();
  const binaries = await obtainPostgres({
    environment,
    cacheDirectory: async () => reachable(resolve(options.cacheDirectory), user, options),
    log: options.log,
    signal: options.run.signal,
  });
  const cluster = await prepareCluster(options, { binaries, user });
  const server = { options, environment, binaries, cluster };
  const postgres = await startOnPort(
    options.port,
    async (port) => new RunningPostgres(server, { port, child: await launch(server, port) }),
  );
  options.log.step(`postgres: PostgreSQL ${binaries.major} listens on ${LOOPBACK}:${postgres.port}`);
  return postgres;
}

interface ServerPlan {
  readonly options: PostgresOptions;
  readonly environment: LocalEnvironment;
  readonly binaries: PostgresBinaries;
  readonly cluster: Cluster;
}

async function launch(
  { options, environment, binaries, cluster }: ServerPlan,
  port: number,
): Promise<SupervisedProcess> {
  const child = await superviseProcess({
    name: 'postgres',
    command: join(binaries.directory, 'postgres'),
    args: ['-D', cluster.directory, ...settingArguments(port, options.settings)],
    run: options.run,
    env: environment.childEnv,
    cwd: cluster.directory,
    user: cluster.user,
    stopSignal: 'SIGINT',
  });
  await waitUntilReady(child, {
    isReady: async () => acceptsConnections(cluster.directory, child.pid),
    deadlineMs: READY_DEADLINE_MS,
  });
  return child;
}

class RunningPostgres implements LocalPostgres {
  readonly port: number;
  readonly #server: ServerPlan;
  #child: SupervisedProcess;

  constructor(server: ServerPlan, started: { readonly port: number; readonly child: SupervisedProcess }) {
    this.#server = server;
    this.#child = started.child;
    this.port = started.port;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get major(): number {
    return this.#server.binaries.major;
  }

  get logFile(): string {
    return this.#child.logFile;
  }

  get exited(): Promise<ProcessExit> {
    return this.#child.exited;
  }

  url(database = 'postgres'): string {
    return `postgres://${SUPERUSER}:${this.#server.cluster.password}@${LOOPBACK}:${this.port}/${database}`;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }

  kill(signal?: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async restart(): Promise<void> {
    await this.#child.stop();
    this.#child = await launch(this.#server, this.port);
  }
}

function settingArguments(port: number, settings: PostgresOptions['settings']): string[] {
  const all = {
    ...DEFAULT_SETTINGS,
    ...settings,
    port: String(port),
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    logging_collector: 'off',
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function prepareCluster(
  options: PostgresOptions,
  { binaries, user }: { binaries: PostgresBinaries; user: PostgresUser | undefined },
): Promise<Cluster> {
  const wanted = resolve(options.dataDirectory ?? join(options.run.path, 'postgres'));
  const home = await reachable(wanted, user, options);
  await makeOwnedDirectory(home, user);
  await requireDiskSpace(home);
  const directory = join(home, 'cluster');
  const passwordFile = join(home, 'superuser-password');
  if (existsSync(join(directory, 'PG_VERSION'))) {
    return { directory, password: (await readFile(passwordFile, 'utf8')).trim(), user };
  }
  const password = randomBytes(18).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  await makeOwnedDirectory(directory, user);
  await initializeCluster(binaries, { directory, password, user }, passwordFile);
  return { directory, password, user };
}

async function initializeCluster(binaries: PostgresBinaries, cluster: Cluster, passwordFile: string): Promise<void> {
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';
  const command = [
    join(binaries.directory, 'initdb'),
    `--pgdata=${cluster.directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    `--locale=${locale}`,
    '--no-sync',
    '--no-instructions',
  ] as const;
  try {
    await runCommand(command, { cwd: cluster.directory, user: cluster.user });
  } catch (error: unknown) {
    throw new LocalError({
      code: 'POSTGRES_CANNOT_RUN',
      message: `PostgreSQL's initdb failed for ${cluster.directory}.`,
      fix: 'See what it says below; ORDERFLOW_POSTGRES_BIN can point to another PostgreSQL.',
      ...(error instanceof LocalError && error.details !== undefined ? { details: error.details } : {}),
      cause: error,
    });
  }
}

/** The postmaster writes its state to the eighth line of postmaster.pid. */
async function acceptsConnections(directory: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** `wanted`, or a folder in the temporary one when PostgreSQL's user may not pass through a folder on the way there. */
async function reachable(
  wanted: string,
  user: PostgresUser | undefined,
  { run, log }: Pick<PostgresOptions, 'run' | 'log'>,
): Promise<string> {
  if (user === undefined) return wanted;
  await mkdir(dirname(wanted), { recursive: true });
  const barrier = await findBarrier(dirname(wanted), user);
  if (barrier === undefined) return wanted;
  const root = await publicDirectory();
  log.step(`postgres: runs as ${user.name}, who may not enter ${barrier}; using ${root} for ${basename(wanted)}`);
  if (basename(wanted) === 'cache') return join(root, 'cache');
  const directory = await mkdtemp(join(root, 'postgres-'));
  run.recordOutsideDirectory(directory);
  return directory;
}
