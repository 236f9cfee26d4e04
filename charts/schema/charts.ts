import { readdirSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of all charts. */
export const CHARTS_FOLDER = resolve(import.meta.dirname, '..');

/** Charts that have values, by the names of their folders. */
export function chartNames(): readonly string[] {
  return readdirSync(CHARTS_FOLDER)
    .filter((name) => existsSync(join(CHARTS_FOLDER, name, 'values.yaml')))
    .toSorted();
}
