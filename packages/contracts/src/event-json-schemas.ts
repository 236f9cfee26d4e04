import { z } from 'zod';
import type { JsonSchema } from './breaking-changes.ts';
import { EVENT_SCHEMAS, EVENT_TYPES, EVENT_VERSION, type EventType } from './events.ts';

/** The JSON Schema (draft 2020-12) of one event type, for consumers in other languages. It lets unknown fields pass. */
export function eventJsonSchema(type: EventType): JsonSchema {
  // `input` is what a reader takes; `output` would forbid the fields that this version does not know.
  const schema = z.toJSONSchema(EVENT_SCHEMAS[type], { target: 'draft-2020-12', io: 'input' });
  const head = { $schema: schema.$schema, $id: `urn:orderflow:event:${type}:v${EVENT_VERSION}`, title: type };
  return { ...head, ...schema } as JsonSchema;
}

/** Where `npm run schemas` writes. */
export const SCHEMAS_DIRECTORY = new URL('../schemas/', import.meta.url);

/** File names within `SCHEMAS_DIRECTORY`, and what belongs into them. */
export function eventSchemaFiles(): ReadonlyMap<string, JsonSchema> {
  return new Map(EVENT_TYPES.map((type) => [`${type}.v${EVENT_VERSION}.json`, eventJsonSchema(type)]));
}
