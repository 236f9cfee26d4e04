import { expect, test } from '@jest/globals';
import { createNameFinder, type ServiceNames } from './named-services.ts';

const NAMES: ServiceNames = {
  adminUrls: {
    'api-gateway': 'http://gateway-admin:9090',
    'order-service': undefined,
    'event-processor': 'http://processor-admin:9092',
  },
  operatorUrl: undefined,
  lagScaler: undefined,
};

/** A name service whose answers can be changed; it does not know other names. */
function nameService(addresses: Record<string, readonly string[]>) {
  const resolve = (hostname: string): Promise<readonly string[]> => {
    const known = addresses[hostname];
    return known === undefined ? Promise.reject(new Error(`${hostname} is not known`)) : Promise.resolve(known);
  };
  return { addresses, find: createNameFinder(NAMES, resolve) };
}

test('every address of a name is a process, in the order of the addresses', async () => {
  const { find } = nameService({
    'gateway-admin': ['10.0.0.7'],
    'processor-admin': ['10.0.0.9', '10.0.0.8', 'fd00::1'],
  });
  expect((await find()).processes).toEqual([
    { job: 'api-gateway', name: '10.0.0.7', adminUrl: 'http://10.0.0.7:9090' },
    { job: 'event-processor', name: '10.0.0.8', adminUrl: 'http://10.0.0.8:9092' },
    { job: 'event-processor', name: '10.0.0.9', adminUrl: 'http://10.0.0.9:9092' },
    { job: 'event-processor', name: '[fd00::1]', adminUrl: 'http://[fd00::1]:9092' },
  ]);
});

test('processes that come and go are seen at the next look', async () => {
  const { addresses, find } = nameService({ 'gateway-admin': ['10.0.0.7'], 'processor-admin': [] });
  expect((await find()).processes).toHaveLength(1);
  addresses['gateway-admin'] = ['10.0.0.12', '10.0.0.13'];
  expect((await find()).processes.map(({ name }) => name)).toEqual(['10.0.0.12', '10.0.0.13']);
});

test('a service whose name nobody knows is expected still; one without a name is not', async () => {
  const { find } = nameService({});
  expect(await find()).toEqual({
    jobs: ['api-gateway', 'event-processor'],
    processes: [],
    scaling: { state: 'absent' },
  });
});
