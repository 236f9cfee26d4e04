import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHARTS_FOLDER, chartNames, readValuesSchema, schemaText } from './charts.ts';

// Writes values.schema.json of every chart: node charts/schema/write-schemas.ts
for (const chart of chartNames()) {
  writeFileSync(join(CHARTS_FOLDER, chart, 'values.schema.json'), schemaText(readValuesSchema(chart)));
}
