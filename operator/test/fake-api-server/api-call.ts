/** One call as the API server's authoriser sees it. */
export interface ApiCall {
  readonly verb: ApiVerb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string;
  /** Undefined for list, watch and create. */
  readonly name: string | undefined;
}

export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

const PATH =
  /^\/apis\/(?<group>[^/]+)\/(?<version>[^/]+)\/namespaces\/(?<namespace>[^/]+)\/(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?$/;

/** Undefined for everything that is no call on a namespaced resource of a named group: nothing else is served. */
export function parseApiCall(method: string, url: URL): ApiCall | undefined {
  const parts = PATH.exec(url.pathname)?.groups;
  if (parts === undefined) return undefined;
  const { group = '', version = '', namespace = '', resource = '', name, subresource } = parts;
  const verb = verbOf(method, name !== undefined, url.searchParams.get('watch') === 'true');
  return verb === undefined ? undefined : { verb, group, version, resource, subresource, namespace, name };
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): ApiVerb | undefined {
  switch (method) {
    case 'GET':
      if (hasName) return 'get';
      return isWatch ? 'watch' : 'list';
    case 'POST':
      return hasName ? undefined : 'create';
    case 'PUT':
      return hasName ? 'update' : undefined;
    case 'PATCH':
      return hasName ? 'patch' : undefined;
    case 'DELETE':
      return hasName ? 'delete' : undefined;
    default:
      return undefined;
  }
}

/** `update deployments.apps/scale`: the notation of `kubectl auth can-i`. */
export function describeApiCall({ verb, group, resource, subresource }: ApiCall): string {
  return `${verb} ${resource}.${group}${subresource === undefined ? '' : `/${subresource}`}`;
}
