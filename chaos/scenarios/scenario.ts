import type { Random } from '../../test/simulation/random.ts';
import type { StoreName, Strike } from '../strike.ts';

/** The platform that a scenario wants. */
export interface Setting {
  readonly processors: number;
  /** Whether proxies stand on the links. */
  readonly hasProxies?: boolean;
  /** A second process that publishes the outbox. */
  readonly hasSecondPublisher?: boolean;
  /** The server whose data lie on a small disk of their own. */
  readonly smallDisk?: StoreName;
  /** Whether the clocks of the services can be moved. */
  readonly hasMovableClocks?: boolean;
}

/** One kind of trouble. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What is to happen, in a sentence or two. */
  readonly expected: string;
  readonly setting: Setting;
  /** Its part of a full run: so many orders of all, and so many strikes. */
  readonly full: { readonly orders: number; readonly strikes: number };
  /** Decides what is done. Pure: the same random numbers give the same strikes. */
  plan(random: Random, strikes: number): readonly Strike[];
}

/** `count` strikes, each drawn by itself. */
export function repeat(count: number, draw: (index: number) => Strike): readonly Strike[] {
  return Array.from({ length: count }, (_, index) => draw(index));
}
