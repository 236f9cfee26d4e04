import { z } from 'zod';

/** What of injected faults may be shown. */
export const faultReportSchema = z.object({
  /** Whether one would be taken now if none was under way; not while the books are closed or everything stops. */
  isOpen: z.boolean(),
  offered: z.array(z.object({ kind: z.string(), title: z.string(), effect: z.string() })),
  /** The kind that is under way; there is never more than one. */
  running: z.string().nullable(),
  /** What happened, the newest first. */
  events: z.array(z.object({ at: z.iso.datetime(), text: z.string() })),
});

/** Who injects faults, and where: `POST {url}/faults/{kind}` with the token as bearer. */
export const faultDeskSchema = z.object({
  url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }),
  token: z.string().min(32),
  report: faultReportSchema,
});

export type FaultReport = z.output<typeof faultReportSchema>;
export type FaultDeskFacts = z.output<typeof faultDeskSchema>;
