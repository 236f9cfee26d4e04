import { counted, Findings, type Judgement } from '../findings.ts';
import { positionText, type Ledger } from '../ledger.ts';
import type { Position, PublishedMessage } from '../observations.ts';

interface PlacedChange extends Position {
  readonly sequence: number;
}

/** I5: per order, sequences came into Kafka and were applied one after the other, from 1 and without a gap. */
export function checkApplicationOrder(ledger: Ledger): Judgement {
  const findings = new Findings();
  let orders = 0;
  for (const { orderId, published, applied } of ledger.records.values()) {
    orders += Math.min(1, applied.length);
    checkOrder({ orderId, changes: published.map(placeOf), verb: 'published' }, findings);
    checkOrder({ orderId, changes: applied, verb: 'applied' }, findings);
  }
  const { length: events } = ledger.observations.analytics.applied;
  return findings.judge({
    id: 'I5',
    title: 'per order, events are applied in sequence, without a gap',
    checked: events,
    explanation: `${counted(events, 'applied event')} of ${counted(orders, 'order')}`,
  });
}

function placeOf({ change, partition, offset }: PublishedMessage): PlacedChange {
  return { sequence: change.sequence, partition, offset };
}

interface OrderedChanges {
  readonly orderId: string;
  /** By sequence. */
  readonly changes: readonly PlacedChange[];
  readonly verb: 'published' | 'applied';
}

function checkOrder({ orderId, changes, verb }: OrderedChanges, findings: Findings): void {
  const wrongAt = changes.findIndex((change, index) => !follows(change, changes[index - 1]));
  const wrong = changes[wrongAt];
  if (wrong === undefined) return;
  const before = changes[wrongAt - 1];
  const describe = (): string =>
    before === undefined
      ? `order ${orderId}: event ${wrong.sequence} was ${verb} first (${positionText(wrong)})`
      : `order ${orderId}: event ${wrong.sequence} (${positionText(wrong)}) was ${verb} after event ` +
        `${before.sequence} (${positionText(before)})`;
  findings.add({ kind: 'misordered', subject: orderId, describe });
}

/** Order holds only within a partition, so all events of an order must share one. */
function follows(change: PlacedChange, before: PlacedChange | undefined): boolean {
  if (before === undefined) return change.sequence === 1;
  const isNext = change.sequence === before.sequence + 1;
  return isNext && change.partition === before.partition && change.offset > before.offset;
}
