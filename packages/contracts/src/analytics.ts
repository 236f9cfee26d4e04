import { z } from 'zod';
import { amountSchema } from './order.ts';

/** Answer of `GET /analytics/sales`. Amounts are decimals; `perMinute` is oldest first, `topProducts` by units sold. */
export const salesReportSchema = z
  .object({
    totals: z.object({
      orders: z.int(),
      revenue: amountSchema,
      ordersPaid: z.int(),
      ordersShipped: z.int(),
      ordersCancelled: z.int(),
      revenuePaid: amountSchema,
      revenueCancelled: amountSchema,
      /** revenue - revenueCancelled */
      revenueNet: amountSchema,
    }),
    perMinute: z.array(z.object({ minute: z.string(), orders: z.int(), revenue: amountSchema })),
    topProducts: z.array(z.object({ productId: z.string(), units: z.int(), revenue: amountSchema })),
    updatedAt: z.string().nullable(),
  })
  .meta({ id: 'SalesReport' });
export type SalesReport = z.infer<typeof salesReportSchema>;

/** Query of `GET /analytics/sales`. */
export const salesQuerySchema = z.object({
  /** How many minutes of `perMinute` to answer, newest kept. */
  minutes: z.coerce.number().int().min(1).max(1440).default(60),
  /** How many products of `topProducts` to answer. */
  top: z.coerce.number().int().min(1).max(100).default(10),
});
export type SalesQuery = z.infer<typeof salesQuerySchema>;
