/**
 * Waits, or returns early (without throwing) when the signal aborts. By the global timer and not by
 * `node:timers/promises`, so that whoever replaces the global timers turns every clock of a process.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  signal?.addEventListener('abort', wake, { once: true });
  return promise;
}
