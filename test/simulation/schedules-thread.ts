import { parentPort, workerData } from 'node:worker_threads';
import { runSchedules, type Schedules } from './run-schedules.ts';

const report = await runSchedules(workerData as Schedules);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of threads has no origin
parentPort?.postMessage(report);
