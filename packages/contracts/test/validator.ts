import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { JsonSchema } from '../src/breaking-changes.ts';

/** A reader in another language: a JSON Schema validator that refuses formats and keywords that it does not know. */
export function createValidator(schema: JsonSchema): (value: unknown) => ErrorObject[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}
