import { createHash } from 'node:crypto';
import { ApiKeys } from '../src/api-keys.ts';

/** Keys of tests, which must turn up nowhere: not in a log, not in an answer, not behind the gateway. */
export const CUSTOMER_KEY = 'canary-customer-0123456789';
export const STAFF_KEY = 'canary-staff-0123456789';

export const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');

export const KEY_LIST = `# keys of tests
customer-1 customer ${digestOf(CUSTOMER_KEY)}

warehouse  staff    ${digestOf(STAFF_KEY)}
`;

export const apiKeys = (): ApiKeys => new ApiKeys(KEY_LIST);

export const bearer = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` });
