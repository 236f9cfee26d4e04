import {
  byId,
  formatCount,
  formatMoney,
  formatMs,
  formatTime,
  make,
  setAttribute,
  setChildren,
  setText,
} from './dom.js';

const HOPS = {
  gateway: { title: 'Gateway', rate: 'orders/s', waiting: 'in flight' },
  orders: { title: 'Order service', rate: 'orders/s', waiting: 'queued' },
  outbox: { title: 'Outbox', rate: 'events/s', waiting: 'unsent' },
  topic: { title: 'Kafka topic', rate: 'events/s', waiting: 'lag' },
  processor: { title: 'Processor', rate: 'events/s', waiting: 'in hand' },
  analytics: { title: 'Analytics', rate: 'events/s', waiting: '' },
};

/** Shows one view; everything in it may be down. */
export function render(view, ownOrders) {
  renderVerdict(view.verdict);
  renderFlow(view.flow.hops);
  renderPartitions(view.flow.partitions);
  renderScaling(view.scaling, view.flow.processes);
  renderSales(view.sales);
  renderOrders(view.orders, ownOrders, view.traceUrlTemplate);
  renderFaults(view.faults);
}

const figure = ([label, value]) =>
  make('div', { children: [make('dt', { text: label }), make('dd', { text: value })] });

const VERDICT_TEXTS = { down: 'The auditor does not answer.', absent: 'No auditor watches here.' };

function renderVerdict({ state, value }) {
  const word = state === 'up' ? value.verdict : state === 'down' ? 'down' : 'not running';
  byId('verdict-title').parentElement.dataset.verdict = word;
  setText('verdict-word', word[0].toUpperCase() + word.slice(1));
  setText('verdict-text', state === 'up' ? verdictText(value) : VERDICT_TEXTS[state]);
  const figures =
    state === 'up'
      ? [
          ['orders compared', formatCount(value.orders)],
          ['lost', formatCount(value.lost)],
          ['duplicated', formatCount(value.duplicated)],
          ['revenue drift', formatMoney(value.revenueDriftCents / 100)],
        ]
      : [];
  setChildren('verdict-figures', figures, figure);
}

function verdictText({ verdict, waitingFor, provedUpTo }) {
  if (verdict === 'settling') return `Waits for ${waitingFor}.`;
  if (verdict === 'broken') return 'An order is not where it belongs.';
  const upTo = provedUpTo === null ? '' : `, up to ${formatTime(provedUpTo)}`;
  return `Every order that can be judged is counted exactly once${upTo}.`;
}

function renderFlow(hops) {
  const described = hops.map((hop) => ({
    id: hop.id,
    up: hop.isUp,
    moving: (hop.perSecond ?? 0) > 0,
    rate: hop.isUp ? formatCount(hop.perSecond) : hop.isExpected ? 'down' : 'not running',
    waiting: hop.waiting === null ? '' : `${formatCount(hop.waiting)} ${HOPS[hop.id].waiting}`,
    p99: hop.p99Ms === null ? '' : `p99 ${formatMs(hop.p99Ms)}`,
  }));
  const list = byId('flow');
  if (list.children.length !== described.length) list.replaceChildren(...described.map(makeHop));
  // In place, so that the movement goes on.
  described.forEach((hop, index) => fillHop(list.children[index], hop));
}

const makeHop = ({ id }) =>
  make('li', {
    'data-hop': id,
    children: [
      make('h3', { text: HOPS[id].title }),
      make('b'),
      make('span', { text: HOPS[id].rate }),
      make('span'),
      make('span'),
    ],
  });

function fillHop(item, { up, moving, rate, waiting, p99 }) {
  item.dataset.up = String(up);
  item.dataset.moving = String(moving);
  const [, number, , depth, time] = item.children;
  if (number.textContent !== rate) number.textContent = rate;
  if (depth.textContent !== waiting) depth.textContent = waiting;
  if (time.textContent !== p99) time.textContent = p99;
}

const OWNERS = ['#2a8f77', '#5b7fd1', '#b8762a', '#9a5fb5', '#c2556b', '#6f8a2f', '#3f8fa6', '#8a6d52'];

function renderPartitions(partitions) {
  const members = [...new Set(partitions.map(({ member }) => member))].toSorted((a, b) => a.localeCompare(b));
  const most = Math.max(100, ...partitions.map(({ lag }) => lag));
  setChildren('partitions', partitions, ({ partition, lag, member }) => {
    const bar = make('i');
    bar.style.height = `${Math.round((lag / most) * 72)}px`;
    bar.style.setProperty('--owner', OWNERS[members.indexOf(member) % OWNERS.length]);
    const title = `partition ${partition}: ${lag} messages, ${member}`;
    return make('li', {
      title,
      children: [make('em', { text: formatCount(lag) }), bar, make('em', { text: partition })],
    });
  });
  const owned = members.map((member) => {
    const theirs = partitions.filter((it) => it.member === member).map(({ partition }) => partition);
    return `${member} owns ${theirs.join(', ')}`;
  });
  setText('partitions-text', owned.length === 0 ? 'No processor answers.' : `${owned.join('; ')}.`);
}

