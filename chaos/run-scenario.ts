import { appendFile } from 'node:fs/promises';
import {
  DLQ_HEADERS,
  EVENT_PROCESSOR_GROUP,
  ORDER_EVENTS_DLQ_TOPIC,
  ORDER_EVENTS_TOPIC,
} from '@orderflow/contracts/topics';
import { isDrained, type Backlog } from '@orderflow/auditor/drain';
import type { ProgressLog } from '@orderflow/local/progress';
import type { OrdersUnderWay } from '@orderflow/local/under-load/platform-under-load';
import { until } from '@orderflow/local/until';
import type { ScenarioRun } from './result.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Schedule, ScheduledStrike } from './schedule.ts';
import { awaitRecovery } from './stage/recovery.ts';
import { Stage } from './stage/stage.ts';
import { describeStrike, secondsText } from './strike.ts';
import { executeStrike } from './strikes/execute-strike.ts';
import { Evidence } from './strikes/outcome.ts';
import { judge, type PoisonEvidence, type StandingWord, type StrikeRecord } from './verdict.ts';

const DRAIN_DEADLINE_MS = 180_000;
const LOAD_SECONDS = 21_600;
const POLL_MS = 100;

/** Some orders are paid, shipped or cancelled, and some sent twice; all have a key and are tried again. */
const MIX = { idempotent: '1', payments: '0.15', shipments: '0.08', cancellations: '0.05', retries: '0.02' };

export interface ScenarioOptions {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly ratePerSecond: number;
  /** `.local` of the repository. */
  readonly localDirectory: string;
  /** Where logs are kept when something was violated. */
  readonly logDirectory: string;
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
}

/** Runs one scenario on a platform of its own, and judges it. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioRun> {
  const { scenario, localDirectory, signal, schedule } = options;
  const startedAtMs = Date.now();
  await using stage = await Stage.open({ setting: scenario.setting, localDirectory, signal });
  const evidence = new Evidence();
  const { ratePerSecond } = options;
  const orders = await stage.world.send({ ratePerSecond, seconds: LOAD_SECONDS, url: stage.clientsUrl, mix: MIX });
  const strikes = await strikeAll({ stage, orders, evidence, options });
  await reach(orders, schedule.orders, options);
  const load = await orders.finish();
  if (evidence.receiptLines.length > 0) await appendFile(stage.world.receipts, `${evidence.receiptLines.join('\n')}\n`);
  const drainMs = await awaitDrain(stage);
  const poison = await collectPoison(stage, evidence.poisonMessages);
  const audit = await stage.world.auditOnce();
  const standing = await askStandingAuditor(stage);
  const invariants = judge({ strikes, load, audit, standing, drainMs, poison });
  if (invariants.some(({ holds }) => holds === false)) await stage.world.keepLogs(options.logDirectory);
  return {
    kind: 'run',
    name: scenario.name,
    startedAt: new Date(startedAtMs).toISOString(),
    seconds: Math.round((Date.now() - startedAtMs) / 1_000),
    strikes,
    orders: audit.accepted ?? 0,
    happened: {
      failedRequests: load.failed,
      retries: load.retries,
      redelivered: audit.redelivered,
      unacknowledged: audit.unacknowledged,
      deadLetters: audit.deadLetters,
      restarts: stage.keeper.restarts,
    },
    invariants,
  };
}

interface Battle {
  readonly stage: Stage;
  readonly orders: OrdersUnderWay;
  readonly evidence: Evidence;
  readonly options: ScenarioOptions;
}

/** One strike after the other; after one that is not recovered from, the others would say nothing. */
async function strikeAll(battle: Battle): Promise<readonly StrikeRecord[]> {
  const { orders, options } = battle;
  const records: StrikeRecord[] = [];
  for (const scheduled of options.schedule.strikes) {
    await reach(orders, scheduled.atOrders, options);
    const record = await strikeOnce(battle, scheduled);
    records.push(record);
    report(record, battle, records.length);
    if (record.missed === undefined && record.recoveryMs === undefined) break;
  }
  return records;
}

