import type { Told } from './everything-told.ts';

/** What the platform is told in secret. Nobody may find it anywhere. */
export const SECRETS = {
  ordersPassword: 'canary-orders-password-4d1f',
  analyticsPassword: 'canary-analytics-password-b80c',
  kafkaPassword: 'canary-kafka-password-93ea',
  staffKey: 'canary-staff-key-51c7',
  customerKey: 'canary-customer-key-0e2b',
  consolePassword: 'canary-console-password-d6a4',
};

/** What strangers send. It is told to those who may ask for it, and stands nowhere else. */
export const CONTENT = {
  customer: 'canary-customer-8f02',
  email: 'canary.mail.37be@example.com',
  name: 'Canary Name 5a90',
  idempotencyKey: 'canary-idempotency-key-e4c8',
  wrongKey: 'canary-wrong-key-7b15',
  query: 'canary-query-2c6f',
  baggage: 'canary-baggage-f178',
  poison: 'canary-poison-6be0',
  header: 'canary-header-18d5',
  refusedCustomer: 'canary-refused-customer-c033',
  refusedProduct: 'canary-refused-product-9ae7',
  forgedCustomer: 'canary-forged-customer-42b6',
  wrongSetting: 'canary-wrong-setting-e05d',
};

/** The products that sell best are a metric: no canary either. */
export const PRODUCT = 'product-c61d';

/** Whose key the customer's is. The gateway's log names clients, so that this one is no canary. */
export const CLIENT = 'client-1';

const AROUND = 100;

/** Each canary that stands where it must not, with what is around it. */
export function findLeaks(told: readonly Told[]): readonly string[] {
  return told.flatMap(({ where, text, isAnswerToOwner = false }) =>
    Object.entries(isAnswerToOwner ? SECRETS : { ...SECRETS, ...CONTENT }).flatMap(([name, canary]) => {
      const at = text.indexOf(canary);
      return at < 0 ? [] : [`${name} in ${where}: ${text.slice(Math.max(0, at - AROUND), at + AROUND)}`];
    }),
  );
}
