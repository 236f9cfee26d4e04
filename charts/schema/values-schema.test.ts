import { describe, expect, test } from '@jest/globals';
import { valuesSchemaOf, ValuesSchemaError } from './values-schema.ts';

const CHART = { name: 'shop', libraries: [] };

function propertyOf(valuesYaml: string, key: string): unknown {
  return valuesSchemaOf(valuesYaml, CHART).properties?.[key];
}

describe('a schema of values', () => {
  test('takes types and defaults from the values, and descriptions from the comments', () => {
    expect(
      valuesSchemaOf('# About the file.\n\n# How many.\nreplicas: 2\n# Its name,\n# in full.\nname: x\n', CHART),
    ).toEqual({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Values of the chart shop',
      type: 'object',
      properties: {
        replicas: { description: 'How many.', type: 'integer', default: 2 },
        name: { description: 'Its name, in full.', type: 'string', default: 'x' },
      },
      additionalProperties: false,
    });
  });

  test('adds what @schema says', () => {
    const yaml =
      '# Word.\n# @schema {enum: [a, b]}\nword: a\n# Pods.\n# @schema {type: [integer, "null"]}\npods: null\n';
    expect(propertyOf(yaml, 'word')).toEqual({ description: 'Word.', type: 'string', default: 'a', enum: ['a', 'b'] });
    expect(propertyOf(yaml, 'pods')).toEqual({ description: 'Pods.', type: ['integer', 'null'], default: null });
  });

  test('goes into maps, and admits there no other key', () => {
    expect(propertyOf('# Outer.\nouter:\n  # Inner.\n  inner: true\n', 'outer')).toEqual({
      description: 'Outer.',
      type: 'object',
      properties: { inner: { description: 'Inner.', type: 'boolean', default: true } },
      additionalProperties: false,
    });
  });

  test('does not go into a map that @schema opens', () => {
    const yaml = '# Any.\n# @schema {type: object, additionalProperties: true}\nopen:\n  cpu: 1\n';
    expect(propertyOf(yaml, 'open')).toEqual({
      description: 'Any.',
      type: 'object',
      default: { cpu: 1 },
      additionalProperties: true,
    });
  });

  test('admits the key that Helm makes for a library chart', () => {
    expect(valuesSchemaOf('# A.\na: 1\n', { name: 'shop', libraries: ['kit'] }).properties).toHaveProperty('kit');
  });

  test.each([
    ['a key without a comment', 'replicas: 2\n', 'replicas has no comment'],
    ['a nested key without a comment', '# Outer.\nouter:\n  inner: 1\n', 'outer.inner has no comment'],
    ['null without a type', '# Pods.\npods: null\n', 'pods is empty: @schema must say of what type it is'],
    ['an empty list', '# Names.\nnames: []\n', 'names is empty: @schema must say what it may hold'],
    ['an empty map', '# Labels.\nlabels: {}\n', 'labels is empty: @schema must say what it may hold'],
    ['no map at all', '[]\n', 'shop: values.yaml is not a map'],
  ])('refuses %s', (_what, yaml, message) => {
    expect(() => valuesSchemaOf(yaml, CHART)).toThrow(new ValuesSchemaError(message));
  });
});
