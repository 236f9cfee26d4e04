import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { runCommand } from '@orderflow/local/command';
import { runMain } from '../run-main.ts';
import { readImagesConfig } from './config.ts';
import { buildImage, inspectImage, requireDocker } from './docker.ts';
import { imageReference, IMAGES } from './images.ts';
import { faultsOf, renderTable, type SeenImage } from './judge.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');

await runMain('images', main);

/** Builds every image, looks at each, and returns 1 when one may not be shipped. */
async function main(): Promise<number> {
  process.chdir(REPOSITORY);
  const config = readImagesConfig(process.env);
  const labels = await readLabels();
  await requireDocker(config.docker);
  const seen: SeenImage[] = [];
  for (const source of IMAGES) {
    process.stderr.write(`images: building ${imageReference(source, config.tag)}\n`);
    await buildImage(source, config, labels);
    seen.push(await inspectImage(source, config));
  }
  process.stdout.write(`\n${renderTable(seen)}\n`);
  const faults = seen.flatMap(faultsOf);
  for (const fault of faults) process.stderr.write(`images: ${fault}\n`);
  return Number(faults.length > 0);
}

async function readLabels(): Promise<Readonly<Record<string, string>>> {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  // Without git, as in an unpacked archive, an image has no revision.
  const revision = await runCommand(['git', 'rev-parse', 'HEAD']).catch(() => 'unknown');
  return { VERSION: manifest.version, REVISION: revision.trim() };
}
