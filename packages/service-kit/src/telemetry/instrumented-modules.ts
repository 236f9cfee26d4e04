/** Modules whose imports the loader's hook shows to the instrumentations; any other would only be slower to load. */
export const INSTRUMENTED_MODULES = ['http', 'https', 'express', 'pg', 'kafkajs', 'pino'];
