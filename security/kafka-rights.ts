import { readFileSync } from 'node:fs';
import kafkajs, { type AclEntry } from 'kafkajs';
import { parse } from 'yaml';
import { z } from 'zod';

// Node finds no names of these in a CommonJS module.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const chartFile = (path: string): unknown =>
  parse(readFileSync(new URL(`../charts/data/${path}`, import.meta.url), 'utf8'));

const operations = z.array(z.enum(['Describe', 'DescribeConfigs', 'Read', 'Write']));
const rightSchema = z.union([
  z.strictObject({ topic: z.enum(['orderEvents', 'deadLetters', '*']), operations }),
  z.strictObject({ group: z.enum(['consumerGroup', '*']), operations }),
  z.strictObject({ cluster: z.literal(true), operations }),
]);
type Right = z.infer<typeof rightSchema>;

/** Who has rights, by their keys in the chart; `replay` are those of the event processor with the value of that name. */
export const COMPONENTS = ['orderService', 'eventProcessor', 'replay', 'operator', 'auditor', 'kafkaUi'] as const;
export type Component = (typeof COMPONENTS)[number];

const rights = z.record(z.enum(COMPONENTS), z.array(rightSchema)).parse(chartFile('files/kafka-rights.yaml'));

const values = z
  .object({
    topics: z.object({
      orderEvents: z.object({ name: z.string() }),
      deadLetters: z.object({ name: z.string() }),
    }),
    users: z.object({ consumerGroup: z.string() }),
  })
  .parse(chartFile('values.yaml'));

export const ORDER_EVENTS = values.topics.orderEvents.name;
export const DEAD_LETTERS = values.topics.deadLetters.name;
export const CONSUMER_GROUP = values.users.consumerGroup;

const OPERATIONS = {
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
} as const;

/** What charts/data grants a component, as ACLs of this user. */
export function aclsOf(component: Component, username: string): readonly AclEntry[] {
  return rights[component].flatMap((right) =>
    right.operations.map((operation) => ({
      ...resourceOf(right),
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${username}`,
      host: '*',
      operation: OPERATIONS[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

function resourceOf(right: Right): Pick<AclEntry, 'resourceType' | 'resourceName'> {
  if ('topic' in right) {
    const name = right.topic === '*' ? '*' : values.topics[right.topic].name;
    return { resourceType: AclResourceTypes.TOPIC, resourceName: name };
  }
  if ('group' in right) {
    const name = right.group === '*' ? '*' : values.users[right.group];
    return { resourceType: AclResourceTypes.GROUP, resourceName: name };
  }
  return { resourceType: AclResourceTypes.CLUSTER, resourceName: 'kafka-cluster' };
}
