/** Stops what global-setup.ts started. */
export default async function stopTestServers(): Promise<void> {
  await globalThis.orderflowTestBackends?.stop();
}
