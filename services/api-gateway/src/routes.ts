import { z } from 'zod';

export type UpstreamName = 'orders' | 'analytics';

/** A path of the public API with its methods, and who serves it. */
export interface Route {
  /** As in the OpenAPI document, `/orders/{orderId}`; also the metric label. */
  readonly template: string;
  /** Upper case, HEAD included where there is GET. */
  readonly methods: readonly string[];
  readonly upstream: UpstreamName;
}

const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/**
 * The routes that an OpenAPI document describes: what is not documented is not served.
 *
 * @throws {RangeError} when a path belongs to no upstream.
 */
export function parseRoutes(openApiDocument: object): Route[] {
  const { paths } = documentSchema.parse(openApiDocument);
  return Object.entries(paths).map(([template, operations]) => {
    const methods = Object.keys(operations).map((method) => method.toUpperCase());
    return {
      template,
      methods: methods.includes('GET') ? [...methods, 'HEAD'] : methods,
      upstream: upstreamOf(template),
    };
  });
}

function upstreamOf(template: string): UpstreamName {
  const [, first] = template.split('/');
  if (first === 'orders' || first === 'analytics') return first;
  throw new RangeError(`no upstream serves ${template}`);
}

/** `/orders/{orderId}` as express writes it: `/orders/:orderId`. */
export function expressPath(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, ':$1');
}
