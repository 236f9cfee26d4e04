import { byId, formatMoney, make, setText } from './dom.js';
import { render } from './render.js';

const STALE_AFTER_MS = 5_000;
const LOG_LINES = 6;

/** What was placed by hand here, as last answered, by order; the newest last. */
const ownOrders = new Map();
let stream;
let lastOrderId;
let staleTimer;

/** A page that nobody sees asks for nothing. */
function watch() {
  stream?.close();
  stream = undefined;
  if (document.hidden) return;
  stream = new EventSource('events');
  stream.addEventListener('message', ({ data }) => {
    const view = JSON.parse(data);
    render(view, ownOrders);
    setText('connection', 'live');
    clearTimeout(staleTimer);
    staleTimer = setTimeout(() => setText('connection', 'no answer from the console'), STALE_AFTER_MS);
  });
  stream.addEventListener('error', () => setText('connection', 'reconnecting'));
}

function tell(text) {
  const log = byId('hand-log');
  log.prepend(make('li', { text }));
  while (log.children.length > LOG_LINES) log.lastElementChild.remove();
}

async function post(path, body) {
  try {
    const response = await fetch(`actions/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    tell(`Refused: ${answer.detail ?? answer.title}`);
  } catch {
    tell('The console does not answer.');
  }
  return undefined;
}

async function place() {
  const items = [{ productId: 'by-hand', quantity: 1, price: 19.9 }];
  const order = await post('orders', { customerId: 'console', items });
  if (order === undefined) return;
  lastOrderId = order.orderId;
  ownOrders.set(order.orderId, { customerId: 'console', ...order });
  for (const button of document.querySelectorAll('[data-change]')) button.disabled = false;
  tell(`Placed ${order.orderId} for ${formatMoney(order.totalPrice)}.`);
}

async function change(name) {
  const order = await post(`orders/${lastOrderId}/${name}`, {});
  if (order === undefined) return;
  ownOrders.set(order.orderId, { customerId: 'console', ...order });
  tell(`${lastOrderId} is ${order.status.toLowerCase()}.`);
}

async function injectFault(kind) {
  const refused = await postFault(kind);
  if (refused !== undefined) setText('fault-state', refused);
}

async function postFault(kind) {
  try {
    const response = await fetch(`actions/faults/${kind}`, { method: 'POST' });
    return response.ok ? undefined : `Refused: ${(await response.json()).title}.`;
  } catch {
    return 'The console does not answer.';
  }
}

byId('place').addEventListener('click', () => void place());
for (const button of document.querySelectorAll('[data-change]')) {
  button.addEventListener('click', () => void change(button.dataset.change));
}
byId('fault-buttons').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button?.getAttribute('aria-disabled') === 'false') void injectFault(button.dataset.fault);
});
document.addEventListener('visibilitychange', watch);
watch();
