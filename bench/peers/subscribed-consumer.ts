import { Kafka, logLevel, type Consumer } from 'kafkajs';
import type { readProcessorPeerConfig } from './config.ts';

/** A consumer of kafkajs as its examples have it, connected and subscribed from the first message on. */
export async function subscribeConsumer(
  clientId: string,
  config: ReturnType<typeof readProcessorPeerConfig>,
): Promise<Consumer> {
  const brokers = [...config.KAFKA_BOOTSTRAP_SERVERS];
  const consumer = new Kafka({ clientId, brokers, logLevel: logLevel.ERROR }).consumer({
    groupId: config.CONSUMER_GROUP,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: config.TOPIC, fromBeginning: true });
  return consumer;
}
