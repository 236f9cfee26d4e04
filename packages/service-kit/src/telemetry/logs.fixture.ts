/** Logs a line as services do, for logs.int.test.ts, and sends what is to be sent. */
import { createLogger } from '../logger.ts';
import { installedTracing } from './tracing.ts';

createLogger({ service: 'fixture', level: 'info' }).info({ orderId: 'order-1', password: 'hidden' }, 'order taken');
await installedTracing()?.shutdown();
