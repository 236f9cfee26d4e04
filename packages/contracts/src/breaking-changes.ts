import { isDeepStrictEqual } from 'node:util';

/** A JSON Schema of draft 2020-12, as far as its keywords are looked at here. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly [keyword: string]: unknown;
}

/** Something that a reader with the frozen schema may refuse. */
export interface BreakingChange {
  /** JSON pointer to the place in the message; `*` is any element. */
  readonly at: string;
  readonly reason: string;
}

/** A schema within the document that its references point into, and the references that led to it. */
interface Node {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly via: readonly string[];
}

interface Comparison {
  readonly reader: Node;
  readonly writer: Node;
  readonly at: string;
}

/**
 * What a reader that knows only `frozen` would refuse among the messages that a writer of `current` may send. A new
 * field is none, as readers skip what they do not know; a field that may now be missing, a value that could not occur
 * before and a wider type are. Where it cannot tell, it says that the change breaks. With the arguments swapped it
 * tells whether the current reader takes what older writers have left in the topic.
 *
 * @throws {Error} for a reference that leads nowhere, and for a schema that contains itself.
 */
export function findBreakingChanges(frozen: JsonSchema, current: JsonSchema): BreakingChange[] {
  const reader = { schema: frozen, root: frozen, via: [] };
  const writer = { schema: current, root: current, via: [] };
  return compare({ reader, writer, at: '' });
}

function compare({ reader: readerNode, writer: writerNode, at }: Comparison): BreakingChange[] {
  const comparison = { reader: dereference(readerNode), writer: dereference(writerNode), at };
  const sent = alternativesOf(comparison.writer);
  if (sent !== undefined) return sent.flatMap((writer) => compare({ ...comparison, writer }));
  const taken = alternativesOf(comparison.reader);
  if (taken === undefined) return compareConstraints(comparison);
  const changes = taken.map((reader) => compare({ ...comparison, reader }));
  if (changes.some(({ length }) => length === 0)) return [];
  return changes.length === 1 ? changes.flat() : [{ at, reason: 'fits none of the alternatives that readers know' }];
}

function dereference(node: Node): Node {
  const { $ref, ...rest } = node.schema;
  if ($ref === undefined) return node;
  const target = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], node.root);
  if (target === undefined) throw new Error(`the reference ${$ref} leads nowhere`);
  if (node.via.includes($ref)) throw new Error(`${$ref} contains itself, which is not supported`);
  return dereference({ ...node, schema: { ...(target as JsonSchema), ...rest }, via: [...node.via, $ref] });
}

/** The schemas of which a value has to fit one, if there is a choice. Several types are a choice as well. */
function alternativesOf(node: Node): readonly Node[] | undefined {
  const { anyOf, oneOf, type, ...rest } = node.schema;
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) {
    return branches.map((branch) => ({
      ...node,
      schema: { ...rest, ...(type === undefined ? {} : { type }), ...branch },
    }));
  }
  if (typeof type === 'string' || type === undefined) return undefined;
  return type.map((single) => ({ ...node, schema: { ...rest, type: single } }));
}

const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const ANNOTATIONS = [
  '$defs',
  '$id',
  '$schema',
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
];
const STRUCTURE = [
  'type',
  'const',
  'enum',
  'anyOf',
  'oneOf',
  'properties',
  'required',
  'additionalProperties',
  'items',
];

/** Keywords that have a check of their own, or say nothing about what is valid. */
const CHECKED_KEYWORDS = new Set([LOWER_BOUNDS, UPPER_BOUNDS, ANNOTATIONS, STRUCTURE].flat());

function compareConstraints(comparison: Comparison): BreakingChange[] {
  const changes = checkType(comparison);
  if (changes.length > 0) return changes; // of another type, nothing else is worth a word
  return CHECKS.flatMap((check) => check(comparison));
}

