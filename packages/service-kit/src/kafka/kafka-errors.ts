import { KafkaSendError } from './port.ts';

/** A consumer that cannot go on; the process should exit and say why. */
export class KafkaConsumerError extends Error {
  override readonly name = 'KafkaConsumerError';
  readonly code = 'KAFKA_CONSUMER_FAILED';

  constructor(what: string, cause?: unknown) {
    super(cause === undefined ? what : `${what}: ${rootMessageOf(cause)}`, { cause });
  }
}

/** Broker answers that will be the same however often the same message is sent. */
const REJECTING_TYPES = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** The group has a newer generation than the one that was spoken for. */
const GROUP_MOVED_ON_TYPES = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS']);

/** Brokers do not agree yet on who leads a partition or coordinates a group; soon they will. */
const UNSETTLED_TYPES = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
]);

/** Broker answers, kafkajs error names and TLS error codes that no retry mends, only a person. */
const PERMANENT = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSNotImplemented',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Tells whether a failed send says something about its messages or only about the moment. Only the broker's explicit
 * word condemns a message.
 */
export function toSendError(error: unknown): KafkaSendError {
  if (error instanceof KafkaSendError) return error;
  const kind = hasTypeIn(error, REJECTING_TYPES) ? 'rejected' : 'unavailable';
  return new KafkaSendError(kind, causesOf(error).at(-1) ?? error);
}

/** Whether a topic or group is new or has just moved. */
export function isUnsettled(error: unknown): boolean {
  return hasTypeIn(error, UNSETTLED_TYPES);
}

/** Whether a commit failed because its assignment is over, whatever this side has heard of it so far. */
export function isGroupMovedOn(error: unknown): boolean {
  return hasTypeIn(error, GROUP_MOVED_ON_TYPES);
}

/** Whether trying again is pointless: wrong credentials, certificates, permissions or settings. */
export function isPermanentError(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      PERMANENT.has(textOf(cause, 'type')) ||
      PERMANENT.has(textOf(cause, 'code')) ||
      PERMANENT.has(textOf(cause, 'name')),
  );
}

/** The error and what caused it, outermost first; kafkajs wraps an error up to three times. */
export function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && !causes.includes(current)) {
    causes.push(current);
    current = (current as { cause?: unknown }).cause;
  }
  return causes;
}

/** What went wrong in the first place. kafkajs logs and wraps the stack several times over; this is what people need. */
export function rootMessageOf(error: unknown): string {
  const root = causesOf(error).at(-1);
  return root instanceof Error ? root.message : String(root);
}

function hasTypeIn(error: unknown, types: ReadonlySet<string>): boolean {
  return causesOf(error).some((cause) => types.has(textOf(cause, 'type')));
}

function textOf(error: unknown, property: 'type' | 'code' | 'name'): string {
  const value: unknown = (error as Readonly<Record<string, unknown>>)[property];
  return typeof value === 'string' ? value : '';
}
