import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createRequire } from 'node:module';
import { crc32c } from './crc32c.ts';

const require = createRequire(import.meta.url);
const kafkajsCrc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

test('has the check value of CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789')) >>> 0).toBe(0xe306_9283);
});

test('agrees with kafkajs for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(crc32c(bytes) >>> 0).toBe(kafkajsCrc32c(Buffer.from(bytes)));
    }),
  );
});