const CHECKS: readonly ((comparison: Comparison) => BreakingChange[])[] = [
  checkValues,
  checkBounds,
  checkOtherKeywords,
  checkRequired,
  checkProperties,
  checkItems,
];

function checkType({ reader, writer, at }: Comparison): BreakingChange[] {
  const taken = reader.schema.type;
  const sent = writer.schema.type;
  if (taken === undefined || taken === sent || (taken === 'number' && sent === 'integer')) return [];
  return [{ at, reason: `was ${describe(taken)} and is ${describe(sent)}` }];
}

function checkValues({ reader, writer, at }: Comparison): BreakingChange[] {
  const taken = valuesOf(reader.schema);
  const sent = valuesOf(writer.schema);
  if (taken === undefined) return [];
  if (sent === undefined) return [{ at, reason: `may be other than ${taken.map(describe).join(', ')}` }];
  const added = sent.filter((value) => !taken.some((known) => isDeepStrictEqual(known, value)));
  return added.map((value) => ({ at, reason: `may be ${describe(value)}, which readers do not know` }));
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  return 'const' in schema ? [schema.const] : schema.enum;
}

function checkBounds(comparison: Comparison): BreakingChange[] {
  return [
    ...checkBoundsOf(comparison, LOWER_BOUNDS, (sent, taken) => sent >= taken),
    ...checkBoundsOf(comparison, UPPER_BOUNDS, (sent, taken) => sent <= taken),
  ];
}

function checkBoundsOf(
  { reader, writer, at }: Comparison,
  keywords: readonly string[],
  isWithin: (sent: number, taken: number) => boolean,
): BreakingChange[] {
  return keywords.flatMap((keyword) => {
    const taken = reader.schema[keyword];
    const sent = writer.schema[keyword];
    if (typeof taken !== 'number' || (typeof sent === 'number' && isWithin(sent, taken))) return [];
    return [{ at, reason: `${keyword} was ${taken} and is ${describe(sent)}` }];
  });
}

/** A pattern, a format and whatever else narrows cannot be weighed, so what the reader had must have stayed. */
function checkOtherKeywords({ reader, writer, at }: Comparison): BreakingChange[] {
  return Object.entries(reader.schema).flatMap(([keyword, taken]) => {
    const sent = writer.schema[keyword];
    if (CHECKED_KEYWORDS.has(keyword) || isDeepStrictEqual(taken, sent)) return [];
    return [{ at, reason: `${keyword} was ${describe(taken)} and is ${describe(sent)}` }];
  });
}

function checkRequired({ reader, writer, at }: Comparison): BreakingChange[] {
  const sent = new Set(writer.schema.required);
  const missing = (reader.schema.required ?? []).filter((name) => !sent.has(name));
  return missing.map((name) => ({ at: `${at}/${name}`, reason: 'may be missing' }));
}

function checkProperties({ reader, writer, at }: Comparison): BreakingChange[] {
  const { properties: known = {}, additionalProperties: others = true } = reader.schema;
  const sent: Record<string, JsonSchema> = { ...writer.schema.properties };
  const rest = writer.schema.additionalProperties;
  // Of a map, whose keys are not known, the values stand for a property of any name.
  if (typeof rest === 'object') sent['*'] = rest;
  return Object.entries(sent).flatMap(([name, schema]) => {
    const there = `${at}/${name}`;
    const taken = known[name] ?? others;
    if (taken === true) return [];
    if (taken === false) return [{ at: there, reason: 'is new, and readers refuse what they do not know' }];
    return compare({ reader: { ...reader, schema: taken }, writer: { ...writer, schema }, at: there });
  });
}

function checkItems({ reader, writer, at }: Comparison): BreakingChange[] {
  const { items } = reader.schema;
  if (items === undefined) return [];
  const sent = { ...writer, schema: writer.schema.items ?? {} };
  return compare({ reader: { ...reader, schema: items }, writer: sent, at: `${at}/*` });
}

function describe(value: unknown): string {
  return value === undefined ? 'not given' : JSON.stringify(value);
}
