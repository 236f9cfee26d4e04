import { mkdir, writeFile } from 'node:fs/promises';
import { eventSchemaFiles, SCHEMAS_DIRECTORY } from './event-json-schemas.ts';

await mkdir(SCHEMAS_DIRECTORY, { recursive: true });
for (const [name, schema] of eventSchemaFiles()) {
  await writeFile(new URL(name, SCHEMAS_DIRECTORY), `${JSON.stringify(schema, undefined, 2)}\n`);
  process.stdout.write(`packages/contracts/schemas/${name}\n`);
}
