import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureCached } from './cache-entry.ts';
import type { LocalEnvironment } from './environment.ts';
import { LocalError } from './local-error.ts';
import type { ProgressLog } from './progress.ts';
import { requireMaven } from './requirements.ts';

const POM = join(import.meta.dirname, '..', 'kafka', 'pom.xml');
const PROGRESS_INTERVAL_MS = 1_000;
/** Named in full: for its short name Maven would first read the metadata of all its usual plugins. */
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies';
const UNIT_BYTES = { B: 1, kB: 1e3, MB: 1e6 } as const;

export interface KafkaJars {
  /** The folder that holds every jar of the broker. */
  readonly directory: string;
  readonly version: string;
}

interface FetchOptions {
  readonly cacheDirectory: string;
  readonly environment: LocalEnvironment;
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
}

/**
 * The broker's jars, from the cache or else from Maven Central by the pinned kafka/pom.xml.
 * @throws LocalError MAVEN_MISSING, DISK_FULL, DOWNLOAD_FAILED.
 */
export async function obtainKafkaJars(options: FetchOptions): Promise<KafkaJars> {
  const { cacheDirectory, log } = options;
  const pom = await readFile(POM, 'utf8');
  const version = parseKafkaVersion(pom);
  // The hash makes another cache entry when the POM changes without another Kafka, say for a newer log4j.
  const hash = createHash('sha256').update(pom).digest('hex').slice(0, 8);
  const directory = await ensureCached({
    target: join(cacheDirectory, `kafka-${version}-${hash}`),
    what: 'kafka',
    log,
    fill: async (staging) => {
      log.step(`kafka: fetching the jars of Apache Kafka ${version} from Maven Central, about 60 MB, once`);
      await copyDependencies(staging, options);
    },
  });
  return { directory, version };
}

/** The broker's version as kafka/pom.xml pins it. */
export function parseKafkaVersion(pom: string): string {
  const version = /<kafka\.version>(?<version>[^<]+)</.exec(pom)?.groups?.['version'];
  if (version === undefined) throw new Error(`${POM} has no <kafka.version>`);
  return version;
}

/** The size of a file in a line such as `Downloaded from central: https://.../x.jar (5.9 MB at 8.8 MB/s)`. */
export function parseDownloadedBytes(line: string): number | undefined {
  const match = /Downloaded from .* \((?<amount>[\d.]+) (?<unit>B|kB|MB) at/.exec(line);
  if (match?.groups === undefined) return undefined;
  const { amount, unit } = match.groups;
  return Math.round(Number(amount) * (unit === 'MB' ? UNIT_BYTES.MB : unit === 'kB' ? UNIT_BYTES.kB : UNIT_BYTES.B));
}

async function copyDependencies(output: string, { environment, log, signal }: FetchOptions): Promise<void> {
  const maven = spawn(
    requireMaven(environment),
    ['--batch-mode', '-f', POM, COPY_GOAL, `-DoutputDirectory=${output}`],
    { env: environment.childEnv, stdio: ['ignore', 'pipe', 'ignore'], signal },
  );
  let files = 0;
  let bytes = 0;
  const errors: string[] = [];
  createInterface({ input: maven.stdout }).on('line', (line) => {
    const size = parseDownloadedBytes(line);
    if (size !== undefined) {
      files += 1;
      bytes += size;
    } else if (/\[ERROR\] \S/.test(line)) {
      errors.push(line);
    }
  });
  const describeProgress = (): string => `${files} files, ${(bytes / 1e6).toFixed(0)} MB`;
  const ticker = setInterval(() => {
    log.update(`kafka: ${describeProgress()}`);
  }, PROGRESS_INTERVAL_MS);
  try {
    const [code] = await once(maven, 'close');
    if (code !== 0) throw downloadError(errors[0] ?? 'Maven says nothing about it');
  } finally {
    clearInterval(ticker);
  }
  log.step(files === 0 ? "kafka: everything was in Maven's local repository" : `kafka: ${describeProgress()} came in`);
}

function downloadError(details: string): LocalError {
  return new LocalError({
    code: 'DOWNLOAD_FAILED',
    message: "Kafka's jars could not be fetched from Maven Central.",
    fix: "Check the network and Maven's settings (~/.m2/settings.xml: proxy, mirror), then start again: what came in is kept.",
    details,
  });
}
