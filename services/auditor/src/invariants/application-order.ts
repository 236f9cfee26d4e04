import { counted, Findings, type Judgement } from '../findings.ts';
import { positionText, type Ledger } from '../ledger.ts';
import type { Position } from '../observations.ts';

interface PlacedChange extends Position {
  readonly sequence: number;
}

/** I5: per order, sequences came into Kafka and were applied one after the other, from 1 and without a gap. */
export function checkApplicationOrder(ledger: Ledger): Judgement {
  const findings = new Findings();
  const publishedByOrder = new Map<string, PlacedChange[]>();
  for (const { change, partition, offset } of ledger.published.values()) {
    append(publishedByOrder, change.orderId, { sequence: change.sequence, partition, offset });
  }
  const appliedByOrder = new Map<string, PlacedChange[]>();
  for (const row of ledger.applied.values()) append(appliedByOrder, row.orderId, row);
  for (const [orderId, changes] of publishedByOrder) checkOrder({ orderId, changes, verb: 'published' }, findings);
  for (const [orderId, changes] of appliedByOrder) checkOrder({ orderId, changes, verb: 'applied' }, findings);
  return findings.judge({
    id: 'I5',
    title: 'per order, events are applied in sequence, without a gap',
    checked: ledger.applied.size,
    explanation: `${counted(ledger.applied.size, 'applied event')} of ${counted(appliedByOrder.size, 'order')}`,
  });
}

function append(byOrder: Map<string, PlacedChange[]>, orderId: string, change: PlacedChange): void {
  const known = byOrder.get(orderId);
  if (known === undefined) byOrder.set(orderId, [change]);
  else known.push(change);
}

interface OrderedChanges {
  readonly orderId: string;
  readonly changes: PlacedChange[];
  readonly verb: 'published' | 'applied';
}

function checkOrder({ orderId, changes, verb }: OrderedChanges, findings: Findings): void {
  if (changes.length > 1) changes.sort((a, b) => a.sequence - b.sequence);
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
