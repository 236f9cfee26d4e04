import { createWriteStream, type WriteStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { HttpServer } from '@orderflow/service-kit/http-server';
import { collectBody } from '@orderflow/service-kit/request-body';
import { LOOPBACK } from '../ports.ts';
import { parseOtlpSpans } from './otlp-spans.ts';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface SpanSinkOptions {
  /** JSON lines, one span each. What it held before is gone. */
  readonly file: string;
  /** What comes after is counted and dropped. Default: 64 MiB. */
  readonly maxFileBytes?: number;
}

/** Takes spans over OTLP/HTTP in JSON and keeps them in a file: what a collector is in a cluster. */
export class SpanSink {
  readonly #server: HttpServer;
  readonly #file: WriteStream;
  readonly #maxFileBytes: number;
  #bytes = 0;
  #kept = 0;
  #dropped = 0;

  constructor({ file, maxFileBytes = DEFAULT_MAX_FILE_BYTES }: SpanSinkOptions) {
    this.#maxFileBytes = maxFileBytes;
    this.#file = createWriteStream(file);
    this.#server = new HttpServer({
      name: 'span-sink',
      host: LOOPBACK,
      port: 0,
      drainGraceMs: 0, // an exporter tries again
      handler: (request, response) => this.#handle(request, response),
    });
  }

  /** OTEL_EXPORTER_OTLP_ENDPOINT. Known after the start. */
  get url(): string {
    return `http://${LOOPBACK}:${this.#server.port}`;
  }

  /** Spans in the file. */
  get kept(): number {
    return this.#kept;
  }

  /** Spans that came when the file was full. */
  get dropped(): number {
    return this.#dropped;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  /** Everything that was taken is in the file after it. Idempotent. */
  async stop(): Promise<void> {
    await this.#server.stop();
    this.#file.end();
    await finished(this.#file);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST' || request.url !== '/v1/traces') {
      answer(response, 404, 'only POST /v1/traces lives here');
      return;
    }
    if (request.headers['content-type']?.startsWith('application/json') !== true) {
      answer(response, 415, 'set OTEL_EXPORTER_OTLP_PROTOCOL=http/json');
      return;
    }
    collectBody(request, MAX_REQUEST_BYTES, (result) => {
      if (result.kind === 'complete') this.#take(result.body ?? Buffer.alloc(0), response);
      else answer(response, 413, `at most ${MAX_REQUEST_BYTES} bytes`);
    });
  }

  #take(body: Buffer, response: ServerResponse): void {
    try {
      for (const span of parseOtlpSpans(JSON.parse(body.toString('utf8')))) this.#keep(JSON.stringify(span));
      answer(response, 200, undefined);
    } catch (error: unknown) {
      answer(response, 400, error instanceof Error ? error.message : String(error));
    }
  }

  #keep(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bytes + bytes > this.#maxFileBytes) {
      this.#dropped += 1;
      return;
    }
    this.#bytes += bytes;
    this.#kept += 1;
    this.#file.write(`${line}\n`);
  }
}

/** What an exporter expects: `{}` when all was taken, else a status with a message. */
function answer(response: ServerResponse, status: number, message: string | undefined): void {
  const body = JSON.stringify(message === undefined ? {} : { message });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
