import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ApiCall } from './api-call.ts';

const ruleSchema = z.strictObject({
  apiGroups: z.array(z.string()).min(1),
  resources: z.array(z.string()).min(1),
  resourceNames: z.array(z.string()).min(1).optional(),
  verbs: z.array(z.string()).min(1),
});

/** A rule of a Role, without wildcards: they have no place in a Role that we ship. */
export type RoleRule = z.infer<typeof ruleSchema>;

const SHIPPED = join(import.meta.dirname, '..', '..', '..', 'charts', 'operator', 'files', 'role-rules.yaml');

/** The rules that the operator's chart installs. */
export function readShippedRole(): readonly RoleRule[] {
  return z.array(ruleSchema).parse(parse(readFileSync(SHIPPED, 'utf8')));
}

/** RBAC as Kubernetes does it: any rule that fits is enough, and names restrict only calls that have one. */
export function isAllowed(rules: readonly RoleRule[], call: ApiCall): boolean {
  const resource = call.subresource === undefined ? call.resource : `${call.resource}/${call.subresource}`;
  return rules.some(
    (rule) =>
      rule.apiGroups.includes(call.group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(call.verb) &&
      (rule.resourceNames === undefined || (call.name !== undefined && rule.resourceNames.includes(call.name))),
  );
}
