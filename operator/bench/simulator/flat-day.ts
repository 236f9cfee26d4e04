import { simulate } from './run.ts';
import { OurScaler } from './scalers.ts';
import { noise, OBJECTIVE_SECONDS, worldOf } from './scenarios.ts';
import { OUR_POLICY } from './tournament.ts';

const DAY_SECONDS = 86_400;

/** A day of one rate, 20 % more or less: how often our decision turned round. */
export function runFlat(rate: number, seconds = DAY_SECONDS): { readonly rate: number; readonly reversals: number } {
  const arrivalRate = (second: number, seed: number): number => rate * noise(second, seed);
  const world = worldOf({ name: 'flat day', seconds, initialReplicas: 12, arrivalRate }, rate);
  const scaler = new OurScaler(OUR_POLICY);
  const { directionChanges } = simulate(scaler, { world, seconds, objectiveSeconds: OBJECTIVE_SECONDS });
  return { rate, reversals: directionChanges };
}
