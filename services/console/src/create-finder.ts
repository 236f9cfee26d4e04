import type { ConsoleConfig } from './config.ts';
import { createNameFinder } from './named-services.ts';
import { createFileFinder } from './platform-file.ts';
import { createNameResolver } from './resolve-name.ts';
import type { FindSurroundings } from './surroundings.ts';

/** By the file of whoever starts the processes, or by names. */
export function createFinder(config: ConsoleConfig): FindSurroundings {
  if (config.PLATFORM_FILE !== undefined) return createFileFinder(config.PLATFORM_FILE);
  const names = {
    adminUrls: {
      'api-gateway': config.API_GATEWAY_ADMIN_URL,
      'order-service': config.ORDER_SERVICE_ADMIN_URL,
      'event-processor': config.EVENT_PROCESSOR_ADMIN_URL,
    },
    operatorUrl: config.OPERATOR_ADMIN_URL,
    lagScaler: config.LAG_SCALER,
  };
  return createNameFinder(names, createNameResolver());
}
