import { accessSync, constants, realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from './command.ts';
import type { LocalEnvironment } from './environment.ts';
import { LocalError } from './local-error.ts';

const OLDEST_JAVA = 17;
const NEEDED_DISK_BYTES = 2 * 1024 ** 3;
/** Homebrew's openjdk is not put on PATH. */
const HOMEBREW_JAVA = ['/opt/homebrew/opt/openjdk/bin', '/usr/local/opt/openjdk/bin'] as const;

const INSTALL_JAVA = `Install Java ${OLDEST_JAVA} or newer (Debian: apt install openjdk-17-jre-headless, macOS: brew install openjdk), or point JAVA_HOME to it.`;

/** The programs of a Java runtime that is new enough. */
export interface Java {
  readonly bin: string;
  readonly keytool: string;
  readonly major: number;
}

interface JavaCandidate {
  readonly bin: string;
  readonly major: number;
}

/** Reads the major version from what `java -version` prints: `openjdk version "17.0.15" ...`, or `"1.8.0_412"` for 8. */
export function parseJavaMajor(versionOutput: string): number | undefined {
  const match = /version "(?:1\.)?(?<major>\d+)/.exec(versionOutput);
  return match?.groups === undefined ? undefined : Number(match.groups['major']);
}

/** Every executable file of that name in the folders, in their order. */
function findPrograms(name: string, directories: readonly string[]): string[] {
  return directories.map((directory) => join(directory, name)).filter((file) => isExecutable(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first Java that is new enough: of JAVA_HOME, of PATH, of Homebrew.
 * @throws LocalError JAVA_MISSING or JAVA_TOO_OLD.
 */
export async function requireJava(environment: LocalEnvironment): Promise<Java> {
  const home = environment.javaHome === undefined ? [] : [join(environment.javaHome, 'bin')];
  const candidates: JavaCandidate[] = [];
  for (const bin of findPrograms('java', [...home, ...environment.path, ...HOMEBREW_JAVA])) {
    // macOS has a `java` that only says that there is no Java.
    const output = await runCommand([bin, '-version'], { env: environment.childEnv }).catch(() => '');
    const major = parseJavaMajor(output);
    if (major !== undefined) candidates.push({ bin, major });
    if (major !== undefined && major >= OLDEST_JAVA) break;
  }
  const { bin, major } = chooseJava(candidates);
  const beside = [dirname(bin), dirname(realpathSync(bin))];
  return { bin, major, keytool: findPrograms('keytool', beside)[0] ?? 'keytool' };
}

/** The first that is new enough; else it throws, and names the first that was found. */
export function chooseJava(candidates: readonly JavaCandidate[]): JavaCandidate {
  const chosen = candidates.find(({ major }) => major >= OLDEST_JAVA);
  if (chosen !== undefined) return chosen;
  const [tooOld] = candidates;
  if (tooOld === undefined) {
    throw new LocalError({
      code: 'JAVA_MISSING',
      message: 'Kafka needs Java, and there is none on this machine.',
      fix: INSTALL_JAVA,
    });
  }
  throw new LocalError({
    code: 'JAVA_TOO_OLD',
    message: `Kafka needs Java ${OLDEST_JAVA} or newer, and ${tooOld.bin} is Java ${tooOld.major}.`,
    fix: INSTALL_JAVA,
  });
}

/** @throws LocalError MAVEN_MISSING. */
export function requireMaven(environment: LocalEnvironment): string {
  const [maven] = findPrograms('mvn', environment.path);
  if (maven !== undefined) return maven;
  throw new LocalError({
    code: 'MAVEN_MISSING',
    message: "Maven is needed once, to fetch Kafka's jars, and there is no mvn on PATH.",
    fix: 'Install it (Debian: apt install maven, macOS: brew install maven).',
  });
}

/**
 * Prometheus of `make prometheus`, else of PATH.
 * @throws LocalError PROMETHEUS_MISSING.
 */
export function requirePrometheus(environment: LocalEnvironment, binDirectory: string): string {
  const [program] = findPrograms('prometheus', [binDirectory, ...environment.path]);
  if (program !== undefined) return program;
  throw new LocalError({
    code: 'PROMETHEUS_MISSING',
    message: 'OBSERVE=1 needs Prometheus, and there is none in ./bin or on PATH.',
    fix: 'Have Go build it with `make prometheus`, or install it (Debian: apt install prometheus, macOS: brew install prometheus).',
  });
}

/** @throws LocalError DISK_FULL when less than 2 GB are free where the folder lies. */
export async function requireDiskSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  judgeFreeSpace(bavail * bsize, directory);
}

/** The decision of requireDiskSpace. */
export function judgeFreeSpace(freeBytes: number, directory: string): void {
  if (freeBytes >= NEEDED_DISK_BYTES) return;
  throw new LocalError({
    code: 'DISK_FULL',
    message: `${Math.floor(freeBytes / 1024 ** 2)} MB are free on the disk of ${directory}, and 2048 MB are needed.`,
    fix: 'Free some space; `make clean` removes what earlier runs left.',
  });
}
