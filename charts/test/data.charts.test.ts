import { expect, test } from '@jest/globals';
import { render, type Rendering, type Resource } from './helm.ts';
import { find, ids, ofKind } from './resources.ts';

interface Acl {
  readonly resource: { readonly type: string; readonly name?: string };
  readonly operations: readonly string[];
}

/** `topic order-events: Describe Read` */
function rightsOf(user: Resource): readonly string[] {
  const acls = user['spec'].authorization.acls as readonly Acl[];
  return acls.map(({ resource, operations }) => `${resource.type} ${resource.name ?? ''}: ${operations.join(' ')}`);
}

test('each user of Kafka may do what its component does, and no more', () => {
  const rightsOfUsers = (rendering: Rendering): unknown =>
    Object.fromEntries(
      ofKind(render('data', rendering), 'KafkaUser').map((user) => [user.metadata.name, rightsOf(user)]),
    );
  const always = {
    'kafka-order-service': ['topic order-events: Describe Write'],
    'kafka-event-processor': [
      'topic order-events: Describe Read',
      'group event-processor: Read',
      'topic order-events.dlq: Describe Write',
    ],
    'kafka-operator': ['topic order-events: Describe', 'group event-processor: Describe'],
    'kafka-auditor': ['topic order-events: Describe Read', 'group event-processor: Describe'],
  };
  expect(rightsOfUsers({ files: ['values-production.yaml'] })).toEqual(always);
  expect(rightsOfUsers({ files: ['ci/kafka-ui-values.yaml'] })).toEqual({
    ...always,
    'kafka-event-processor': [...always['kafka-event-processor'], 'topic order-events: Describe Write'],
    'kafka-ui': ['topic *: Describe DescribeConfigs Read', 'group *: Describe', 'cluster : Describe DescribeConfigs'],
  });
});

test('the users of Kafka follow the names of topics and of the group', () => {
  const set = ['topics.orderEvents.name=events', 'topics.deadLetters.name=dead', 'users.consumerGroup=workers'];
  const users = ofKind(render('data', { set }), 'KafkaUser').flatMap(rightsOf);
  expect(new Set(users.map((right) => right.split(':')[0]))).toEqual(
    new Set(['topic events', 'topic dead', 'group workers']),
  );
});

test('production survives the loss of one broker and of one database server', () => {
  const resources = render('data', { files: ['values-production.yaml'] });
  expect(ofKind(resources, 'KafkaNodePool')[0]?.['spec'].replicas).toBe(3);
  expect(find(resources, 'Kafka/orders')['spec'].kafka.config).toMatchObject({
    'auto.create.topics.enable': false,
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'offsets.topic.replication.factor': 3,
    'transaction.state.log.min.isr': 2,
  });
  for (const { spec } of ofKind(resources, 'KafkaTopic')) expect(spec.replicas).toBe(3);
  for (const { spec } of ofKind(resources, 'Cluster')) {
    expect(spec.instances).toBe(3);
    expect(spec.postgresql.synchronous).toEqual({
      method: 'any',
      number: 1,
      dataDurability: 'required',
      failoverQuorum: true,
    });
  }
});

test('an uninstall of production leaves what holds data', () => {
  const resources = render('data', { files: ['values-production.yaml'] });
  const kept = resources.filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep');
  expect(new Set(kept.map(({ kind }) => kind))).toEqual(
    new Set(['Kafka', 'KafkaNodePool', 'KafkaTopic', 'Cluster', 'Secret']),
  );
});

test('brokers take encrypted and authenticated connections only, but in development', () => {
  const listenersOf = (...files: string[]): unknown =>
    find(render('data', { files }), 'Kafka/orders')['spec'].kafka.listeners.map(
      (listener: { name: string }) => listener.name,
    );
  expect(listenersOf()).toEqual(['tls']);
  expect(listenersOf('values-production.yaml')).toEqual(['tls']);
  expect(listenersOf('values-dev.yaml')).toEqual(['tls', 'plain']);
});

test('no role of the databases is a member of another: the migration alone grants rights', () => {
  const roles = ofKind(render('data'), 'Cluster').flatMap(({ spec }) => spec.managed.roles as readonly object[]);
  expect(roles.map((role) => (role as { readonly name: string }).name)).toEqual([
    'orders_runtime',
    'orders_publisher',
    'orders_auditor',
    'analytics_runtime',
    'analytics_auditor',
  ]);
  const fields = new Set(roles.flatMap((role) => Object.keys(role)));
  expect(fields).toEqual(new Set(['name', 'ensure', 'comment', 'login', 'passwordSecret']));
});

test('the roles of the databases have Secrets with the URI that the services mount', () => {
  const resources = render('data');
  for (const { spec, metadata } of ofKind(resources, 'Cluster')) {
    const roles = spec.managed.roles as readonly {
      readonly name: string;
      readonly passwordSecret: { readonly name: string };
    }[];
    for (const { name, passwordSecret } of roles) {
      const { stringData, type } = find(resources, `Secret/${passwordSecret.name}`) as Resource & {
        readonly stringData: { readonly username: string; readonly password: string; readonly uri: string };
      };
      expect(type).toBe('kubernetes.io/basic-auth');
      expect(stringData.username).toBe(name);
      const uri = new URL(stringData.uri);
      expect([uri.username, uri.password]).toEqual([name, stringData.password]);
      expect([uri.hostname, uri.pathname]).toEqual([`${metadata.name}-rw.shop`, `/${spec.bootstrap.initdb.database}`]);
    }
  }
});

test('brings only what it is asked for', () => {
  const kinds = (file: string): Set<string> => new Set(render('data', { files: [file] }).map(({ kind }) => kind));
  expect(kinds('ci/postgres-only-values.yaml')).toEqual(new Set(['Cluster', 'Secret']));
  expect(kinds('ci/kafka-only-values.yaml')).toEqual(
    new Set(['Kafka', 'KafkaNodePool', 'KafkaTopic', 'KafkaUser', 'PodMonitor']),
  );
  expect(ids(render('data')).filter((id) => id.startsWith('PodMonitor'))).toEqual([]);
});
