import { z } from 'zod';

const attributesSchema = z.array(z.object({ key: z.string(), value: z.looseObject({}) })).default([]);

const traceRequestSchema = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes: attributesSchema }).default({ attributes: [] }),
        scopeSpans: z
          .array(
            z.object({
              scope: z.object({ name: z.string().default('') }).default({ name: '' }),
              spans: z.array(z.looseObject({ traceId: z.string(), spanId: z.string(), name: z.string() })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** A span as it came, with the service and the library that made it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
}

/**
 * The spans of an OTLP/JSON request to `/v1/traces`.
 *
 * @throws {z.ZodError} when it is none.
 */
export function parseOtlpSpans(body: unknown): ReceivedSpan[] {
  return traceRequestSchema.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = serviceOf(resource.attributes);
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ service, scope: scope.name, ...span })));
  });
}

function serviceOf(attributes: z.infer<typeof attributesSchema>): string {
  const name = attributes.find(({ key }) => key === 'service.name')?.value['stringValue'];
  return typeof name === 'string' ? name : 'unknown';
}