async function strikeOnce({ stage, orders, evidence }: Battle, { strike }: ScheduledStrike): Promise<StrikeRecord> {
  const atOrders = orders.accepted();
  const { databases, keeper, signal } = stage;
  const ports = { ...databases, signal, isComplete: () => keeper.isComplete };
  try {
    const { endedAtMs, kills } = await executeStrike(stage, strike, evidence);
    return { strike, atOrders, kills, recoveryMs: await awaitRecovery(ports, endedAtMs) };
  } catch (error: unknown) {
    signal.throwIfAborted();
    const missed = error instanceof Error ? error.message : String(error);
    await awaitRecovery(ports, Date.now());
    return { strike, atOrders, kills: 0, missed };
  }
}

function report({ strike, recoveryMs, missed }: StrikeRecord, { orders, options }: Battle, number: number): void {
  const place = `${options.scenario.name} ${number}/${options.schedule.strikes.length}`;
  const end = missed ?? (recoveryMs === undefined ? 'NOT RECOVERED' : `recovered after ${secondsText(recoveryMs)}`);
  options.log.step(`  ${place}, ${orders.accepted()} orders: ${describeStrike(strike)}: ${end}`);
}

/** Waits until so many orders have been accepted. */
async function reach(orders: OrdersUnderWay, count: number, { signal, log, scenario }: ScenarioOptions): Promise<void> {
  const ask = (): boolean => {
    log.update(`  ${scenario.name}: ${orders.accepted()} orders, on to ${count}`);
    return signal.aborted || orders.accepted() >= count;
  };
  await until(ask, { what: `${count} orders`, timeoutMs: LOAD_SECONDS * 1_000, intervalMs: POLL_MS });
  signal.throwIfAborted();
}

/** @returns how long it took, or undefined when something was left. */
async function awaitDrain(stage: Stage): Promise<number | undefined> {
  const startedAtMs = Date.now();
  const isEmpty = async (): Promise<boolean> => stage.signal.aborted || isDrained(await readBacklog(stage));
  try {
    await until(isEmpty, { what: 'outbox 0 and lag 0', timeoutMs: DRAIN_DEADLINE_MS, intervalMs: POLL_MS });
  } catch {
    return undefined; // the verdict says what was left
  }
  stage.signal.throwIfAborted();
  return Date.now() - startedAtMs;
}

async function readBacklog({ databases, kafka }: Stage): Promise<Backlog> {
  const { rows } = await databases.orders.query<{ unsent: number }>('SELECT count(*)::int AS unsent FROM event_outbox');
  const partitions = await kafka.admin.groupLag(EVENT_PROCESSOR_GROUP, ORDER_EVENTS_TOPIC);
  const lagMessages = partitions.reduce((sum, partition) => sum + Number(partition.lagMessages), 0);
  return { outboxUnsent: rows[0]?.unsent ?? 0, lagMessages };
}

/** Reads the dead letter topic until it holds what was sent, or nothing more comes. */
async function collectPoison(stage: Stage, sent: number): Promise<PoisonEvidence | undefined> {
  if (sent === 0) return undefined;
  const places = new Set<string>();
  const collect = async (): Promise<boolean> => {
    await stage.kafka.admin.readTopicToEnd({
      topic: ORDER_EVENTS_DLQ_TOPIC,
      onMessage: ({ headers }) => {
        const { [DLQ_HEADERS.sourcePartition]: partition, [DLQ_HEADERS.sourceOffset]: offset } = headers;
        if (partition !== undefined && offset !== undefined && (headers[DLQ_HEADERS.error] ?? '') !== '') {
          places.add(`${partition}/${offset}`);
        }
      },
    });
    return places.size >= sent;
  };
  // Whatever is missing after that is missing: the verdict names the numbers.
  await until(collect, { what: 'all poison in the dead letter topic', timeoutMs: 60_000, intervalMs: 500 }).catch(
    () => undefined,
  );
  return { sent, inDeadLetterTopic: places.size };
}

async function askStandingAuditor(stage: Stage): Promise<StandingWord> {
  try {
    const { standing, alarms } = await stage.world.askStandingAuditor();
    return { verdict: standing.verdict, alarms };
  } catch (error: unknown) {
    return { verdict: error instanceof Error ? error.message : String(error), alarms: 0 };
  }
}
