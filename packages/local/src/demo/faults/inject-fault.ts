import { sleep } from '@orderflow/service-kit/sleep';
import type { Platform } from '../../platform/platform.ts';
import type { ServiceProcess } from '../../platform/service-process.ts';
import { killNow, pauseFor } from '../../under-load/blows.ts';
import type { RunningLoad } from '../load.ts';
import type { FaultKind } from './fault.ts';

const DEAD_FOR_MS = 3_000;
const PAUSED_FOR_MS = 8_000;
const SLOW_FOR_MS = 15_000;
const SLOW_MS_PER_EVENT = '5';

export interface FaultGround {
  readonly platform: Pick<Platform, 'kafka' | 'orders' | 'processors'>;
  /** Sends the orders of a flood beside all others. */
  readonly startFlood: () => RunningLoad;
}

export interface FaultCall {
  /** Called before a process ends: its metrics are gone afterwards. */
  readonly beforeEnd: (service: ServiceProcess) => Promise<void>;
  readonly tell: (text: string) => void;
  /** Aborts when everything is to stop: what was stopped is woken, and nothing is started any more. */
  readonly signal: AbortSignal;
}

type Injector = (ground: FaultGround, call: FaultCall) => Promise<void>;

/** Resolves when the fault is over and what was broken works again. */
export const INJECTORS: Readonly<Record<FaultKind, Injector>> = {
  'kill-processor': killProcessor,
  'pause-broker': pauseBroker,
  flood,
  'slow-handler': slowHandler,
  'roll-orders': rollOrders,
};

/** Scaling never takes the first one away, so that nobody else stops what is being started here. */
function firstProcessor({ platform }: FaultGround): ServiceProcess {
  const [first] = platform.processors;
  if (first === undefined) throw new Error('the platform has no processor');
  return first;
}

async function killProcessor(ground: FaultGround, { beforeEnd, tell, signal }: FaultCall): Promise<void> {
  const processor = firstProcessor(ground);
  await beforeEnd(processor);
  await killNow({ exited: processor.process.exited, kill: (how) => processor.kill(how) });
  tell(`${processor.name} is dead; the others take its partitions over, if there are any`);
  await sleep(DEAD_FOR_MS, signal);
  if (signal.aborted) return;
  await processor.restart();
  tell(`${processor.name} is up again`);
}

async function pauseBroker({ platform: { kafka } }: FaultGround, { tell, signal }: FaultCall): Promise<void> {
  tell('Kafka says nothing any more; orders are accepted and wait in the outbox');
  await pauseFor({ exited: kafka.exited, kill: (how) => kafka.kill(how) }, PAUSED_FOR_MS, signal);
  tell('Kafka goes on');
}

async function flood({ startFlood }: FaultGround, { tell, signal }: FaultCall): Promise<void> {
  const load = startFlood();
  tell('1,000 orders/s come on top');
  const stop = (): void => load.stop();
  signal.addEventListener('abort', stop, { once: true });
  const exitCode = await load.exited;
  signal.removeEventListener('abort', stop);
  // 1: some were refused or failed, which a flood may bring about.
  if (exitCode !== 0 && exitCode !== 1 && !signal.aborted) throw new Error(`the load ended with ${String(exitCode)}`);
  tell('the flood is over');
}

async function slowHandler(ground: FaultGround, { beforeEnd, tell, signal }: FaultCall): Promise<void> {
  const processor = firstProcessor(ground);
  const env = processor.env;
  await beforeEnd(processor);
  await processor.restart({ ...env, PROCESSING_DELAY_MS: SLOW_MS_PER_EVENT });
  tell(`${processor.name} takes ${SLOW_MS_PER_EVENT} ms for every event`);
  await sleep(SLOW_FOR_MS, signal);
  if (signal.aborted) return;
  await beforeEnd(processor);
  await processor.restart(env);
  tell(`${processor.name} is as fast as before`);
}

async function rollOrders({ platform: { orders } }: FaultGround, { beforeEnd, tell }: FaultCall): Promise<void> {
  await beforeEnd(orders);
  tell('order-service was asked to end; the gateway waits for its successor');
  await orders.restart();
  tell('a new order-service takes orders');
}
