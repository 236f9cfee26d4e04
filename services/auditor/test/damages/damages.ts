import type { Damage } from './damage.ts';
import { effectDamages } from './effect-damages.ts';
import { eventDamages } from './event-damages.ts';
import { figureDamages } from './figure-damages.ts';
import { orderDamages } from './order-damages.ts';

/** Every way in which a platform can fail its promise, as far as we know them. */
export const DAMAGES: readonly Damage[] = [...orderDamages, ...eventDamages, ...effectDamages, ...figureDamages];
