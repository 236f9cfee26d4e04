import type { PoolClient } from '@orderflow/service-kit/postgres';

/** State changes that the event processor put aside. */
export interface DeadLetters {
  has(orderId: string, sequence: number): boolean;
}

/** What lies in the dead letters of these orders, replayed ones too: until it is applied, such an event is on its way. */
export async function readDeadLetters(
  tx: PoolClient,
  { topic, orderIds }: { readonly topic: string; readonly orderIds: readonly string[] },
): Promise<DeadLetters> {
  if (orderIds.length === 0) return indexLetters([]);
  const { rows } = await tx.query<{ key: Buffer | null; value: Buffer | null }>({
    text: 'SELECT key, value FROM dead_letters WHERE topic = $1 AND key = ANY ($2::bytea[])',
    values: [topic, orderIds.map((orderId) => Buffer.from(orderId))],
  });
  return indexLetters(rows);
}

/**
 * Finds letters by what they say of themselves. A value that names no state change is found by its key: it may be any
 * event of that order, and one that was put aside must not be called lost.
 */
export function indexLetters(
  letters: readonly { readonly key: Buffer | null; readonly value: Buffer | null }[],
): DeadLetters {
  const changes = new Set<string>();
  const orders = new Set<string>();
  for (const { key, value } of letters) {
    const { orderId, sequence } = namesIn(value);
    if (typeof orderId === 'string' && typeof sequence === 'number') changes.add(`${orderId}#${sequence}`);
    else if (typeof orderId === 'string') orders.add(orderId);
    else if (key !== null) orders.add(key.toString('utf8'));
  }
  return { has: (orderId, sequence) => changes.has(`${orderId}#${sequence}`) || orders.has(orderId) };
}

function namesIn(value: Buffer | null): { readonly orderId?: unknown; readonly sequence?: unknown } {
  if (value === null) return {};
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {}; // no JSON, which is why it lies there
  }
}
