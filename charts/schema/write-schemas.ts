import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHARTS_FOLDER, chartNames } from './charts.ts';
import { valuesSchemaOf } from './values-schema.ts';

// Writes values.schema.json of every chart: node charts/schema/write-schemas.ts
for (const chart of chartNames()) {
  const values = readFileSync(join(CHARTS_FOLDER, chart, 'values.yaml'), 'utf8');
  const schema = valuesSchemaOf(values, `Values of the chart ${chart}`);
  writeFileSync(join(CHARTS_FOLDER, chart, 'values.schema.json'), `${JSON.stringify(schema, undefined, 2)}\n`);
}
