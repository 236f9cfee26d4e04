import type { ProgressLog } from '@orderflow/local/progress';
import type { Measurement, Round } from './report.ts';

export interface Sides {
  ours(round: number): Promise<Measurement>;
  rival(round: number): Promise<Measurement>;
}

export interface RoundsPlan {
  readonly rounds: number;
  readonly unit: string;
  readonly names: { readonly ours: string; readonly rival: string };
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
}

/** Measures ours, theirs, ours, theirs ...: what else the machine does at the time then meets both sides alike. */
export async function measureRounds(plan: RoundsPlan, sides: Sides): Promise<Round[]> {
  const { names, unit, log, signal } = plan;
  const rounds: Round[] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    const ours = await sides.ours(number);
    signal.throwIfAborted();
    const rival = await sides.rival(number);
    signal.throwIfAborted();
    rounds.push({ ours, rival });
    const rates = [`${names.ours} ${text(ours)} ${unit}/s`, `${names.rival} ${text(rival)} ${unit}/s`];
    log.step(
      `round ${number} of ${plan.rounds}: ${rates.join(', ')}, ${(ours.perSecond / rival.perSecond).toFixed(2)} x`,
    );
  }
  return rounds;
}

function text({ perSecond }: Measurement): string {
  return Math.round(perSecond).toLocaleString('en-US');
}