function renderScaling({ state, value }, processes) {
  const processors = processes.filter(({ job }) => job === 'event-processor');
  const up = processors.filter(({ isUp }) => isUp).length;
  setText('replicas', `${up} of ${processors.length} processors up`);
  if (state !== 'up') {
    setText('scaling-text', state === 'down' ? 'What was decided cannot be read.' : 'No operator is running.');
    setChildren('scaling-terms', [], make);
    return;
  }
  const words = value.scaling?.text ?? 'The operator decides nothing at present.';
  const [headline, ...terms] = words.split('\n');
  setText('scaling-text', headline);
  setChildren('scaling-terms', terms, (text) => make('li', { text }));
  const changes = value.changes.slice(0, 5).map(({ at, text }) => `${formatTime(at)}  ${text}`);
  setChildren('scaling-changes', changes, (text) => make('li', { text }));
}

function renderSales({ state, value }) {
  if (state !== 'up') {
    setChildren('sales-figures', [['analytics', 'down']], figure);
    return;
  }
  const { totals, perMinute, topProducts } = value;
  const figures = [
    ['orders', formatCount(totals.orders)],
    ['revenue', formatMoney(totals.revenue)],
    ['paid', formatCount(totals.ordersPaid)],
    ['cancelled', formatCount(totals.ordersCancelled)],
  ];
  setChildren('sales-figures', figures, figure);
  drawBars(perMinute);
  setChildren('products', topProducts, ({ productId, units, revenue }) =>
    make('li', {
      children: [
        make('span', { text: productId }),
        make('span', { class: 'number', text: `${formatCount(units)} units, ${formatMoney(revenue)}` }),
      ],
    }),
  );
}

const SVG = 'http://www.w3.org/2000/svg';

function drawBars(perMinute) {
  const chart = byId('sales-chart');
  chart.setAttribute('viewBox', '0 0 300 60');
  chart.setAttribute('preserveAspectRatio', 'none');
  const most = Math.max(1, ...perMinute.map(({ orders }) => orders));
  setChildren('sales-chart', perMinute, ({ orders }) => {
    const bar = document.createElementNS(SVG, 'rect');
    const height = Math.max(1, (orders / most) * 58);
    const index = chart.nextIndex ?? 0;
    chart.nextIndex = (index + 1) % perMinute.length;
    const place = { x: (30 - perMinute.length + index) * 10 + 1, y: 60 - height, width: 8, height, rx: 1 };
    for (const [name, size] of Object.entries(place)) bar.setAttribute(name, size);
    return bar;
  });
}

/** An order's id, and the way to its trace where one can be looked at. */
function orderCell(orderId, template) {
  const code = make('code', { text: orderId });
  if (template === undefined) return make('td', { children: [code] });
  const href = template.replaceAll('{orderId}', encodeURIComponent(orderId));
  return make('td', { children: [make('a', { href, rel: 'noreferrer', target: '_blank', children: [code] })] });
}

function renderOrders({ state, value }, ownOrders, traceUrlTemplate) {
  if (state !== 'up') {
    const cell = make('td', { colspan: '5', text: 'The gateway does not answer.' });
    setChildren('orders', ['down'], () => make('tr', { children: [cell] }));
    return;
  }
  // Under load an order leaves the list of the last ones within a moment; one's own stay on top.
  const own = [...ownOrders.values()].toReversed().slice(0, 3);
  const shown = own.map((mine) => value.find(({ orderId }) => orderId === mine.orderId) ?? mine);
  const others = value.filter(({ orderId }) => !ownOrders.has(orderId));
  setChildren('orders', [...shown, ...others].slice(0, 10), ({ orderId, customerId, status, totalPrice, createdAt }) =>
    make('tr', {
      class: ownOrders.has(orderId) ? 'mine' : 'other',
      children: [
        orderCell(orderId, traceUrlTemplate),
        make('td', { text: customerId }),
        make('td', { text: status.toLowerCase() }),
        make('td', { class: 'number', text: formatMoney(totalPrice) }),
        make('td', { text: formatTime(createdAt) }),
      ],
    }),
  );
}

const FAULT_EVENTS_SHOWN = 30;

/** Where nobody injects faults, none of it is there. */
function renderFaults(faults) {
  byId('faults').hidden = faults === undefined;
  if (faults === undefined) return;
  const { isOpen, offered, running, events } = faults;
  setChildren('fault-buttons', offered, ({ kind, title, effect }) =>
    make('li', {
      children: [
        make('button', { type: 'button', 'data-fault': kind, 'aria-describedby': `fault-${kind}`, text: title }),
        make('span', { id: `fault-${kind}`, class: 'quiet', text: effect }),
      ],
    }),
  );
  // Not `disabled`, which would take the focus from who has just pressed it.
  for (const button of byId('fault-buttons').querySelectorAll('button')) {
    setAttribute(button, 'aria-disabled', String(!isOpen || running !== null));
    setAttribute(button, 'data-running', String(button.dataset.fault === running));
  }
  const under = offered.find(({ kind }) => kind === running);
  setText(
    'fault-state',
    under ? `Under way: ${under.title}.` : isOpen ? 'Nothing is broken.' : 'No fault is taken now.',
  );
  const shown = events.slice(0, FAULT_EVENTS_SHOWN).map(({ at, text }) => `${formatTime(at)}  ${text}`);
  setChildren('fault-events', shown, (text) => make('li', { text }));
}
