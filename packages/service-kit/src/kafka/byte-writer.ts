type Field = string | Buffer | null | undefined;

const NULL = -1;

/** Appends Kafka's primitive types (big endian, zigzag varints) to a buffer that grows. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes: number) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written from an offset on, without a copy: valid until the next write. */
  bytes(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#length);
  }

  int8(value: number): void {
    this.#length = this.#reserve(1).writeInt8(value, this.#length);
  }

  int16(value: number): void {
    this.#length = this.#reserve(2).writeInt16BE(value, this.#length);
  }

  int32(value: number): void {
    this.#length = this.#reserve(4).writeInt32BE(value, this.#length);
  }

  int64(value: bigint): void {
    this.#length = this.#reserve(8).writeBigInt64BE(value, this.#length);
  }

  /** Leaves room for an int32 that is known later; returns where, for `int32At`. */
  skipInt32(): number {
    const offset = this.#length;
    this.int32(0);
    return offset;
  }

  int32At(offset: number, value: number): void {
    this.#buffer.writeInt32BE(value, offset);
  }

  varInt(value: number): void {
    const buffer = this.#reserve(5);
    let rest = zigzag(value);
    let offset = this.#length;
    while (rest > 0x7f) {
      buffer[offset++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[offset++] = rest;
    this.#length = offset;
  }

  /** A string of a known length in bytes, without a length before it. */
  text(value: string, byteLength: number): void {
    this.#length += this.#reserve(byteLength).write(value, this.#length, byteLength, 'utf8');
  }

  /** Bytes or null with their length as a varint before them. `byteLength` is that of `byteLengthOf`. */
  field(value: Field, byteLength: number): void {
    this.varInt(byteLength);
    if (typeof value === 'string') this.text(value, byteLength);
    else if (value !== null && value !== undefined) {
      this.#length += value.copy(this.#reserve(byteLength), this.#length);
    }
  }

  #reserve(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/** Length of a field in UTF-8; -1 for null, as Kafka has it. */
export function byteLengthOf(field: Field): number {
  return field === null || field === undefined ? NULL : Buffer.byteLength(field);
}

/** Bytes that `ByteWriter.field` takes. */
export function sizeOfField(byteLength: number): number {
  return sizeOfVarInt(byteLength) + Math.max(byteLength, 0);
}

export function sizeOfVarInt(value: number): number {
  const bits = 32 - Math.clz32(zigzag(value));
  return bits <= 7 ? 1 : Math.ceil(bits / 7);
}

/** Maps signed to unsigned so that numbers near zero are small. */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}
