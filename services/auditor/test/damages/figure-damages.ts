import type { Damage } from './damage.ts';

/** Damages of the sales figures. */
export const figureDamages: readonly Damage[] = [
  ...['orders_total', 'revenue_total', 'orders_paid_total', 'revenue_paid_total', 'orders_shipped_total'].map(totalOff),
  ...['orders_cancelled_total', 'revenue_cancelled_total', 'revenue_net'].map(totalOff),
  {
    name: 'a minute has the order of another minute',
    inflict: ({ analytics }) => {
      for (const { minutes } of [analytics.tables, analytics.view]) {
        const [minute] = minutes.values();
        minute!.orders -= 1;
        minutes.set('1999-12-31T23:59Z', { orders: 1, revenueCents: 0 });
      }
    },
    breaks: ['I4'],
  },
  {
    name: 'a minute has a cent too much',
    inflict: ({ analytics }, pick) => {
      const minute = pick([...analytics.tables.minutes.keys()]);
      for (const { minutes } of [analytics.tables, analytics.view]) minutes.get(minute)!.revenueCents += 1;
    },
    breaks: ['I4', 'I6'],
  },
  {
    name: 'a product has a unit too few',
    inflict: ({ analytics }, pick) => {
      const product = pick([...analytics.tables.products.keys()]);
      for (const { products } of [analytics.tables, analytics.view]) products.get(product)!.units -= 1;
    },
    breaks: ['I4'],
  },
  {
    name: 'a product has a cent too little',
    inflict: ({ analytics }, pick) => {
      const product = pick([...analytics.tables.products.keys()]);
      for (const { products } of [analytics.tables, analytics.view]) products.get(product)!.revenueCents -= 1;
    },
    breaks: ['I4', 'I6'],
  },
  {
    name: 'the view shows another total than its table',
    inflict: ({ analytics }) => analytics.tables.totals.set('orders_total', 99_999),
    breaks: ['I6'],
  },
  {
    name: 'the view misses a product of its table',
    inflict: ({ analytics }, pick) => analytics.view.products.delete(pick([...analytics.view.products.keys()])),
    breaks: ['I4', 'I6'],
  },
];

function totalOff(name: string): Damage {
  return {
    name: `${name} is one too high`,
    inflict: ({ analytics }) => {
      const isTable = analytics.tables.totals.has(name);
      for (const { totals } of isTable ? [analytics.tables, analytics.view] : [analytics.view]) {
        totals.set(name, (totals.get(name) ?? 0) + 1);
      }
    },
    breaks: ['I4'],
  };
}

/** Every damage that the audit must see. */
