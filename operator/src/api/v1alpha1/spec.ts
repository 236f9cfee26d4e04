import { z } from 'zod';
import { DEFAULT_TUNING, type ScalingPolicy } from '../../scaling/policy.ts';

/** Kubernetes would take more; a Kafka group has no use for more members than its topics have partitions. */
const MAX_REPLICAS = 1_000;
const DAY_SECONDS = 86_400;

const DNS_SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const HOSTS_AND_PORTS = '^[^\\s:,]+:[0-9]{1,5}(,[^\\s:,]+:[0-9]{1,5})*$';
const TOPIC_NAME = '^[a-zA-Z0-9._-]{1,249}$';

/** A whole number within bounds. Not z.int(): its limits would appear in the CRD. */
function whole(min: number, max: number) {
  return z.number().int().min(min).max(max);
}

/** What a schema cannot say; the API server checks it. */
function celRules(...rules: readonly { readonly rule: string; readonly message: string }[]) {
  return { 'x-kubernetes-validations': rules };
}

function seconds(min: number) {
  return whole(min, DAY_SECONDS);
}

const target = z
  .object({
    kind: z.enum(['Deployment']).default('Deployment').describe('What is scaled.'),
    name: z
      .string()
      .min(1)
      .max(253)
      .regex(new RegExp(DNS_SUBDOMAIN))
      .describe('Its name, in the namespace of the LagScaler. Cannot be changed.'),
  })
  .describe('The consumers. Nothing else may set their replicas: no HPA, no ScaledObject, no spec.replicas in a chart.')
  .meta(celRules({ rule: 'self.name == oldSelf.name', message: 'cannot be changed; make another LagScaler' }));

const kafka = z
  .object({
    bootstrapServers: z
      .string()
      .max(4_096)
      .regex(new RegExp(HOSTS_AND_PORTS))
      .describe('host:port of at least one broker, several separated by commas.'),
    consumerGroup: z.string().min(1).max(255).describe('The group whose lag counts.'),
    topics: z
      .array(z.string().min(1).max(249).regex(new RegExp(TOPIC_NAME)))
      .min(1)
      .max(32)
      .describe('The topics that the group reads.')
      .meta({ 'x-kubernetes-list-type': 'set' }),
    offsetReset: z
      .enum(['earliest', 'latest'])
      .default('earliest')
      .describe('What the consumers do where they have never committed (their auto.offset.reset).'),
  })
  .describe('Where the lag is read. TLS and SCRAM credentials come from the environment of the operator.');

const slo = z
  .object({
    drainSeconds: seconds(5).default(60).describe('Whatever the backlog, it shall be worked off within this time.'),
  })
  .prefault({})
  .describe('The objective.');

const prior = z
  .object({
    messagesPerSecondPerReplica: z
      .number()
      .min(0.01)
      .max(10_000_000)
      .default(500)
      .describe('How much one replica works off.'),
    rebalanceSeconds: whole(1, 600)
      .default(10)
      .describe('From a change of the replicas until the group is stable again and consumes.'),
  })
  .prefault({})
  .describe('What is believed until it has been measured.');

const scaleDown = z
  .object({
    windowSeconds: seconds(10).default(180).describe('The load must have stayed low for so long.'),
  })
  .prefault({})
  .describe('When replicas are taken away.');

const fallback = z
  .object({
    afterSeconds: seconds(15).default(120).describe('How long Kafka may be silent.'),
    replicas: whole(1, MAX_REPLICAS).default(3).describe('The least that runs from then on, within the bounds.'),
  })
  .prefault({})
  .describe('What holds when Kafka does not answer.');

/** The spec of a LagScaler: the source of the CRD's schema, of its defaults and of what the controller accepts. */
export const lagScalerSpec = z
  .object({
    mode: z
      .enum(['Active', 'DryRun', 'Paused'])
      .default('Active')
      .describe('Active: scale. DryRun: decide and say so, but do not scale. Paused: do nothing at all.'),
    target,
    kafka,
    minReplicas: whole(0, MAX_REPLICAS).default(1).describe('0 lets an idle group go to sleep.'),
    maxReplicas: whole(1, MAX_REPLICAS)
      .default(12)
      .describe('Never exceeded; more than there are partitions is never used.'),
    slo,
    prior,
    scaleDown,
    idleSeconds: seconds(10)
      .default(300)
      .describe('Nothing produced and nothing waiting for so long is idle. Matters only with minReplicas 0.'),
    fallback,
    manualHoldSeconds: whole(0, DAY_SECONDS)
      .default(300)
      .describe('How long replicas that somebody else has set are left alone.'),
    onDelete: z
      .enum(['Keep', 'Restore'])
      .default('Keep')
      .describe('Keep: leave the replicas as they are. Restore: set them to what they were before the LagScaler.'),
  })
  .describe('What is wanted.')
  .meta(
    celRules({
      rule: 'self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must not be above maxReplicas',
    }),
  );

export type LagScalerSpec = z.output<typeof lagScalerSpec>;

export type SpecParsing =
  | { readonly kind: 'valid'; readonly spec: LagScalerSpec }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** The API server has checked all of this already, unless the object is older than its CRD. Fills in the defaults. */
export function parseSpec(spec: unknown): SpecParsing {
  const parsed = lagScalerSpec.safeParse(spec);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${['spec', ...path].join('.')}: ${message}`);
    return { kind: 'invalid', problems };
  }
  if (parsed.data.minReplicas > parsed.data.maxReplicas) {
    return { kind: 'invalid', problems: ['spec.minReplicas: must not be above spec.maxReplicas'] };
  }
  return { kind: 'valid', spec: parsed.data };
}

/** What the decision needs of the spec. */
export function toPolicy(spec: LagScalerSpec, pollSeconds: number): ScalingPolicy {
  return {
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
    drainSeconds: spec.slo.drainSeconds,
    prior: spec.prior,
    scaleDown: spec.scaleDown,
    idleSeconds: spec.idleSeconds,
    fallback: spec.fallback,
    offsetReset: spec.kafka.offsetReset,
    pollSeconds,
    tuning: DEFAULT_TUNING,
  };
}

/** The brokers to begin with. */
export function bootstrapServersOf(spec: LagScalerSpec): readonly string[] {
  return spec.kafka.bootstrapServers.split(',');
}

/** The target's name in a spec that need not be valid. */
export function targetNameOf(spec: unknown): string | undefined {
  const parsed = target.pick({ name: true }).safeParse((spec as { readonly target?: unknown } | undefined)?.target);
  return parsed.success ? parsed.data.name : undefined;
}
