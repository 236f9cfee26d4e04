import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@orderflow/local/until';
import { FakeApiServer } from '../../test/fake-api-server/fake-api-server.ts';
import { TOO_MANY_REQUESTS } from '../../test/fake-api-server/faults.ts';
import { deployment, DEPLOYMENT_COLLECTION, LEASE_COLLECTION, NAMESPACE } from '../../test/objects.ts';
import { ApiConnection } from './api-connection.ts';
import { ApiError } from './api-error.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { ResourceClient, type ApiObject } from './resource-client.ts';

const EVERYTHING = [
  {
    apiGroups: ['apps', 'coordination.k8s.io'],
    resources: ['deployments', 'leases', 'deployments/scale'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'],
  },
];

let api: FakeApiServer;
let connection: ApiConnection;
let called: string[];
let deployments: ResourceClient<ApiObject>;

beforeEach(async () => {
  api = await FakeApiServer.start({ rules: EVERYTHING });
  api.store.create(DEPLOYMENT_COLLECTION, deployment('processor'));
  called = [];
  const observer = {
    called: (call: { verb: string; resource: string; code: string }) =>
      called.push(`${call.verb} ${call.resource} ${call.code}`),
  };
  connection = new ApiConnection({ kubeconfig: api.kubeconfig, requestTimeoutMs: 300, observer });
  deployments = new ResourceClient(connection, DEPLOYMENTS, NAMESPACE);
});

afterEach(async () => {
  await connection.close();
  await api[Symbol.asyncDispose]();
});

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

describe('ApiConnection', () => {
  test('keeps its connections from call to call', async () => {
    for (let count = 0; count < 100; count += 1) await deployments.get('processor');
    expect(api.connections).toBeLessThanOrEqual(2);
  });

  test('gives up a call that gets no answer, and the connection with it', async () => {
    api.faults.add(() => true, { kind: 'silence' });
    expect(await failureOf(deployments.get('processor'))).toMatchObject({
      status: undefined,
      code: 'TimeoutError',
      retryable: true,
    });
    await expect(deployments.get('processor')).resolves.toMatchObject({ metadata: { name: 'processor' } });
  });

  test('finds back when all its connections are half open', async () => {
    await Promise.all([deployments.get('processor'), deployments.get('processor')]);
    api.silenceConnections();
    const found = await until(() => deployments.get('processor'), { what: 'an answer over a new connection' });
    expect(found.metadata.name).toBe('processor');
  });

  test('says what the API server said', async () => {
    expect(await failureOf(deployments.get('nobody'))).toMatchObject({
      message: 'get deployments: HTTP 404 NotFound: "nobody" not found',
      status: 404,
      code: 'NotFound',
      retryable: false,
    });
    api.faults.add(() => true, { ...TOO_MANY_REQUESTS, retryAfterSeconds: 7 });
    expect(await failureOf(deployments.get('processor'))).toMatchObject({
      status: 429,
      code: 'TooManyRequests',
      retryAfterMs: 7_000,
      retryable: true,
    });
  });

  test('names a connection that broke or was refused', async () => {
    api.faults.add(() => true, { kind: 'reset' });
    expect(await failureOf(deployments.get('processor'))).toMatchObject({ status: undefined, retryable: true });
    await api.goDown();
    await failureOf(deployments.get('processor')); // finds out that the kept connection is gone
    expect(await failureOf(deployments.get('processor'))).toMatchObject({ code: 'ECONNREFUSED', retryable: true });
  });

  test('is told no, without another try, by a stale version', async () => {
    const stale = await deployments.get('processor');
    api.store.patch(DEPLOYMENT_COLLECTION, { name: 'processor', part: 'main' }, { spec: { replicas: 5 } });
    const scale = { kind: 'Scale', metadata: stale.metadata, spec: { replicas: 9 } };
    expect(await failureOf(deployments.replaceScale('processor', scale))).toMatchObject({
      status: 409,
      code: 'Conflict',
    });
    expect(api.store.get(DEPLOYMENT_COLLECTION, 'processor').spec).toEqual({ replicas: 5 });
  });

  test('tells its observer of every call', async () => {
    await deployments.get('processor');
    await failureOf(deployments.get('nobody'));
    api.faults.add(() => true, { kind: 'silence' });
    await failureOf(deployments.get('processor'));
    expect(called).toEqual(['get deployments 200', 'get deployments 404', 'get deployments TimeoutError']);
  });

  test('names what a proxy answers that is no API server', async () => {
    const unknown = new ResourceClient(connection, { group: 'nobody', version: 'v1', resource: 'nothing' }, NAMESPACE);
    expect(await failureOf(unknown.list())).toMatchObject({ status: 404, code: 'HTTP404', retryable: false });
  });

  test('what is under way when it closes is given up', async () => {
    api.faults.add(() => true, { kind: 'silence' });
    const hanging = failureOf(deployments.get('processor'));
    await connection.close();
    expect(await hanging).toMatchObject({ status: undefined });
  });

  test('creates in its namespace', async () => {
    const leases = new ResourceClient(
      connection,
      { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' },
      NAMESPACE,
    );
    await leases.create({ metadata: { name: 'lease' }, spec: {} });
    expect(api.store.get(LEASE_COLLECTION, 'lease').metadata.namespace).toBe(NAMESPACE);
    expect(await failureOf(leases.create({ metadata: { name: 'lease' } }))).toMatchObject({ code: 'AlreadyExists' });
  });
});
