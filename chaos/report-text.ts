import { recoveriesOf, totalsOf, violationsOf, type ChaosReport, type ScenarioResult, type Totals } from './result.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { describeStrike, secondsText } from './strike.ts';
import { median } from './verdict.ts';

const COUNT_FORMAT = new Intl.NumberFormat('en-US');

/** `1,234,567` */
export function countText(count: number): string {
  return COUNT_FORMAT.format(count);
}

/** `1 kill`, `2 kills`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** What a scenario expected, what happened, and the verdict, for a terminal. */
export function renderResult(scenario: Scenario, result: ScenarioResult): string {
  const head = `${scenario.name}: ${scenario.title}`;
  if (result.kind === 'not run') return `${head}\n  NOT RUN: ${result.reason}\n`;
  const invariants = result.invariants.map(({ invariant, holds }) => `${invariant} ${verdictWord(holds)}`);
  return [
    head,
    `  expected  ${scenario.expected}`,
    `  happened  ${happenedText(result)}`,
    `  recovery  ${recoveryText(recoveriesOf(result))}`,
    `  verdict   ${invariants.join(', ')}`,
    ...violationsOf(result).map(({ invariant, explanation }) => `  VIOLATED  ${invariant}: ${explanation}`),
    ...missedTexts(result).map((text) => `  missed    ${text}`),
    '',
  ].join('\n');
}

/** What happened, in one line. */
export function happenedText({ orders, strikes, happened, seconds }: Extract<ScenarioResult, { kind: 'run' }>): string {
  const hits = strikes.filter(({ missed }) => missed === undefined);
  const kills = hits.reduce((sum, strike) => sum + strike.kills, 0);
  const parts = [
    `${counted(orders, 'order')} in ${seconds} s`,
    counted(hits.length, 'strike'),
    ...(kills > 0 ? [counted(kills, 'kill')] : []),
    ...(happened.restarts > 0 ? [counted(happened.restarts, 'restart')] : []),
    `${countText(happened.retries)} requests tried again`,
    `${countText(happened.failedRequests)} given up by clients`,
    ...(happened.unacknowledged > 0 ? [`${countText(happened.unacknowledged)} stored without the client knowing`] : []),
    `${countText(happened.redelivered)} events in Kafka more than once`,
    ...(happened.deadLetters > 0 ? [counted(happened.deadLetters, 'dead letter')] : []),
  ];
  return parts.join(', ');
}

export function recoveryText(recoveriesMs: readonly number[]): string {
  const middle = median(recoveriesMs);
  if (middle === undefined) return 'none';
  return `median ${secondsText(middle)}, longest ${secondsText(Math.max(...recoveriesMs))}`;
}

/** One line for all of a run. */
export function renderTotals(report: ChaosReport): string {
  return `chaos: seed ${report.seed}, ${totalsText(totalsOf(report.scenarios))}`;
}

export function totalsText(totals: Totals): string {
  const recovery =
    totals.medianRecoveryMs === undefined || totals.longestRecoveryMs === undefined
      ? 'no recovery'
      : `recovery median ${secondsText(totals.medianRecoveryMs)}, longest ${secondsText(totals.longestRecoveryMs)}`;
  return [
    counted(totals.violations, 'violation'),
    counted(totals.orders, 'order'),
    counted(totals.strikes, 'strike'),
    counted(totals.kills, 'kill'),
    recovery,
    ...(totals.missed > 0 ? [`${counted(totals.missed, 'strike')} missed`] : []),
    ...(totals.notRun > 0 ? [`${counted(totals.notRun, 'scenario')} NOT run`] : []),
  ].join(', ');
}

function missedTexts({ strikes }: Extract<ScenarioResult, { kind: 'run' }>): readonly string[] {
  return strikes.flatMap(({ strike, missed }) =>
    missed === undefined ? [] : [`${describeStrike(strike)}: ${missed.split('\n')[0] ?? ''}`],
  );
}

function verdictWord(holds: boolean | null): string {
  if (holds === null) return 'not judged';
  return holds ? 'holds' : 'VIOLATED';
}
