// Places one order through the gateway, waits until the analytics have counted it, and asks the auditor for its verdict.
const gateway = process.env.GATEWAY_URL;
const apiKey = process.env.API_KEY;
const auditor = process.env.AUDITOR_URL;
const deadline = Date.now() + Number(process.env.TIMEOUT_SECONDS) * 1000;
const price = 19.99;
const quantity = 2;

async function call(path, init, host = gateway) {
  // The key is the gateway's: nobody else is told.
  const key = apiKey && host === gateway ? { authorization: `Bearer ${apiKey}` } : {};
  const headers = { ...init?.headers, ...key };
  const response = await fetch(host + path, { ...init, headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** Tries again until the deadline: right after an install the gateway may still be starting. */
async function until(what, attempt) {
  for (;;) {
    let problem = 'not yet';
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      problem = error.cause?.message ?? error.message;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not happen in time: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const before = (await until('an answer of the analytics', () => call('/analytics/sales'))).totals;
const idempotencyKey = crypto.randomUUID();
const order = await until('an accepted order', () =>
  call('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify({ customerId: 'helm-test', items: [{ productId: 'helm-test', quantity, price }] }),
  }),
);
process.stdout.write(`order ${order.orderId} is ${order.status}, ${order.totalPrice}\n`);
const placed = await call(`/orders/${order.orderId}`);
if (placed.totalPrice !== price * quantity)
  throw new Error(`the total is ${placed.totalPrice}, not ${price * quantity}`);

const placedAt = Date.now();
await until('the order in the analytics', async () => {
  const { totals } = await call('/analytics/sales');
  return totals.orders > before.orders && totals.revenue > before.revenue ? totals : undefined;
});
process.stdout.write(`the analytics have it after ${Date.now() - placedAt} ms\n`);

// Under load a minute is judged when it is over: that may take longer than this test. But it must not be broken.
if (auditor !== undefined) {
  let said;
  const isJudged = async () => {
    said = await call('/verdict', {}, auditor);
    if (said.verdict === 'broken') return said;
    return said.verdict === 'proved' && Date.parse(said.provedUpTo) >= Date.parse(order.createdAt) ? said : undefined;
  };
  await until('a verdict on the order', isJudged).catch((error) => {
    if (said === undefined) throw error;
  });
  const { verdict, waitingFor, provedUpTo, lost, duplicated, findings } = said;
  if (verdict === 'broken') throw new Error(`the auditor: broken, ${JSON.stringify(findings.slice(0, 5))}`);
  process.stdout.write(`the auditor: ${verdict}, lost ${lost}, duplicated ${duplicated}, proved up to ${provedUpTo}`);
  process.stdout.write(waitingFor === null ? '\n' : `, waiting for ${waitingFor}\n`);
}
