import { z } from 'zod';

/** The services whose metrics are shown. */
export const JOBS = ['api-gateway', 'order-service', 'event-processor'] as const;
export type Job = (typeof JOBS)[number];

const platformSchema = z.object({
  processes: z.array(z.object({ job: z.enum(JOBS), name: z.string(), adminUrl: z.url({ protocol: /^https?$/ }) })),
  /** The last decision about the replicas, where somebody decides. */
  scaling: z
    .object({
      at: z.iso.datetime(),
      direction: z.enum(['up', 'down', 'hold']),
      replicas: z.int(),
      /** In words: one sentence a line, the terms of the formula after the first. */
      text: z.string(),
    })
    .nullable(),
  /** Changes of the replicas, the newest first. */
  changes: z.array(z.object({ at: z.iso.datetime(), text: z.string() })),
});

/** Which processes there are now, and what was decided about them. Written by whoever starts processes. */
export type PlatformFacts = z.output<typeof platformSchema>;
export type ProcessAddress = PlatformFacts['processes'][number];

/** @throws {SyntaxError | z.ZodError} when the file is not of that form. */
export function parsePlatformFile(text: string): PlatformFacts {
  return platformSchema.parse(JSON.parse(text));
}
