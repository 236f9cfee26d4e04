import { countText, happenedText, recoveryText, totalsText } from './report-text.ts';
import { recoveriesOf, totalsOf, type ChaosReport, type ScenarioResult, type ScenarioRun } from './result.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { describeStrike, secondsText } from './strike.ts';
import type { StrikeRecord } from './verdict.ts';

const INTRODUCTION = `# Faults

<!-- Made by \`npm run faults-page\` from the report of a full run of \`npm run chaos -- all\`. -->

What was done to a platform under load, and what came of it. Each scenario has a platform of its own: real PostgreSQL, real
Kafka, the services as processes that are started again when they end, a load generator that keeps what clients were told,
and an auditor that watches. When the load is over and everything has drained, receipts, orders, topic and analytics are
joined and I1 to I9 are judged ([README](../README.md#what-is-promised)); nobody mends anything.

- **Recovery** is the time from the end of a fault (of a kill: from the kill) until all processes are ready, every
  partition has counted an order that was placed since, and nothing older waits in the outbox.
- A seed decides what is struck and after how many orders; \`npm run chaos -- <scenario> --seed N\` strikes the same again. What
  the processes are doing in that moment is not replayed; \`npm run simulate\` does that.
- A strike that **missed** waited for a moment that did not come. It counts as nothing.
`;

/**
 * `docs/faults.md`.
 *
 * @throws {Error} when the run was not a full one.
 */
export function renderFaultsPage(report: ChaosReport, scenarios: readonly Scenario[]): string {
  const results = new Map(report.scenarios.map((result) => [result.name, result]));
  const isWhole = report.isFull && scenarios.every(({ name }) => results.has(name));
  if (!isWhole) throw new Error('only a full run (`npm run chaos -- all`) becomes docs/faults.md');
  const entries = scenarios.flatMap((scenario) => {
    const result = results.get(scenario.name);
    return result === undefined ? [] : [{ scenario, result }];
  });
  return [
    INTRODUCTION,
    `## The last full run\n\n${summary(report)}\n`,
    overview(entries),
    ...entries.map(section),
  ].join('\n');
}

interface Entry {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
}

function summary({ seed, scenarios, ratePerSecond, machine }: ChaosReport): string {
  const runs = scenarios.filter((result) => result.kind === 'run');
  const days = runs.map(({ startedAt }) => startedAt.slice(0, 10)).toSorted();
  const minutes = Math.round(runs.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return [
    `**${totalsText(totalsOf(scenarios))}.**`,
    `Seed ${seed}, ${countText(ratePerSecond)} orders/s offered, ${minutes} minutes on ${machine.cpus} cores that also ran the load,`,
    `Node.js ${machine.node.slice(1)}, ${days.at(-1) ?? ''}.`,
  ].join('\n');
}

function overview(entries: readonly Entry[]): string {
  const rows = entries.map(({ scenario: { name }, result }) => {
    const link = `[${name}](#${name})`;
    if (result.kind === 'not run') return [link, '', '', '', '', 'not run'];
    const hits = result.strikes.filter(({ missed }) => missed === undefined);
    const kills = hits.reduce((sum, strike) => sum + strike.kills, 0);
    const recovery = recoveryText(recoveriesOf(result));
    return [link, countText(result.orders), String(hits.length), String(kills), recovery, verdictText(result)];
  });
  return table(['scenario', 'orders', 'strikes', 'kills', 'recovery', 'verdict'], rows);
}

function verdictText({ invariants }: ScenarioRun): string {
  const broken = invariants.filter(({ holds }) => holds === false).map(({ invariant }) => invariant);
  return broken.length === 0 ? 'holds' : `violated: ${broken.join(', ')}`;
}

function section({ scenario, result }: Entry): string {
  const head = `## ${scenario.name}\n\n${capitalized(scenario.title)}.\n\n**Expected.** ${scenario.expected}\n`;
  if (result.kind === 'not run') return `${head}\n**Not run:** ${result.reason}.\n`;
  const judged = result.invariants.map(({ invariant, holds, explanation }) => [
    invariant,
    holds === null ? 'not judged' : holds ? 'holds' : '**violated**',
    escaped(explanation),
  ]);
  return [
    head,
    `**Happened.** ${capitalized(happenedText(result))}.\n`,
    table(['strike', 'times', 'recovery'], strikeRows(result.strikes)),
    table(['invariant', 'verdict', 'judged by'], judged),
  ].join('\n');
}

/** Strikes of one kind in one row; what is drawn anew for each (a duration, a victim) tells kinds apart only for few. */
function strikeRows(strikes: readonly StrikeRecord[]): readonly (readonly string[])[] {
  const kinds = Map.groupBy(strikes, (record) => kindOf(record));
  return [...kinds].map(([kind, records]) => {
    const missed = records.filter(({ missed: reason }) => reason !== undefined).length;
    const times = missed === 0 ? String(records.length) : `${records.length}, of which ${missed} missed`;
    return [kind, times, recoveryText(recoveriesOf({ strikes: records }))];
  });
}

function kindOf({ strike }: StrikeRecord): string {
  switch (strike.kind) {
    case 'kill':
      return strike.victims.length === 1 ? describeStrike(strike) : `kill -9 of ${strike.victims.length}`;
    case 'outage':
      return `kill -9 ${strike.victim}, back after 0 to 6 s`;
    case 'pause':
    case 'disk-full':
    case 'clock-jump':
    case 'late-commit':
    case 'poison':
    case 'failpoint':
    case 'join':
    case 'leave':
    case 'replay-topic':
      return describeStrike(strike);
    case 'link':
      return 'delayMs' in strike.fault
        ? `${strike.link}: late by ${strike.fault.delayMs} ms for ${secondsText(strike.fault.forMs)}`
        : describeStrike(strike);
    default:
      return strike satisfies never;
  }
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A Markdown table with columns of one width, as Prettier writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, 3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
