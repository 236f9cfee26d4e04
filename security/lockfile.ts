import { z } from 'zod';

const lockfileSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/**
 * What is wrong with a lockfile: every package that comes from outside must be named by its content (SHA-512), and come
 * from whatever registry npm is set to, never from a Git repository or an address of its own. Binaries of development tools for other platforms than the one that
 * the lockfile was written on may lack the hash: the registry was not asked for them.
 */
export function lockfileFaults(lockfile: unknown): string[] {
  const { packages } = lockfileSchema.parse(lockfile);
  return Object.entries(packages).flatMap(([path, entry]) => {
    const { version, resolved, integrity, link } = entry;
    const isOurs = !path.includes('node_modules/') || link === true;
    if (isOurs) return [];
    const faults: string[] = [];
    const isForeignBinary = entry.dev === true && entry.optional === true && integrity === undefined;
    if (!isForeignBinary && integrity?.startsWith('sha512-') !== true)
      faults.push(`${path} has no SHA-512 of its content`);
    if (resolved !== undefined) faults.push(`${path} comes from an address of its own`);
    if (version === undefined) faults.push(`${path} has no version`);
    return faults;
  });
}

/** Dependencies of a package that do not name one version, or a range of the registry: `github:`, `file:`, `*`. */
export function looseDependencies(manifest: unknown): string[] {
  const ranges = z.record(z.string(), z.string()).optional();
  const { dependencies = {}, devDependencies = {} } = z
    .object({ dependencies: ranges, devDependencies: ranges })
    .parse(manifest);
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, range]) => !/^(npm:@?[\w./-]+@)?[\^~]?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    .map(([name, range]) => `${name}: ${range}`);
}
