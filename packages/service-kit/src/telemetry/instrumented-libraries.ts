import http from 'node:http';
import { createRequire } from 'node:module';
import { isWrapped } from '@opentelemetry/instrumentation';
import type { InstrumentedLibraries } from './tracing.ts';

const require = createRequire(import.meta.url);

/** The parts of the libraries that are looked at; none is called but pino. */
interface Modules {
  readonly express: { readonly application: { readonly use: unknown } };
  readonly pg: { readonly Client: { readonly prototype: { readonly query: unknown } } };
  readonly kafkajs: { readonly Kafka: { readonly prototype: { readonly producer: unknown } } };
}

/** Looks at every library that is loaded by now: whether a call of it would be seen, not whether a hook was asked for. */
export async function inspectLibraries(): Promise<InstrumentedLibraries> {
  const patched: string[] = [];
  const unpatched: string[] = [];
  const note = (library: string, isPatched: boolean): void => void (isPatched ? patched : unpatched).push(library);
  note('http', isWrapped(http.request));
  const express = loadedModule('express');
  if (express !== undefined) note('express', isWrapped(express.application.use));
  const pg = loadedModule('pg');
  if (pg !== undefined) note('pg', isWrapped(pg.Client.prototype.query));
  const kafkajs = loadedModule('kafkajs');
  if (kafkajs !== undefined) note('kafkajs', isWrapped(kafkajs.Kafka.prototype.producer));
  note('pino', await addsTraceIds());
  return { patched, unpatched };
}

/** The exports of a CommonJS library, if something has loaded it. */
function loadedModule<Name extends keyof Modules>(name: Name): Modules[Name] | undefined {
  try {
    return require.cache[require.resolve(name)]?.exports as Modules[Name] | undefined;
  } catch {
    return undefined; // not even installed here
  }
}

/** pino is not wrapped but replaced in the import, so a logger has to be asked. */
async function addsTraceIds(): Promise<boolean> {
  const { pino } = await import('pino');
  const logger = pino({ level: 'silent' });
  return pino.symbols.mixinSym in logger && logger[pino.symbols.mixinSym] !== undefined;
}
