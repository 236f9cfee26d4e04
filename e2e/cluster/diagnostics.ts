import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandFailure } from '@orderflow/local/command';
import type { Namespace } from './namespace.ts';

const FOLDER = resolve(import.meta.dirname, '..', '..', '.local', 'e2e');

/**
 * Runs a part of a test; when it fails, keeps what the namespace looked like then in `.local/e2e/<name>`: objects,
 * events, descriptions and the logs of all pods, also of containers that ended.
 */
export async function keepingDiagnostics<T>(namespace: Namespace, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error: unknown) {
    const folder = join(FOLDER, name.replaceAll(/[^a-z0-9]+/gi, '-'));
    await mkdir(folder, { recursive: true });
    await Promise.all([
      keep(join(folder, 'objects.txt'), () => namespace.kubectl('get', 'all,lagscalers', '--output=wide')),
      keep(join(folder, 'events.txt'), () => namespace.kubectl('get', 'events', '--sort-by=.lastTimestamp')),
      keep(join(folder, 'pods.txt'), () => namespace.kubectl('describe', 'pods')),
    ]);
    for (const { metadata } of await namespace.list('pods').catch(() => [])) {
      const logs = ['logs', metadata.name, '--all-containers', '--prefix', '--tail=2000'];
      await keep(join(folder, `${metadata.name}.log`), () => namespace.kubectl(...logs));
    }
    process.stderr.write(`e2e: ${name} failed; what the cluster looked like is in ${folder}\n`);
    if (error instanceof CommandFailure) throw new Error(`${error.message}\n${error.output}`, { cause: error });
    throw error;
  }
}

async function keep(file: string, read: () => Promise<string>): Promise<void> {
  await writeFile(file, await read().catch(String));
}
