import { describe, expect, test } from '@jest/globals';
import type { ApiCall } from './api-call.ts';
import { isAllowed, type RoleRule } from './role.ts';

const RULES: readonly RoleRule[] = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] },
  { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['update'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['ours'], verbs: ['get', 'create'] },
];

function call(text: Partial<ApiCall>): ApiCall {
  const list = { verb: 'list', group: 'apps', version: 'v1', resource: 'deployments', namespace: 'orders' } as const;
  return { ...list, subresource: undefined, name: undefined, ...text };
}

describe('isAllowed', () => {
  test('goes by group, resource, subresource and verb', () => {
    expect(isAllowed(RULES, call({}))).toBe(true);
    expect(isAllowed(RULES, call({ verb: 'get', name: 'one' }))).toBe(false);
    expect(isAllowed(RULES, call({ group: 'extensions' }))).toBe(false);
    expect(isAllowed(RULES, call({ verb: 'update', name: 'one', subresource: 'scale' }))).toBe(true);
    expect(isAllowed(RULES, call({ verb: 'update', name: 'one' }))).toBe(false);
  });

  test('a rule with names allows nothing that has no name yet', () => {
    const lease = { group: 'coordination.k8s.io', resource: 'leases' };
    expect(isAllowed(RULES, call({ ...lease, verb: 'get', name: 'ours' }))).toBe(true);
    expect(isAllowed(RULES, call({ ...lease, verb: 'get', name: 'theirs' }))).toBe(false);
    expect(isAllowed(RULES, call({ ...lease, verb: 'create' }))).toBe(false);
  });
});
