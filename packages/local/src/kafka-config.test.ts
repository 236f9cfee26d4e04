import { describe, expect, test } from '@jest/globals';
import { formatProperties, planBrokerProperties, type BrokerPlan } from './kafka-config.ts';

const PLAN: BrokerPlan = {
  clientPort: 9092,
  controllerPort: 9093,
  logDirectory: '/data',
  security: undefined,
  properties: {},
};

describe('the settings of the broker', () => {
  test('topics are never made by accident, and records are flushed as in a default broker', () => {
    const properties = planBrokerProperties(PLAN);
    expect(properties['auto.create.topics.enable']).toBe('false');
    expect(Object.keys(properties).filter((name) => name.startsWith('log.flush'))).toEqual([]);
  });

  test('every listener is on loopback', () => {
    const { listeners } = planBrokerProperties({ ...PLAN, proxied: { port: 9094, advertisedPort: 9095 } });
    expect(listeners).toBe('CLIENT://127.0.0.1:9092,PROXIED://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093');
  });

  test('clients of the proxied listener are sent to the proxy', () => {
    const properties = planBrokerProperties({ ...PLAN, proxied: { port: 9094, advertisedPort: 9095 } });
    expect(properties['advertised.listeners']).toBe('CLIENT://127.0.0.1:9092,PROXIED://127.0.0.1:9095');
  });

  test('a secured broker takes no client in plaintext', () => {
    const proxied = { port: 9094, advertisedPort: 9095 };
    const properties = planBrokerProperties({ ...PLAN, proxied, security: { 'ssl.keystore.type': 'PKCS12' } });
    expect(properties['listener.security.protocol.map']).toBe('CLIENT:SASL_SSL,PROXIED:SASL_SSL,CONTROLLER:PLAINTEXT');
    expect(properties['ssl.keystore.type']).toBe('PKCS12');
  });

  test("the caller's settings win", () => {
    expect(planBrokerProperties({ ...PLAN, properties: { 'num.io.threads': '1' } })['num.io.threads']).toBe('1');
  });
});

test('a value with backslashes or line ends survives the properties file', () => {
  expect(formatProperties({ a: 'x\\y', b: 'one\ntwo' })).toBe('a=x\\\\y\nb=one\\ntwo\n');
});
