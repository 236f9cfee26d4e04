import type { FaultReport } from '@orderflow/contracts/fault-report';
import { salesReportSchema, type SalesReport } from '@orderflow/contracts/analytics';
import { orderSummarySchema } from '@orderflow/contracts/order';
import { z } from 'zod';
import type { Flow } from './flow.ts';
import type { Part } from './part.ts';
import type { Scaling } from './surroundings.ts';

/** What of the auditor's answer is shown. */
export const verdictSchema = z.object({
  verdict: z.enum(['proved', 'broken', 'settling']),
  waitingFor: z.string().nullable(),
  provedUpTo: z.string().nullable(),
  orders: z.number(),
  lost: z.number(),
  duplicated: z.number(),
  altered: z.number(),
  revenueDriftCents: z.number(),
  invariants: z.array(z.object({ id: z.string(), title: z.string(), holds: z.boolean().nullable() })),
});

export const recentOrdersSchema = z.array(orderSummarySchema);

export const salesSchema = salesReportSchema;

/** Everything that the page shows; the body of the server-sent events. */
export interface View {
  readonly at: string;
  readonly flow: Flow;
  readonly verdict: Part<z.output<typeof verdictSchema>>;
  readonly sales: Part<SalesReport>;
  readonly orders: Part<z.output<typeof recentOrdersSchema>>;
  readonly scaling: Part<Scaling>;
  /** An address with `{orderId}` in it; left out where nobody keeps traces. */
  readonly traceUrlTemplate?: string | undefined;
  /** Left out where no faults are injected. */
  readonly faults?: FaultReport | undefined;
}
