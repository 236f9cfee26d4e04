import { isSpanContextValid, SpanKind, trace, TraceFlags, type Context, type Link } from '@opentelemetry/api';
import {
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SamplingResult,
} from '@opentelemetry/sdk-trace';
import type { SamplerPlan } from './telemetry-plan.ts';

const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const KEEP: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };

/**
 * A trace begins with a request, and the ratio is its chance. Work that is done for several orders at once is recorded
 * when one of those that it links to is. Everything else without a parent (polls, lease renewals, probes) is no order's
 * and never recorded. Below a span its decision counts.
 */
export class OrderSampler implements Sampler {
  readonly #plan: SamplerPlan;
  readonly #ratio: TraceIdRatioBasedSampler;

  constructor(plan: SamplerPlan) {
    this.#plan = plan;
    this.#ratio = new TraceIdRatioBasedSampler(plan.ratio);
  }

  // The interface is the SDK's.
  // oxlint-disable-next-line max-params
  shouldSample(
    context: Context,
    traceId: string,
    _name: string,
    kind: SpanKind,
    _attributes: object,
    links: readonly Link[],
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    const hasParent = parent !== undefined && isSpanContextValid(parent);
    // A remote parent's decision is the caller's; that of a span of this process always counts.
    if (hasParent && (this.#plan.followsParent || parent.isRemote !== true)) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? DROP : KEEP;
    }
    if (hasParent || kind === SpanKind.SERVER) return this.#ratio.shouldSample(context, traceId);
    return links.some((link) => (link.context.traceFlags & TraceFlags.SAMPLED) !== 0) ? KEEP : DROP;
  }

  /** Whether a caller's decision not to record a trace is final. */
  get followsParent(): boolean {
    return this.#plan.followsParent;
  }

  /** Whether a request that begins this trace is recorded. */
  keepsTrace(traceId: string): boolean {
    return this.#ratio.shouldSample(undefined, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  }

  toString(): string {
    return `OrderSampler{ratio=${this.#plan.ratio},followsParent=${this.#plan.followsParent}}`;
  }
}
