import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { valuesSchemaOf, type ValuesSchema } from './values-schema.ts';

/** The folder of all charts. */
export const CHARTS_FOLDER = resolve(import.meta.dirname, '..');

/** Charts that have values, by the names of their folders. */
export function chartNames(): readonly string[] {
  return readdirSync(CHARTS_FOLDER)
    .filter((name) => existsSync(join(CHARTS_FOLDER, name, 'values.yaml')))
    .toSorted();
}

interface ChartFile {
  readonly dependencies?: readonly { readonly name: string }[];
}

/** The schema that a chart's values.schema.json should hold. */
export function readValuesSchema(name: string): ValuesSchema {
  const read = (file: string): string => readFileSync(join(CHARTS_FOLDER, name, file), 'utf8');
  const { dependencies = [] } = parse(read('Chart.yaml')) as ChartFile;
  const withValues = chartNames();
  const libraries = dependencies.map((dependency) => dependency.name).filter((other) => !withValues.includes(other));
  return valuesSchemaOf(read('values.yaml'), { name, libraries });
}

/** As text of the file. */
export function schemaText(schema: ValuesSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
