import type { Stage } from '../stage/stage.ts';
import type { Strike } from '../strike.ts';
import { clockJump, diskFull, join, kill, leave, link, outage, pause } from './blows.ts';
import { failpoint } from './failpoints.ts';
import { lateCommit, poison, replayTopic } from './messages.ts';
import type { Evidence, StrikeOutcome } from './outcome.ts';

/**
 * Strikes, and resolves when the strike is over; what it broke may still be broken then.
 *
 * @throws {Error} when it missed: the moment it waits for did not come.
 */
export async function executeStrike(stage: Stage, strike: Strike, evidence: Evidence): Promise<StrikeOutcome> {
  switch (strike.kind) {
    case 'kill':
      return kill(stage, strike, evidence);
    case 'outage':
      return outage(stage, strike, evidence);
    case 'pause':
      return pause(stage, strike, evidence);
    case 'failpoint':
      return failpoint(stage, strike, evidence);
    case 'link':
      return link(stage, strike, evidence);
    case 'join':
      return join(stage, strike, evidence);
    case 'leave':
      return leave(stage, strike, evidence);
    case 'late-commit':
      return lateCommit(stage, strike, evidence);
    case 'disk-full':
      return diskFull(stage, strike, evidence);
    case 'clock-jump':
      return clockJump(stage, strike, evidence);
    case 'poison':
      return poison(stage, strike, evidence);
    case 'replay-topic':
      return replayTopic(stage, strike, evidence);
    default:
      return strike satisfies never;
  }
}
