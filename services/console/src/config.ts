import {
  envDurationMs,
  envHttpUrl,
  envInt,
  httpEnv,
  processEnv,
  readConfig,
  type Environment,
} from '@orderflow/service-kit/config';
import { z } from 'zod';
import { parseHost, type AllowedHosts } from './allowed-hosts.ts';

/** `*`, or names as in a Host header, separated by commas. */
const allowedHosts = z.string().transform((text, context): AllowedHosts => {
  if (text.trim() === '*') return 'any';
  const names = text.split(',').map((entry) => ({ entry, name: parseHost(entry.trim()) }));
  const known = names.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (known.length === names.length) return new Set(known);
  const bad = names.filter(({ name }) => name === undefined).map(({ entry }) => JSON.stringify(entry));
  context.addIssue({ code: 'custom', message: `must be * or host names separated by commas, not ${bad.join(', ')}` });
  return z.NEVER;
});

const fields = z.object({
  ...processEnv,
  ...httpEnv,
  HTTP_PORT: httpEnv.HTTP_PORT.default(8084),
  ADMIN_PORT: processEnv.ADMIN_PORT.default(9094),
  /** The public API: sales, orders, and what is done by hand. */
  GATEWAY_URL: envHttpUrl(),
  /** An API key of the shop, where the gateway asks for keys. */
  GATEWAY_API_KEY: z.string().min(1).optional(),
  /** Base URL of the auditor's `/verdict`; nobody audits without it. */
  AUDITOR_URL: envHttpUrl().optional(),
  /** A file that says which processes there are and what was decided last, where somebody writes it; see `platform-file.ts`. */
  PLATFORM_FILE: z.string().min(1).optional(),
  /** Elsewhere: admin ports, by names that have the address of every process. What is left out does not run. */
  API_GATEWAY_ADMIN_URL: envHttpUrl().optional(),
  ORDER_SERVICE_ADMIN_URL: envHttpUrl().optional(),
  EVENT_PROCESSOR_ADMIN_URL: envHttpUrl().optional(),
  OPERATOR_ADMIN_URL: envHttpUrl().optional(),
  /** The LagScaler whose decision is shown, where the operator looks after several. */
  LAG_SCALER: z.string().min(1).optional(),
  /** A journal that the receipts of what is done by hand are added to, where one is audited. */
  RECEIPTS_FILE: z.string().min(1).optional(),
  /** Address of a search for the trace of an order, with `{orderId}` where its id goes; no links without it. */
  TRACE_URL_TEMPLATE: envHttpUrl()
    .refine((url) => url.includes('{orderId}'), 'must contain {orderId}')
    .optional(),
  /** Time between two looks, while somebody watches. Without a viewer nothing is asked. */
  CONSOLE_POLL_MS: envDurationMs().default(700),
  /** Pages that may watch at the same time. */
  CONSOLE_MAX_VIEWERS: envInt({ min: 1, max: 10_000 }).default(200),
  /** Password of the page (HTTP Basic, any user name); everybody may look when it is left out. */
  CONSOLE_API_KEY: z.string().min(8, 'must have at least 8 characters').optional(),
  /** Names by which the page may be asked for beside the loopback ones; `*`: any. */
  CONSOLE_ALLOWED_HOSTS: allowedHosts.default(new Set()),
});

const ADMIN_KEYS = [
  'API_GATEWAY_ADMIN_URL',
  'ORDER_SERVICE_ADMIN_URL',
  'EVENT_PROCESSOR_ADMIN_URL',
  'OPERATOR_ADMIN_URL',
] as const;

const schema = fields.superRefine((config, context) => {
  const named = ADMIN_KEYS.filter((key) => config[key] !== undefined);
  const isFromFile = config.PLATFORM_FILE !== undefined;
  if (isFromFile === named.length > 0) {
    const message = isFromFile
      ? `does not go with ${named.join(', ')}`
      : `or one of ${ADMIN_KEYS.join(', ')} is required`;
    context.addIssue({ code: 'custom', path: ['PLATFORM_FILE'], message });
  }
});

export type ConsoleConfig = z.output<typeof schema>;

/** @throws {ConfigError} naming all bad keys. */
export function readConsoleConfig(env: Environment): ConsoleConfig {
  return readConfig(schema, env);
}
