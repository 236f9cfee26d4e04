import { counted, Findings, type Judgement } from '../findings.ts';
import type { Ledger } from '../ledger.ts';

/** I7: the same Idempotency-Key gives the same order, in all answers and in `idempotency_keys`. */
export function checkIdempotency({ observations, records }: Ledger): Judgement {
  const findings = new Findings();
  const orderIdByKey = new Map<string, string>();
  for (const { orderId, idempotencyKey } of observations.receipts?.orders ?? []) {
    if (idempotencyKey === undefined) continue;
    const first = orderIdByKey.get(idempotencyKey) ?? orderId;
    orderIdByKey.set(idempotencyKey, first);
    if (first === orderId) continue;
    const describe = (): string => `key ${idempotencyKey} was answered with order ${first} and with order ${orderId}`;
    findings.add({ kind: 'duplicated', subject: orderId, describe });
  }
  // Old keys are removed by age, so a key of the receipts may be missing in the table.
  for (const [key, orderId] of observations.orders.idempotencyKeys) {
    const told = orderIdByKey.get(key);
    if (told !== undefined && told !== orderId) {
      const describe = (): string => `key ${key} was answered with order ${told} and belongs to order ${orderId}`;
      findings.add({ kind: 'duplicated', subject: orderId, describe });
    } else if (records.get(orderId)?.row === undefined) {
      const describe = (): string => `key ${key} belongs to order ${orderId}, which is not in orders`;
      findings.add({ kind: 'lost', subject: orderId, describe });
    }
  }
  const keys = new Set([...orderIdByKey.keys(), ...observations.orders.idempotencyKeys.keys()]).size;
  return findings.judge({
    id: 'I7',
    title: 'the same Idempotency-Key gives the same order',
    checked: keys,
    explanation: counted(keys, 'key'),
  });
}
