import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { lagScalerCrd } from './crd.ts';

const DIRECTORY = new URL('../../../../charts/operator/crds/', import.meta.url);
const HEADER = '# Made by `npm run schemas` of operator/src/api/v1alpha1; a test keeps the two in step.\n';

await mkdir(DIRECTORY, { recursive: true });
await writeFile(
  new URL('lagscalers.yaml', DIRECTORY),
  HEADER + stringify(lagScalerCrd(), { aliasDuplicateObjects: false, lineWidth: 120, singleQuote: true }),
);
process.stdout.write('charts/operator/crds/lagscalers.yaml\n');
