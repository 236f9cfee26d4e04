import { countText, moneyText, type Finding } from '../findings.ts';
import type { MinuteFigures, SalesTotals } from './effect-windows.ts';
import type { RowComparison } from './compare-rows.ts';
import type { OrderSums, Window } from './window.ts';

export interface FigureComparison {
  readonly findings: readonly (Finding & { readonly amount: number })[];
  /** What analytics shows minus what the orders come to, in cents. */
  readonly driftCents: number;
}

const NOTHING_MISSING: RowComparison['missingCreations'] = {
  pending: { orders: 0, revenueCents: 0 },
  lost: { orders: 0 },
};

/** Compares a minute as analytics counted it with its orders, but for creations that are known to be on their way. */
export function compareMinute(
  window: Window,
  { orders, figures }: { readonly orders: OrderSums; readonly figures: MinuteFigures },
  missing: RowComparison['missingCreations'] = NOTHING_MISSING,
): FigureComparison {
  const driftCents = figures.revenueCents - (orders.revenueCents - missing.pending.revenueCents);
  // A lost event is named by its id already.
  const excess = figures.orders - (orders.orders - missing.pending.orders) + missing.lost.orders;
  const minute = new Date(window.fromMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
  const subject = `orders_per_minute ${minute}Z`;
  const findings: FigureComparison['findings'][number][] = [];
  if (excess !== 0) {
    const kind = excess > 0 ? 'duplicated' : 'lost';
    const text = `${subject} is ${countText(figures.orders)}: ${countText(Math.abs(excess))} too ${excess > 0 ? 'many' : 'few'}`;
    findings.push({ kind, subject, text, amount: Math.abs(excess) });
  } else if (driftCents !== 0 && missing.lost.orders === 0) {
    const text = `revenue_per_minute ${minute}Z is ${moneyText(figures.revenueCents)}, the orders come to ${moneyText(figures.revenueCents - driftCents)}`;
    findings.push({ kind: 'miscounted', subject: `revenue_per_minute ${minute}Z`, text, amount: 1 });
  }
  return { findings, driftCents };
}

/** All parts of analytics must tell the same totals, whatever is on its way. */
export function compareTotals(totals: SalesTotals): Finding[] {
  const findings: Finding[] = [];
  for (const [name, parts] of Object.entries({ orders_total: totals.orders, revenue_total: totals.revenueCents })) {
    if (new Set(Object.values(parts)).size < 2) continue;
    const show = name === 'orders_total' ? countText : moneyText;
    const told = Object.entries(parts).map(([part, value]) => `${part} ${show(value)}`);
    findings.push({ kind: 'miscounted', subject: name, text: `${name} is told differently: ${told.join(', ')}` });
  }
  return findings;
}
