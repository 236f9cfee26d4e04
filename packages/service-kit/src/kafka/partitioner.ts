/**
 * The partition that every Kafka client gives a keyed message: positive murmur2 of the key's bytes, modulo the number
 * of partitions. Use it wherever code must agree with Kafka about where a key lives.
 */
export function partitionForKey(key: string | Uint8Array, partitionCount: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key;
  return (murmur2(bytes) & 0x7fff_ffff) % partitionCount;
}

const SEED = 0x9747_b28c;
const M = 0x5bd1_e995;
const R = 24;

/**
 * MurmurHash2 as a signed 32-bit integer.
 * Source: org.apache.kafka.common.utils.Utils.murmur2.
 */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const wholeWords = length & ~3;
  let hash = SEED ^ length;
  for (let i = 0; i < wholeWords; i += 4) {
    let word =
      byteAt(bytes, i) | (byteAt(bytes, i + 1) << 8) | (byteAt(bytes, i + 2) << 16) | (byteAt(bytes, i + 3) << 24);
    word = Math.imul(word, M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = length - wholeWords;
  if (rest > 2) hash ^= byteAt(bytes, wholeWords + 2) << 16;
  if (rest > 1) hash ^= byteAt(bytes, wholeWords + 1) << 8;
  if (rest > 0) hash = Math.imul(hash ^ byteAt(bytes, wholeWords), M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
