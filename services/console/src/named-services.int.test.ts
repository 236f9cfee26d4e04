import type { ScalerReport } from '@orderflow/contracts/scaling-decision';
import { afterEach, expect, test } from '@jest/globals';
import { FakeSource } from '../test/fake-source.ts';
import { createNameFinder } from './named-services.ts';
import { createNameResolver } from './resolve-name.ts';

const sources: FakeSource[] = [];
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.stop()));
});

async function startOperator(reports: readonly ScalerReport[]): Promise<FakeSource> {
  const source = new FakeSource(({ path }) => ({
    status: path === '/decisions' ? 200 : 404,
    body: JSON.stringify(reports),
  }));
  sources.push(source);
  await source.start();
  return source;
}

const NO_SERVICES = { 'api-gateway': undefined, 'order-service': undefined, 'event-processor': undefined };

function findScaling(operatorUrl: string, lagScaler?: string) {
  return createNameFinder({ adminUrls: NO_SERVICES, operatorUrl, lagScaler }, createNameResolver())();
}

function report(name: string, at: string, text: string): ScalerReport {
  return { namespace: 'shop', name, scaling: { at, direction: 'hold', replicas: 2, text }, changes: [] };
}

const EARLY = '2026-01-31T12:00:00.000Z';
const LATE = '2026-01-31T12:00:05.000Z';

test('the decision is that of the LagScaler that is meant, and the newest of several', async () => {
  const old = report('processor', EARLY, 'of the leader before');
  const operator = await startOperator([old, report('processor', LATE, 'right'), report('other', LATE, 'other')]);
  const { scaling } = await findScaling(operator.url, 'processor');
  expect(scaling).toMatchObject({ state: 'up', value: { scaling: { text: 'right' } } });
  expect(operator.requests.map(({ path }) => path)).toEqual(['/decisions']);
});

test('an operator that has decided nothing yet is up', async () => {
  const operator = await startOperator([]);
  expect((await findScaling(operator.url)).scaling).toEqual({ state: 'up', value: { scaling: null, changes: [] } });
});

test('an operator that does not answer is down, and so is one whose name is not known', async () => {
  const operator = await startOperator([]);
  await operator.stop();
  expect((await findScaling(operator.url)).scaling).toEqual({ state: 'down' });
  expect((await findScaling('http://nobody.invalid:9090')).scaling).toEqual({ state: 'down' });
});

test('the resolver gives every address of a name, also of an address', async () => {
  const resolve = createNameResolver();
  expect(await resolve('localhost')).toContain('127.0.0.1');
  expect(await resolve('[::1]')).toEqual(['::1']);
  await expect(resolve('nobody.invalid')).rejects.toThrow('nobody.invalid');
});
