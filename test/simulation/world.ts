import { EVENT_HEADERS, ORDER_EVENTS_DLQ_TOPIC, ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { judge, type Violation } from './invariants.ts';
import { GENUINE, type Mutant, type Mutation } from './mutants.ts';
import { CALM, Network } from './network.ts';
import { startProcessor, startPublisher, type Program } from './programs.ts';
import { Random } from './random.ts';
import { CALM_AFTER_MS, drawScenario, type Incident, type Role, type Scenario } from './scenario.ts';
import { Scheduler, type SimulatedProcess } from './scheduler.ts';
import { Shop } from './shop.ts';
import { SimulatedAnalyticsDatabase } from './simulated-analytics-database.ts';
import { SimulatedGroup } from './simulated-group.ts';
import { SimulatedOrdersDatabase } from './simulated-orders-database.ts';
import { SimulatedBrokers, SimulatedTopic } from './simulated-topic.ts';
import { installVirtualTime } from './virtual-time.ts';

/** How long after the faults everything must be drained, with nobody helping. */
const DRAIN_DEADLINE_MS = 60_000;
/** How long a process may take to stop before it is killed. */
const STOP_DEADLINE_MS = 2_000;

/** A place where a process is kept running, as a Deployment does. */
interface Slot {
  readonly role: Role;
  readonly replica: number;
  starts: number;
  process: SimulatedProcess | undefined;
  program: Program | undefined;
}

/** What a world went through: proof that its schedule was no easy one. */
export interface Hardships {
  /** Messages that stand in the topic a second time. */
  readonly duplicates: number;
  readonly rebalances: number;
  readonly processesLost: number;
  /** Events that Kafka refused to the last attempt. */
  readonly buried: number;
  readonly deadLetters: number;
  readonly lateRequests: number;
}

/** What came of a world. */
export interface WorldReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly fingerprint: number;
  readonly steps: number;
  readonly hardships: Hardships;
  /** What happened, when it was asked for. */
  readonly trace: readonly string[];
}

export interface WorldOptions {
  readonly mutant?: Pick<Mutant, 'mutate'>;
  readonly isTraced?: boolean;
}

/** One schedule of the order path: everything in it follows from the seed. */
export class World {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly network: Network;
  readonly orders: SimulatedOrdersDatabase;
  readonly analytics: SimulatedAnalyticsDatabase;
  readonly brokers = new SimulatedBrokers();
  readonly topic: SimulatedTopic;
  readonly deadLetterTopic: SimulatedTopic;
  readonly group: SimulatedGroup;
  readonly shop: Shop;
  /** What was seen to be wrong on the way. */
  readonly sightings: Violation[] = [];
  readonly #seed: number;
  readonly #random: Random;
  readonly #mutation: Mutation;
  readonly #slots: readonly Slot[];
  readonly #trace: string[] | undefined;

