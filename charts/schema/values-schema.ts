import { isMap, isScalar, parse, parseDocument, type Document, type Node, type Pair, type YAMLMap } from 'yaml';

/** A JSON Schema, as far as values need one. */
export interface ValuesSchema {
  readonly [keyword: string]: unknown;
  readonly type?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValuesSchema>>;
  readonly additionalProperties?: unknown;
}

/** A key of a values file says too little to make a schema of it. */
export class ValuesSchemaError extends Error {
  override readonly name = 'ValuesSchemaError';
  readonly code = 'VALUES_SCHEMA';
}

/** What a schema depends on beside the values. */
export interface ChartFacts {
  readonly name: string;
  /** The library charts that the chart depends on. */
  readonly libraries: readonly string[];
}

const ANNOTATION = '@schema';

/** Helm hands the global values on to each dependency under its name, to libraries as well. */
const RESERVED = 'Made by Helm for the library chart; there is nothing to set.';

interface Comment {
  readonly description: string;
  /** Keywords that are added to what the default says, or replace it. */
  readonly keywords: ValuesSchema;
}

/**
 * The schema of a chart's values.yaml: types come from the defaults, descriptions from the comments above the keys, and
 * the rest from a comment line `@schema {...}` (YAML) above a key. Keys that are not there are not allowed.
 *
 * @throws {ValuesSchemaError} when a key has no comment, or an empty default and no `@schema` that says of what.
 */
export function valuesSchemaOf(valuesYaml: string, { name, libraries }: ChartFacts): ValuesSchema {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new ValuesSchemaError(`${name}: values.yaml is not a map`);
  const schema = schemaOfMap(document.contents, [], document);
  const reserved = libraries.map((library) => [library, { description: RESERVED, type: 'object', maxProperties: 1 }]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Values of the chart ${name}`,
    ...schema,
    properties: { ...schema.properties, ...(Object.fromEntries(reserved) as Record<string, ValuesSchema>) },
  };
}

function schemaOfMap(map: YAMLMap, path: readonly string[], document: Document): ValuesSchema {
  const properties: Record<string, ValuesSchema> = {};
  for (const [index, pair] of map.items.entries()) {
    const key = keyOf(pair);
    const comment = parseComment(commentAbove(pair, index === 0 ? map : undefined, document));
    properties[key] = schemaOfPair(pair, comment, { path: [...path, key], document });
  }
  return { type: 'object', properties, additionalProperties: false };
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** The comment of a map's first key is the map's own, and that of the first key of all is the document's. */
function commentAbove(pair: Pair, parent: YAMLMap | undefined, document: Document): string {
  const own = (pair.key as Node).commentBefore ?? parent?.commentBefore ?? '';
  const ofDocument = parent === document.contents ? '' : own;
  return lastParagraph(ofDocument || own);
}

function lastParagraph(comment: string): string {
  return comment.split(/\n\s*\n/).at(-1) ?? '';
}

function parseComment(comment: string): Comment {
  const lines = comment.split('\n').map((line) => line.trim());
  const annotations = lines.filter((line) => line.startsWith(ANNOTATION));
  const keywords = annotations.map((line) => parse(line.slice(ANNOTATION.length)) as ValuesSchema);
  return {
    description: lines
      .filter((line) => !line.startsWith(ANNOTATION))
      .join(' ')
      .trim(),
    keywords: Object.assign({}, ...keywords) as ValuesSchema,
  };
}

interface Place {
  readonly path: readonly string[];
  readonly document: Document;
}

function schemaOfPair({ value }: Pair, { description, keywords }: Comment, { path, document }: Place): ValuesSchema {
  const name = path.join('.');
  if (description === '') throw new ValuesSchemaError(`${name} has no comment`);
  if (isMap(value) && value.items.length > 0 && keywords.additionalProperties === undefined) {
    return { description, ...schemaOfMap(value, path, document), ...keywords };
  }
  const fallback = (value as Node | null)?.toJS(document) as unknown;
  const type = keywords.type ?? typeOf(fallback);
  if (type === undefined) throw new ValuesSchemaError(`${name} is empty: @schema must say of what type it is`);
  if (isOpen(type, keywords)) throw new ValuesSchemaError(`${name} is empty: @schema must say what it may hold`);
  return { description, type, default: fallback ?? null, ...keywords };
}

/** An empty default says nothing of what may stand there. */
function isOpen(type: unknown, keywords: ValuesSchema): boolean {
  if (type === 'object') return keywords.additionalProperties === undefined;
  return type === 'array' && keywords['items'] === undefined;
}

function typeOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return value === null ? undefined : 'object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'undefined' ? undefined : typeof value;
}
