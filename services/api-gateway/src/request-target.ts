/** Where a request wants to go, as it may be passed on. */
export interface RequestTarget {
  readonly path: string;
  /** With its leading `?`, or empty. */
  readonly query: string;
}

/** RFC 3986 unreserved characters, one or more in each segment. Nothing of the API's paths needs an escape. */
const NORMAL_PATH = /^(?:\/|(?:\/[A-Za-z0-9._~-]+)+)$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/** Visible ASCII without `#`. */
const NORMAL_QUERY = /^(?:\?[!"$-~]*)?$/;
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;

/**
 * The target of a request when it is in normal form, else undefined. Paths that two parsers could read differently
 * (`..`, `//`, `%2f`, backslashes, a trailing slash) are refused rather than repaired, so that the route that was
 * decided here is the route that the upstream sees.
 */
export function parseRequestTarget(url: string): RequestTarget | undefined {
  const origin = url.startsWith('/') ? '' : ABSOLUTE_FORM.exec(url)?.[0];
  if (origin === undefined) return undefined;
  const rest = url.slice(origin.length);
  const queryAt = rest.indexOf('?');
  const path = (queryAt === -1 ? rest : rest.slice(0, queryAt)) || '/';
  const query = queryAt === -1 ? '' : rest.slice(queryAt);
  if (!NORMAL_PATH.test(path) || DOT_SEGMENT.test(path) || !NORMAL_QUERY.test(query)) return undefined;
  return { path, query };
}
