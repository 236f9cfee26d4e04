import { z } from 'zod';

/** A change of the replicas, in words. */
export const replicaChangeSchema = z.object({ at: z.iso.datetime(), text: z.string() });

/** What was decided last about the replicas. */
export const scalingDecisionSchema = z.object({
  at: z.iso.datetime(),
  direction: z.enum(['up', 'down', 'hold']),
  replicas: z.int(),
  /** In words: one sentence a line, the terms of the formula after the first. */
  text: z.string(),
});

/** What the operator's admin port answers at `/decisions`: the LagScalers that it looks after; none where it does not lead. */
export const scalerReportsSchema = z.array(
  z.object({
    namespace: z.string(),
    name: z.string(),
    /** null while nothing is, or can be, decided. */
    scaling: scalingDecisionSchema.nullable(),
    /** Those of the present leader, the newest first. */
    changes: z.array(replicaChangeSchema),
  }),
);

export type ReplicaChange = z.output<typeof replicaChangeSchema>;
export type ScalingDecision = z.output<typeof scalingDecisionSchema>;
export type ScalerReport = z.output<typeof scalerReportsSchema>[number];
