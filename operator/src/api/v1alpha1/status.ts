import { z } from 'zod';
import type { Decision } from '../../scaling/decision.ts';
import { EMPTY_MEMORY, type ScalingMemory } from '../../scaling/memory.ts';
import { CONDITION_TYPES, type Condition } from './conditions.ts';

const MAX_REASON_LENGTH = 1_024;
const MAX_MESSAGE_LENGTH = 32_768;

const count = z.number().int().min(0);

const condition = z.object({
  type: z.enum(CONDITION_TYPES),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: count,
  lastTransitionTime: z.iso.datetime(),
  reason: z.string().min(1).max(MAX_REASON_LENGTH),
  message: z.string().max(MAX_MESSAGE_LENGTH),
});

/** What was learned about the consumers; the controller's own notes. */
const learned = z.object({
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
  ineffectiveUps: z.number(),
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
  conditions: z.array(condition).describe('Ready, Scaling, MetricsAvailable, SLOAchievable, ...'),
  memory: z
    .object({ version: z.literal(1), learned })
    .describe('What was learned about the consumers; the notes of the operator.'),
  lastDecision: z
    .record(z.string(), z.unknown())
    .describe('The decision with every term of the formula; npm run explain says it in words.'),
};

/** The status of a LagScaler: the source of the CRD's schema. */
export const lagScalerStatus = z.object(fields).partial().describe('What is. Written by the operator.');

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
  readonly memory?: { readonly version: 1; readonly learned: ScalingMemory['learned'] };
  readonly lastDecision?: Decision;
}

export const EMPTY_STATUS: LagScalerStatus = { observedGeneration: 0, conditions: [] };

/**
 * What this version understands of a status, which an older or a newer version may have written: fields that are not
 * as they should be are taken for missing.
 */
export function parseStatus(status: unknown): LagScalerStatus {
  if (typeof status !== 'object' || status === null) return EMPTY_STATUS;
  const understood = Object.entries(fields).flatMap(([name, field]) => {
    const parsed = field.safeParse((status as Readonly<Record<string, unknown>>)[name]);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  return { ...EMPTY_STATUS, ...Object.fromEntries(understood) };
}

/** What a leader begins with: what was learned, and nothing of what was just being watched. */
export function memoryOf(status: LagScalerStatus): ScalingMemory {
  return status.memory === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, learned: status.memory.learned };
}
