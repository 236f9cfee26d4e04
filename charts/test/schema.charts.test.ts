import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHARTS_FOLDER, chartNames, readValuesSchema, schemaText } from '../schema/charts.ts';
import type { ValuesSchema } from '../schema/values-schema.ts';
import { buildDependencies, renderText } from './helm.ts';

beforeAll(buildDependencies);

function read(chart: string, file: string): string {
  return readFileSync(join(CHARTS_FOLDER, chart, file), 'utf8');
}

/** Paths of values that the schema does not describe. */
function gaps(value: unknown, schema: ValuesSchema | undefined, path: string): readonly string[] {
  if (schema === undefined) return [path];
  const own = path === '' || (schema.description ?? '') !== '' ? [] : [path];
  if (schema.properties === undefined || typeof value !== 'object' || value === null) return own;
  const open = schema.additionalProperties === false ? [] : [`${path} is open`];
  const { properties } = schema;
  const inner = Object.entries(value).flatMap(([key, child]) => gaps(child, properties[key], `${path}.${key}`));
  return [...own, ...open, ...inner];
}

describe.each(chartNames())('the values of %s', (chart) => {
  test('are the source of its schema (if not: node charts/schema/write-schemas.ts)', () => {
    expect(read(chart, 'values.schema.json')).toBe(schemaText(readValuesSchema(chart)));
  });

  test('are all described in the schema', () => {
    const schema = JSON.parse(read(chart, 'values.schema.json')) as ValuesSchema;
    expect(gaps(parse(read(chart, 'values.yaml')), schema, '')).toEqual([]);
  });

  test('admit no key that nobody reads', () => {
    expect(renderText(chart, { set: ['replcias=3'] }).error).toContain("additional properties 'replcias' not allowed");
  });
});

test.each([
  ['api-gateway', 'replicas=many', "at '/replicas': got string, want integer"],
  ['api-gateway', 'service.type=ExternalName', "at '/service/type': value must be one of"],
  ['api-gateway', 'rateLimit.perSecond=-1', "at '/rateLimit/perSecond': minimum: got -1, want 0"],
  ['api-gateway', 'image.digest=latest', "at '/image/digest': 'latest' does not match pattern"],
  ['api-gateway', 'config.lower=1', "at '/config': additional properties 'lower' not allowed"],
  ['order-service', 'publisher.mode=both', "at '/publisher/mode': value must be one of 'embedded', 'separate'"],
  ['order-service', 'kafka.bootstrapServers=orders-kafka-bootstrap', "at '/kafka/bootstrapServers'"],
  ['order-service', 'database.tls.mode=prefer', "at '/database/tls/mode': value must be one of"],
  ['order-service', 'kafka.sasl.username=', 'kafka.sasl.username is needed while kafka.sasl.enabled is true'],
  ['event-processor', 'replicas=-1', "at '/replicas': minimum: got -1, want 0"],
  ['load-generator', 'load.duration=5', "at '/load/duration'"],
  ['load-generator', 'load.payments=2', "at '/load/payments': maximum: got 2, want 1"],
  ['load-generator', 'load.payments=1.5', "at '/load/payments': '1.5' does not match pattern"],
  ['data', 'kafka.replicationFactor=3', 'kafka.replicationFactor must not be more than kafka.brokers'],
  ['data', 'ordersDb.synchronousStandbys=1', 'orders-db: synchronousStandbys must be less than instances'],
  ['platform', 'api-gateway.replica=3', "api-gateway:\n- at '': additional properties 'replica' not allowed"],
  ['platform', 'global.kafka.tsl.enabled=true', "at '/global/kafka': additional properties 'tsl' not allowed"],
  ['platform', 'scaling.minReplicas=20', 'scaling.minReplicas must not be more than scaling.maxReplicas'],
])('%s refuses %s with a clear message', (chart, assignment, message) => {
  expect(renderText(chart, { set: [assignment] }).error).toContain(message);
});

test('fractions may be given by --set, which makes texts of them', () => {
  const { text, error } = renderText('load-generator', { set: ['load.payments=0.25', 'load.rate=0.5'] });
  expect(error).toBe('');
  expect(text).toMatch(/LOADGEN_PAYMENTS\n\s+value: "0.25"/);
});