  constructor(seed: number, { mutant = GENUINE, isTraced = false }: WorldOptions = {}) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#trace = isTraced ? [] : undefined;
    const { scheduler } = this;
    this.scenario = drawScenario(this.#random);
    const { partitions, replicas } = this.scenario;
    this.network = new Network(scheduler, this.#random);
    this.orders = new SimulatedOrdersDatabase(scheduler, this.#random);
    this.analytics = new SimulatedAnalyticsDatabase(scheduler);
    this.topic = new SimulatedTopic(this.brokers, scheduler, {
      name: ORDER_EVENTS_TOPIC,
      partitions,
      accepts: ({ headers }, together) => this.shop.accepts(headers?.[EVENT_HEADERS.eventId], together === 1),
    });
    this.deadLetterTopic = new SimulatedTopic(this.brokers, scheduler, {
      name: ORDER_EVENTS_DLQ_TOPIC,
      partitions: 1,
      accepts: () => true,
    });
    this.group = new SimulatedGroup(scheduler, partitions);
    this.group.onCommit = ({ partition, nextOffset }) => this.#checkCommit(partition, nextOffset);
    this.group.onEvent = (event) => this.note(`group: ${event}`);
    this.shop = new Shop(this, { name: 'shop', isAlive: true, pausedUntilMs: 0 }, this.#random);
    this.#mutation = mutant.mutate(this);
    this.#slots = (['publisher', 'processor'] as const).flatMap((role) =>
      Array.from({ length: replicas[role] }, (_, replica) => ({
        role,
        replica,
        starts: 0,
        process: undefined,
        program: undefined,
      })),
    );
  }

  /** Lives through the schedule and judges what is left. */
  async run(): Promise<WorldReport> {
    using _time = installVirtualTime(this.scheduler, this.#random);
    this.#prepare();
    await this.scheduler.runUntil(() => this.scheduler.nowMs >= CALM_AFTER_MS, CALM_AFTER_MS);
    const isDrained = await this.scheduler.runUntil(() => this.#isDrained(), CALM_AFTER_MS + DRAIN_DEADLINE_MS);
    return {
      seed: this.#seed,
      violations: [...this.sightings, ...judge(this, { isDrained })],
      fingerprint: this.scheduler.fingerprint,
      steps: this.scheduler.steps,
      hardships: this.#countHardships(),
      trace: this.#trace ?? [],
    };
  }

  note(text: string): void {
    this.#trace?.push(`${this.scheduler.nowMs.toFixed(1).padStart(9)} ms  ${text}`);
  }

  /** A process ends by itself because of an error, and is started again by whoever runs it. */
  die(process: SimulatedProcess, error: unknown): void {
    this.note(`${process.name} dies: ${String(error)}`);
    const slot = this.#slots.find((each) => each.process === process);
    if (slot !== undefined) this.#end(slot, 100);
  }

  #prepare(): void {
    const { scheduler, scenario } = this;
    this.note(JSON.stringify(scenario));
    this.network.weather = scenario.weather;
    this.orders.habits = scenario.habits;
    for (const slot of this.#slots) this.#launch(slot, this.#random.between(0, 100));
    this.shop.expect(scenario.stories);
    for (const atMs of scenario.poisonAtMs) scheduler.after(atMs, () => this.#poison());
    for (const incident of scenario.incidents) scheduler.after(incident.atMs, () => this.#befall(incident));
    scheduler.after(CALM_AFTER_MS, () => {
      this.network.weather = CALM;
      this.orders.habits = { lateCommits: 0, aborts: 0 };
    });
  }

  #countHardships(): Hardships {
    const eventIds = this.topic.messages.flatMap(({ headers }) => headers[EVENT_HEADERS.eventId] ?? []);
    return {
      duplicates: eventIds.length - new Set(eventIds).size,
      rebalances: this.group.generation - 1,
      processesLost: this.#slots.reduce((sum, { starts }) => sum + starts - 1, 0),
      buried: this.orders.dead.size,
      deadLetters: this.analytics.deadLetters.size,
      lateRequests: this.network.lateRequestsSoFar,
    };
  }

  #isDrained(): boolean {
    if (this.orders.outbox.size > 0 || this.orders.parkedOrders > 0 || !this.shop.isClosed) return false;
    if (this.network.lateRequests > 0) return false;
    if ([...this.analytics.deadLetters.values()].some(({ isForwarded }) => !isForwarded)) return false;
    return this.topic.partitions.every((_, partition) => {
      const end = this.topic.end(partition);
      return end === 0n || this.group.committed.get(partition) === end;
    });
  }

  #launch(slot: Slot, delayMs: number): void {
    slot.starts += 1;
    const name = `${slot.role}-${slot.replica}.${slot.starts}`;
    const process: SimulatedProcess = { name, isAlive: true, pausedUntilMs: 0 };
    slot.process = process;
    slot.program = undefined;
    const start = slot.role === 'publisher' ? startPublisher : startProcessor;
    const begin = (): void => {
      this.note(`${name} starts`);
      slot.program = start(this, process, this.#mutation);
    };
    this.scheduler.after(delayMs, begin, process);
  }

  /** The process is gone, whatever it was doing; another takes its place. */
  #end(slot: Slot, awayMs: number): void {
    const { process } = slot;
    if (process === undefined || !process.isAlive) return;
    process.isAlive = false;
    this.group.noticeSilence(process);
    this.analytics.noticeCrash(process);
    this.#launch(slot, awayMs);
  }

  #befall(incident: Incident): void {
    this.note(`incident ${JSON.stringify(incident)}`);
    if (incident.kind === 'outage') {
      const server = { orders: this.orders, analytics: this.analytics, kafka: this.brokers }[incident.server];
      server.downUntilMs = this.scheduler.nowMs + incident.outageMs;
      if (incident.server === 'analytics') this.analytics.restart();
      return;
    }
    const slot = this.#slots.find(({ role, replica }) => role === incident.role && replica === incident.replica);
    const process = slot?.process;
    if (slot === undefined || process === undefined) return;
    switch (incident.kind) {
      case 'crash':
        return this.#end(slot, incident.awayMs);
      case 'restart':
        return this.#stop(slot, process, incident.awayMs);
      case 'pause':
        process.pausedUntilMs = this.scheduler.nowMs + incident.pauseMs;
        return this.group.noticeSilence(process);
      default:
        incident satisfies never;
    }
  }

  #stop(slot: Slot, process: SimulatedProcess, awayMs: number): void {
    const { program } = slot;
    if (program === undefined) return;
    const end = (): void => {
      if (slot.process === process) this.#end(slot, awayMs);
    };
    this.scheduler.after(0, () => void program.stop().then(end), process);
    this.scheduler.afterAsWorld(STOP_DEADLINE_MS, end);
  }

  /** Something that is no event, under a key of its own. */
  #poison(): void {
    const partition = this.#random.between(0, this.topic.partitions.length - 1);
    const value = this.#random.pick(['rubbish', '{}', '{"eventType":"ORDER_CREATED"}', null]);
    this.topic.append(partition, [{ key: 'nobody', value }]);
  }

  #checkCommit(partition: number, nextOffset: bigint): void {
    const stored = this.analytics.offsets.get(partition) ?? 0n;
    if (stored >= nextOffset) return;
    this.sightings.push({
      invariant: 'I4',
      detail: `offset ${nextOffset} of partition ${partition} was committed when the database had ${stored}`,
    });
  }
}

/** Runs one schedule. */
export function runWorld(seed: number, options: WorldOptions = {}): Promise<WorldReport> {
  return new World(seed, options).run();
}
