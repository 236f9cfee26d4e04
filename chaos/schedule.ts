import { Random } from '../test/simulation/random.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Strike } from './strike.ts';

export interface ScheduledStrike {
  /** It begins when so many orders of the scenario have been accepted and the strike before is recovered from. */
  readonly atOrders: number;
  readonly strike: Strike;
}

/** What one run of a scenario does. */
export interface Schedule {
  /** Accepted orders after which it may end. */
  readonly orders: number;
  readonly strikes: readonly ScheduledStrike[];
}

export interface ScheduleWish {
  readonly scenario: Scenario;
  readonly seed: number;
  /** As a part of a full run. */
  readonly size: { readonly orders: number; readonly strikes: number };
}

/** The last part of the orders is for after the last strike. */
const STRUCK_PART = 0.9;

/**
 * Decides what is struck, and after how many orders. The same scenario, seed and size give the same schedule; other
 * scenarios of the run have no part in it, so that each can be repeated alone.
 */
export function planSchedule({ scenario, seed, size }: ScheduleWish): Schedule {
  const random = new Random(seedOf(scenario.name, seed));
  const orders = Math.max(1, Math.round(scenario.full.orders * size.orders));
  const count = Math.max(1, Math.round(scenario.full.strikes * size.strikes));
  const strikes = scenario.plan(random, count);
  const stride = (orders * STRUCK_PART) / strikes.length;
  return {
    orders,
    strikes: strikes.map((strike, index) => ({
      strike,
      atOrders: Math.ceil(stride * (index + random.next())),
    })),
  };
}

/** FNV-1a over the name, so that scenarios draw differently from one seed. */
function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
