import { describe, expect, test } from '@jest/globals';
import { isGroupMovedOn, isPermanentError, KafkaConsumerError, toSendError } from './kafka-errors.ts';
import { KafkaSendError } from './port.ts';

/** A broker's answer as kafkajs throws it: wrapped, the answer's name in `type`. */
function brokerError(type: string): Error {
  const answer = Object.assign(new Error(`broker says ${type}`), { type });
  return new Error('retries exceeded', { cause: answer });
}

function connectionError(code: string): Error {
  const error = Object.assign(new Error(`Connection error: ${code}`), { code });
  return new Error('retries exceeded', { cause: error });
}

describe('a failed send', () => {
  test.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])(
    'is rejected when the broker says %s',
    (type) => {
      expect(toSendError(brokerError(type))).toMatchObject({ kind: 'rejected', retryable: false });
    },
  );

  test.each([
    ['lost connections', connectionError('ECONNREFUSED')],
    ['moved leaders', brokerError('NOT_LEADER_FOR_PARTITION')],
    ['missing replicas', brokerError('NOT_ENOUGH_REPLICAS')],
    ['missing permissions', brokerError('TOPIC_AUTHORIZATION_FAILED')],
    ['bugs of the client', new TypeError("Cannot read properties of undefined (reading 'nodeId')")],
    ['whatever is thrown', 'text'],
  ])('is unavailable because of %s, which say nothing about the messages', (_, error) => {
    expect(toSendError(error)).toMatchObject({ kind: 'unavailable', retryable: true });
  });

  test('keeps its first classification', () => {
    const error = new KafkaSendError('rejected', new Error('no'));
    expect(toSendError(error)).toBe(error);
  });

  test('names the innermost cause', () => {
    expect(toSendError(brokerError('MESSAGE_TOO_LARGE')).message).toContain('broker says MESSAGE_TOO_LARGE');
  });
});

describe('a consumer error', () => {
  test.each(['SASL_AUTHENTICATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'INVALID_SESSION_TIMEOUT'])(
    'is permanent when the broker says %s',
    (type) => {
      expect(isPermanentError(brokerError(type))).toBe(true);
    },
  );

  test('is permanent when the broker has a certificate that is not trusted', () => {
    expect(isPermanentError(connectionError('DEPTH_ZERO_SELF_SIGNED_CERT'))).toBe(true);
  });

  test.each([connectionError('ECONNREFUSED'), brokerError('COORDINATOR_NOT_AVAILABLE'), new TypeError('bug')])(
    'is temporary otherwise: %s',
    (error) => {
      expect(isPermanentError(error)).toBe(false);
    },
  );

  test('says what failed and why in one line', () => {
    const error = new KafkaConsumerError('Kafka consumer failed', connectionError('CERT_HAS_EXPIRED'));
    expect(error.message).toBe('Kafka consumer failed: Connection error: CERT_HAS_EXPIRED');
  });

  test.each(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'])(
    '%s on a commit means that the group has moved on',
    (type) => {
      expect(isGroupMovedOn(brokerError(type))).toBe(true);
      expect(isGroupMovedOn(brokerError('REQUEST_TIMED_OUT'))).toBe(false);
    },
  );
});
