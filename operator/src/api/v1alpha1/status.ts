import { z } from 'zod';
import { EMPTY_MEMORY, type LearnedMemory, type ScalingMemory } from '../../scaling/memory.ts';
import { CONDITION_TYPES, type Condition } from './conditions.ts';

const MAX_REASON_LENGTH = 1_024;
const MAX_MESSAGE_LENGTH = 32_768;

const count = z.number().int().min(0);

/** An object that the CRD does not describe, so that notes of a newer version survive. */
function openObject() {
  return z.record(z.string(), z.unknown()).meta({ 'x-kubernetes-preserve-unknown-fields': true });
}

const condition = z.object({
  type: z.enum(CONDITION_TYPES),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: count,
  lastTransitionTime: z.iso.datetime(),
  reason: z.string().min(1).max(MAX_REASON_LENGTH),
  message: z.string().max(MAX_MESSAGE_LENGTH),
});

const fields = {
  observedGeneration: count.describe('The generation of the spec that the rest was made of.'),
  lag: count.describe('Messages that wait; the last that is known.'),
  timeLagSeconds: z.number().describe('Age of the oldest message that waits.'),
  arrivalRate: z.number().describe('Messages per second that are produced.'),
  currentReplicas: count.describe('spec.replicas of the target as last seen or written.'),
  desiredReplicas: count.describe('What they should be. Written before the target is scaled.'),
  initialReplicas: count.describe('What they were before the first scaling; what onDelete: Restore goes back to.'),
  reason: z.string().describe('Why, in one word.'),
  lastScaleTime: z.iso.datetime().describe('When the replicas were last changed by the operator.'),
  manualHoldUntil: z.iso.datetime().describe('Until when replicas that somebody else has set are left alone.'),
  conditions: z
    .array(condition)
    .describe('Ready, Scaling, MetricsAvailable, SLOAchievable, ...')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
  memory: openObject().describe('What was learned about the consumers; the notes of the operator.'),
  lastDecision: openObject().describe('The decision with every term of the formula; npm run explain puts it in words.'),
};

/** The status of a LagScaler: the source of the CRD's schema. */
export const lagScalerStatus = z.object(fields).partial().describe('What is. Written by the operator.');

/** Times are RFC 3339. */
export interface LagScalerStatus {
  readonly observedGeneration: number;
  readonly lag?: number;
  readonly timeLagSeconds?: number;
  readonly arrivalRate?: number;
  readonly currentReplicas?: number;
  readonly desiredReplicas?: number;
  readonly initialReplicas?: number;
  readonly reason?: string;
  readonly lastScaleTime?: string;
  readonly manualHoldUntil?: string;
  readonly conditions: readonly Condition[];
  readonly memory?: Readonly<Record<string, unknown>>;
  readonly lastDecision?: Readonly<Record<string, unknown>>;
}

export const EMPTY_STATUS: LagScalerStatus = { observedGeneration: 0, conditions: [] };

/**
 * What this version understands of a status, which an older or a newer version may have written: fields that are not
 * as they should be are taken for missing.
 */
export function parseStatus(status: unknown): LagScalerStatus {
  return { ...EMPTY_STATUS, ...understandFields(fields, status) };
}

/** The fields that are there and as they should be. */
function understandFields<Fields extends z.ZodRawShape>(
  known: Fields,
  found: unknown,
): { [Name in keyof Fields]?: z.output<Fields[Name]> } {
  if (typeof found !== 'object' || found === null) return {};
  const understood: { [Name in keyof Fields]?: z.output<Fields[Name]> } = {};
  for (const name of Object.keys(known)) {
    const parsed = z.safeParse(known[name as keyof Fields], (found as Readonly<Record<string, unknown>>)[name]);
    if (parsed.success) understood[name as keyof Fields] = parsed.data;
  }
  return understood;
}

const learnedFields = {
  messagesPerSecondPerReplica: z.number().nullable(),
  scalability: z.number(),
  rebalanceSeconds: z.array(z.number()),
  replicas: z.number().nullable(),
  change: z
    .object({
      atMs: z.number(),
      from: z.number(),
      to: z.number(),
      ratePerSecondBefore: z.number().nullable(),
      settledAtMs: z.number().nullable(),
      isJudged: z.boolean(),
    })
    .nullable(),
  floor: z.object({ replicas: z.number(), untilMs: z.number(), seconds: z.number() }).nullable(),
  ineffectiveUps: z.number(),
  commitSeconds: z.number(),
} satisfies { [Name in keyof LearnedMemory]: z.ZodType<LearnedMemory[Name]> };

/** What a leader begins with: what was learned, and nothing of what was just being watched. */
export function memoryOf({ memory }: LagScalerStatus): ScalingMemory {
  if (memory?.['version'] !== EMPTY_MEMORY.version) return EMPTY_MEMORY;
  const learned = { ...EMPTY_MEMORY.learned, ...understandFields(learnedFields, memory['learned']) };
  return { ...EMPTY_MEMORY, learned };
}

/** What of the memory belongs into the status. */
export function toStoredMemory({ version, learned }: ScalingMemory): Readonly<Record<string, unknown>> {
  return { version, learned };
}
