/** Stops what global-setup.ts started, and removes its data and logs. */
export default async function stopTestServers(): Promise<void> {
  await globalThis.orderflowTestRun?.remove();
}
