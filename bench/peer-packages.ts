import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@orderflow/local/command';
import type { ProgressLog } from '@orderflow/local/progress';

const PEERS = join(import.meta.dirname, 'peers');

/**
 * Installs what the platform is measured against, at the versions of its own lock file, unless that is there already. It
 * is no dependency of anything else, so that a plain `npm ci` does not bring it.
 *
 * @throws {LocalError} with what npm says.
 */
export async function installPeerPackages(log: ProgressLog): Promise<void> {
  if (await isInstalled()) return;
  log.step('peers: installing the packages of bench/peers, once');
  await runCommand(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: PEERS });
}

/** npm writes its own lock file into node_modules, as the last thing that it does. */
async function isInstalled(): Promise<boolean> {
  try {
    const installed = await stat(join(PEERS, 'node_modules', '.package-lock.json'));
    const locked = await stat(join(PEERS, 'package-lock.json'));
    return installed.mtimeMs >= locked.mtimeMs;
  } catch {
    return false; // nothing was installed yet
  }
}

/** The versions of the packages, `name@version`. */
export async function peerVersions(): Promise<readonly string[]> {
  const manifest = JSON.parse(await readFile(join(PEERS, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return Object.entries(manifest.dependencies).map(([name, version]) => `${name} ${version}`);
}
