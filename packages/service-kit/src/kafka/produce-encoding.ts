import { byteLengthOf, ByteWriter, sizeOfField, sizeOfVarInt } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';

export interface EncodableMessage {
  readonly key?: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ProduceRequest {
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly EncodableMessage[] }[];
  }[];
  /** The time that all records get, Unix milliseconds. */
  readonly nowMs: number;
}

const NULL = -1;
const INITIAL_BYTES = 64 * 1024;
const RECORD_BATCH_FORMAT = 2;
const NO_PRODUCER_ID = -1n;

/**
 * The body of a Produce request, versions 3 to 8: uncompressed, neither transactional nor idempotent.
 * Source: https://kafka.apache.org/protocol.html#The_Messages_Produce
 */
export function encodeProduceRequest({ acks, timeoutMs, topicData, nowMs }: ProduceRequest): Buffer {
  const writer = new ByteWriter(INITIAL_BYTES);
  writer.int16(NULL); // transactional id
  writer.int16(acks);
  writer.int32(timeoutMs);
  writer.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    const topicBytes = Buffer.byteLength(topic);
    writer.int16(topicBytes);
    writer.text(topic, topicBytes);
    writer.int32(partitions.length);
    for (const { partition, messages } of partitions) {
      writer.int32(partition);
      const sizeAt = writer.skipInt32();
      writeRecordBatch(writer, messages, BigInt(nowMs));
      writer.int32At(sizeAt, writer.length - sizeAt - 4);
    }
  }
  return writer.bytes();
}

/** Source: https://kafka.apache.org/documentation/#recordbatch */
function writeRecordBatch(writer: ByteWriter, messages: readonly EncodableMessage[], nowMs: bigint): void {
  writer.int64(0n); // base offset: the broker's to give
  const lengthAt = writer.skipInt32();
  writer.int32(0); // partition leader epoch: the broker's as well
  writer.int8(RECORD_BATCH_FORMAT);
  const crcAt = writer.skipInt32();
  writer.int16(0); // attributes: no compression, time of creation
  writer.int32(messages.length - 1); // last offset delta
  writer.int64(nowMs); // base timestamp
  writer.int64(nowMs); // max timestamp
  writer.int64(NO_PRODUCER_ID);
  writer.int16(0); // producer epoch
  writer.int32(0); // base sequence
  writer.int32(messages.length);
  for (let offsetDelta = 0; offsetDelta < messages.length; offsetDelta += 1) {
    const message = messages[offsetDelta];
    if (message !== undefined) writeRecord(writer, message, offsetDelta);
  }
  writer.int32At(lengthAt, writer.length - lengthAt - 4);
  writer.int32At(crcAt, crc32c(writer.bytes(crcAt + 4)));
}

function writeRecord(writer: ByteWriter, { key, value, headers = {} }: EncodableMessage, offsetDelta: number): void {
  const keyBytes = byteLengthOf(key);
  const valueBytes = byteLengthOf(value);
  const body = 2 + sizeOfVarInt(offsetDelta) + sizeOfField(keyBytes) + sizeOfField(valueBytes) + sizeOfHeaders(headers);
  writer.varInt(body);
  writer.int8(0); // attributes
  writer.int8(0); // timestamp delta
  writer.varInt(offsetDelta);
  writer.field(key, keyBytes);
  writer.field(value, valueBytes);
  writer.varInt(Object.keys(headers).length);
  for (const name in headers) {
    const header = headers[name];
    writer.field(name, byteLengthOf(name));
    writer.field(header, byteLengthOf(header));
  }
}

function sizeOfHeaders(headers: Readonly<Record<string, string>>): number {
  let size = sizeOfVarInt(Object.keys(headers).length);
  for (const name in headers) size += sizeOfField(byteLengthOf(name)) + sizeOfField(byteLengthOf(headers[name]));
  return size;
}
