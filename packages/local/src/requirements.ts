import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { LocalEnvironment } from './environment.ts';
import { LocalError } from './local-error.ts';

const OLDEST_JAVA = 17;
const NEEDED_DISK_BYTES = 2 * 1024 ** 3;

const INSTALL_JAVA = `Install a JDK or JRE ${OLDEST_JAVA} or newer (Debian: apt install openjdk-17-jre-headless, macOS: brew install openjdk) and put it on PATH or into JAVA_HOME.`;

/** The bin folder of a Java runtime, and its major version. */
export interface Java {
  readonly bin: string;
  readonly keytool: string;
  readonly major: number;
}

/** Reads the major version from what `java -version` prints: `openjdk version "17.0.15" ...`, or `"1.8.0_412"` for 8. */
export function parseJavaMajor(versionOutput: string): number | undefined {
  const match = /version "(?:1\.)?(?<major>\d+)/.exec(versionOutput);
  return match?.groups === undefined ? undefined : Number(match.groups['major']);
}

/** The program's file, first hit on the path. */
export function findProgram(name: string, directories: readonly string[]): string | undefined {
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file));
}

/**
 * JAVA_HOME's Java, else the first on PATH.
 * @throws LocalError JAVA_MISSING or JAVA_TOO_OLD.
 */
export async function requireJava(environment: LocalEnvironment): Promise<Java> {
  const directories = environment.javaHome === undefined ? [] : [join(environment.javaHome, 'bin')];
  const bin = findProgram('java', [...directories, ...environment.path]);
  const missing = new LocalError({
    code: 'JAVA_MISSING',
    message: 'Kafka needs Java, and there is none on this machine.',
    fix: INSTALL_JAVA,
  });
  if (bin === undefined) throw missing;
  // macOS has a `java` that only says that there is no Java.
  const output = await runCommand([bin, '-version'], { env: environment.childEnv }).catch(() => '');
  const major = parseJavaMajor(output);
  if (major === undefined) throw missing;
  if (major < OLDEST_JAVA) {
    throw new LocalError({
      code: 'JAVA_TOO_OLD',
      message: `Kafka needs Java ${OLDEST_JAVA} or newer, and ${bin} is Java ${major}.`,
      fix: INSTALL_JAVA,
    });
  }
  return { bin, keytool: join(bin, '..', 'keytool'), major };
}

/** @throws LocalError MAVEN_MISSING. */
export function requireMaven(environment: LocalEnvironment): string {
  const maven = findProgram('mvn', environment.path);
  if (maven !== undefined) return maven;
  throw new LocalError({
    code: 'MAVEN_MISSING',
    message: "Maven is needed once to fetch Kafka's jars, and there is no mvn on PATH.",
    fix: 'Install it (Debian: apt install maven, macOS: brew install maven); a start with the jars in .local/cache needs it no more.',
  });
}

/** @throws LocalError DISK_FULL when less than 2 GB are free where the folder lies. */
export async function requireDiskSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= NEEDED_DISK_BYTES) return;
  const freeMegabytes = Math.floor(freeBytes / 1024 ** 2);
  throw new LocalError({
    code: 'DISK_FULL',
    message: `Only ${freeMegabytes} MB are free on the disk of ${directory}; 2048 MB are needed.`,
    fix: 'Free some space, `make clean` removes what earlier runs left.',
  });
}
