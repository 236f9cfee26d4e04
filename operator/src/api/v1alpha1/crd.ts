import { z } from 'zod';
import { GROUP, KIND, PLURAL, VERSION } from './resource.ts';
import { lagScalerSpec } from './spec.ts';
import { lagScalerStatus } from './status.ts';

interface PrinterColumn {
  readonly name: string;
  readonly type: 'integer' | 'number' | 'string' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: shown with -o wide only. */
  readonly priority?: number;
}

/** What `kubectl get lagscalers` shows. */
const PRINTER_COLUMNS: readonly PrinterColumn[] = [
  { name: 'Lag', type: 'integer', jsonPath: '.status.lag', description: 'Messages that wait.' },
  {
    name: 'TimeLag',
    type: 'number',
    jsonPath: '.status.timeLagSeconds',
    description: 'Age of the oldest, in seconds.',
  },
  { name: 'Rate', type: 'number', jsonPath: '.status.arrivalRate', description: 'Messages per second that come in.' },
  { name: 'Current', type: 'integer', jsonPath: '.status.currentReplicas' },
  { name: 'Desired', type: 'integer', jsonPath: '.status.desiredReplicas' },
  { name: 'Reason', type: 'string', jsonPath: '.status.reason' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
  { name: 'Target', type: 'string', jsonPath: '.spec.target.name', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The CustomResourceDefinition, made of the same schemas that the controller parses with. */
export function lagScalerCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase(), shortNames: ['lsc'] },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}

function rootSchema(): object {
  return {
    type: 'object',
    description: 'Scales the consumers of a Kafka group so that any backlog is worked off within an objective.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: toStructuralSchema(lagScalerSpec),
      status: toStructuralSchema(lagScalerStatus),
    },
  };
}

/** As Kubernetes wants it: OpenAPI 3.0, nothing beside the properties, and formats without their patterns. */
function toStructuralSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      delete jsonSchema.propertyNames;
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
}
