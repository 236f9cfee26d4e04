import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { CHARTS_FOLDER } from '../schema/charts.ts';
import { buildDependencies, chartCases, renderCase, renderText, toolPath, type Resource } from './helm.ts';

beforeAll(buildDependencies);

const CASES = chartCases().map(({ chart, file }) => [chart, file ?? 'values.yaml', { chart, file }] as const);

/** `group/version Kind` -> what the CRD says of it. */
type CrdSchemas = ReadonlyMap<string, () => ValidateFunction>;

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

function readCrds(folder: string): CrdSchemas {
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const crds = texts.flatMap((text) => parseAllDocuments(text)).map((document) => document.toJS() as Resource | null);
  const specs = crds.flatMap((crd) => (crd?.kind === 'CustomResourceDefinition' ? [crd['spec'] as CrdSpec] : []));
  return new Map(
    specs.flatMap(({ group, names, versions }) =>
      versions.map(({ name, schema }) => [`${group}/${name} ${names.kind}`, lazily(schema.openAPIV3Schema)]),
    ),
  );
}

/** Compiled only when needed: the patterns of some CRDs are Go's, which JavaScript does not read. */
function lazily(schema: object): () => ValidateFunction {
  let compiled: ValidateFunction | undefined;
  return () => (compiled ??= ajv.compile(closed(schema) as object));
}

interface CrdSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }[];
}

/** Keywords whose parts are alternatives: a part that names few fields does not forbid the others. */
const ALTERNATIVES = new Set(['oneOf', 'anyOf', 'allOf', 'not']);

/** Keywords that hold data, not schemas. */
const DATA = new Set(['default', 'enum', 'required', 'example']);

/** The API server drops unknown fields without a word: here they are mistakes. CEL rules are left to it. */
function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closedKeyword(key, value)]));
  if ('x-kubernetes-int-or-string' in schema) return {};
  const isOpen = !('properties' in schema) || 'x-kubernetes-preserve-unknown-fields' in schema;
  return isOpen || 'additionalProperties' in schema ? inner : { ...inner, additionalProperties: false };
}

function closedKeyword(keyword: string, value: unknown): unknown {
  if (DATA.has(keyword) || ALTERNATIVES.has(keyword)) return value;
  // Go sets a flag for the rest of a pattern, JavaScript for a group.
  if (keyword === 'pattern') return String(value).replace(/^\^\(\?i\)(.*)\$$/, '^(?i:$1)$');
  if (keyword !== 'properties') return closed(value);
  return Object.fromEntries(Object.entries(value as object).map(([name, schema]) => [name, closed(schema)]));
}

function problemsOf(resource: Resource, schemas: CrdSchemas): readonly string[] {
  const id = `${resource.apiVersion} ${resource.kind}`;
  const validate = schemas.get(id)?.();
  if (validate === undefined) return [`${id} is not defined`];
  if (validate(resource)) return [];
  const errors = validate.errors ?? [];
  return errors.map(
    ({ instancePath, message, params }) => `${id} ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

const OWN_CRDS = readCrds(join(CHARTS_FOLDER, 'operator', 'crds'));
const crdsFolder = process.env['CRDS_DIR'] ?? '';
const FOREIGN = /^(kafka\.strimzi\.io|postgresql\.cnpg\.io|monitoring\.coreos\.com)\//;

test.each(CASES)('%s with %s: our own resources are what our CRD allows', (_chart, _file, chartCase) => {
  const own = renderCase(chartCase).filter(({ apiVersion }) => apiVersion.startsWith('scaling.orderflow.dev/'));
  expect(own.flatMap((resource) => problemsOf(resource, OWN_CRDS))).toEqual([]);
});

test('a field that the CRD does not know is a mistake', () => {
  const [scaler] = renderCase({ chart: 'platform', file: undefined }).filter(({ kind }) => kind === 'LagScaler');
  expect(problemsOf({ ...scaler!, spec: { ...scaler!['spec'], minReplica: 1 } }, OWN_CRDS)).not.toEqual([]);
});

// The CRDs of others are not part of this repository: CRDS_DIR names a folder with them.
(crdsFolder === '' ? describe.skip : describe)('against the CRDs in CRDS_DIR', () => {
  let schemas: CrdSchemas;
  beforeAll(() => {
    schemas = readCrds(crdsFolder);
  });

  test.each(CASES)('%s with %s: resources of other operators are what their CRDs allow', (_chart, _file, chartCase) => {
    const foreign = renderCase(chartCase).filter(({ apiVersion }) => FOREIGN.test(apiVersion));
    expect(foreign.flatMap((resource) => problemsOf(resource, schemas))).toEqual([]);
  });
});

/**
 * ECK's CRDs are an option of users. The CRD of a dry run is not there for the LagScaler of the same run: kubectl says so
 * in its own words, or in those of the server while it remembers a CRD that was removed minutes ago. Where helm has put it,
 * kubectl misses its own note on it. And a node port may be another's.
 */
const OF_THE_CLUSTER =
  /no matches for kind "(LagScaler|Elasticsearch|Kibana)"|could not find the requested resource \(post lagscalers\.|^ensure CRDs|provided port is already allocated|missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation/;

// `server`: the cluster of the current context says whether it would take the objects, and stores none.
(process.env['CHARTS_DRY_RUN'] === 'server' ? describe : describe.skip)('for the API server', () => {
  test.each(CASES)('%s with %s is valid', (_chart, _file, { chart, file }) => {
    const { text } = renderText(chart, { namespace: 'default', ...(file !== undefined && { files: [file] }) });
    const dryRun = spawnSync('kubectl', ['apply', '--dry-run=server', '-n', 'default', '-f', '-'], {
      input: text,
      encoding: 'utf8',
    });
    const faults = dryRun.stderr.split('\n').filter((line) => line !== '' && !OF_THE_CLUSTER.test(line));
    expect(faults).toEqual([]);
  });
});

const kubeScore = toolPath('kube-score', 'KUBE_SCORE');

/** What is done otherwise on purpose: tags are immutable here, so that images need not be pulled at each start. */
const DELIBERATE = ['--ignore-test', 'container-image-pull-policy', '--ignore-container-cpu-limit'];

(kubeScore === undefined ? describe.skip : describe)('for kube-score', () => {
  test.each(CASES)('%s with %s has no critical finding', (_chart, _file, { chart, file }) => {
    const { text } = renderText(chart, file === undefined ? {} : { files: [file] });
    // Some values turn all policies off.
    const policies = text.includes('kind: NetworkPolicy') ? [] : ['--ignore-test', 'pod-networkpolicy'];
    const arguments_ = ['score', '--output-format', 'ci', ...DELIBERATE, ...policies, '-'];
    const { stdout } = spawnSync(kubeScore ?? '', arguments_, { input: text, encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => line.startsWith('[CRITICAL]'))).toEqual([]);
  });
});
