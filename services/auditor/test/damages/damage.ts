import type { World } from '../world.ts';

/** One way in which a platform can fail its promise. */
export interface Damage {
  readonly name: string;
  /** Damages a valid world; `pick` chooses among the things that can be damaged. */
  readonly inflict: (world: World, pick: Pick) => void;
  /** The invariants that must be broken by it; others may be too. */
  readonly breaks: readonly string[];
  /** What the report must count. */
  readonly counts?: 'lost' | 'duplicated' | 'altered' | 'pending';
}

export type Pick = <T>(candidates: readonly T[]) => T;

export const NEW_ID = '0193ab00-0000-7000-8000-ffffffffffff';

export const firstMessage = (world: World, eventId: string) =>
  world.topic.messages.find(({ change }) => change.eventId === eventId)!;

export function remove<T>(list: T[], isUnwanted: (thing: T) => boolean): void {
  list.splice(0, list.length, ...list.filter((thing) => !isUnwanted(thing)));
}

export const acknowledgedOrder = (world: World, pick: Pick) => {
  const { orderId } = pick(world.receipts.orders);
  return world.orders.orders.find((row) => row.orderId === orderId)!;
};
