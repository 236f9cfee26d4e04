/** Of a member of a group, by its slow handler. */
export const RATE_PER_REPLICA = 20;

const QUIET_PER_SECOND = 4;
const WAVE_PER_SECOND = 48;
const WAVE_SECONDS = 30;
const PHASES = 5;

/** Messages per second for a topic: one in five has a wave, by turns, which is more than one replica works off. */
export function rateAt(topic: number, second: number): number {
  const phase = Math.floor(second / WAVE_SECONDS) % PHASES;
  return topic % PHASES === phase ? WAVE_PER_SECOND : QUIET_PER_SECOND;
}
