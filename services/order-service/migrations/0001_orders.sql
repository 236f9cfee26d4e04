-- Up Migration

-- An order is one row: its items are written once, read whole and never queried by themselves.
CREATE TABLE orders (
  order_id    uuid        PRIMARY KEY,
  customer_id text        NOT NULL,
  status      text        NOT NULL CHECK (status IN ('CREATED', 'PAID', 'SHIPPED', 'CANCELLED')),
  total_cents bigint      NOT NULL CHECK (total_cents >= 0),
  items       jsonb       NOT NULL CHECK (jsonb_array_length(items) > 0),
  -- Number of state changes so far, which is the sequence of the last event.
  sequence    integer     NOT NULL CHECK (sequence >= 1),
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
COMMENT ON COLUMN orders.order_id IS 'UUIDv7: its order is the order of creation, so newest first is a backward walk of this key';
CREATE INDEX orders_by_customer ON orders (customer_id, order_id DESC);
CREATE INDEX orders_by_status ON orders (status, order_id DESC);

CREATE TABLE idempotency_keys (
  key          text        PRIMARY KEY,
  request_hash bytea       NOT NULL,
  order_id     uuid        NOT NULL,
  created_at   timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- A row exists as long as its event is not known to be in Kafka. Rows are inserted and deleted, never updated.
CREATE TABLE event_outbox (
  shard       smallint    NOT NULL,
  id          bigint      GENERATED ALWAYS AS IDENTITY,
  event_id    uuid        NOT NULL,
  order_id    uuid        NOT NULL,
  event_type  text        NOT NULL,
  payload     text        NOT NULL,
  traceparent text,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (shard, id)
) WITH (
  -- A queue table is mostly dead rows: vacuum it by count, not by a share of a size that means nothing.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_vacuum_cost_delay = 1
);

-- Orders whose oldest event Kafka refuses: none of their events is sent before next_attempt_at.
CREATE TABLE outbox_parked (
  order_id        uuid        PRIMARY KEY,
  attempts        integer     NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  last_error      text        NOT NULL
);

-- Events given up after the last attempt, with the reason, until somebody replays them.
CREATE TABLE event_outbox_dead (
  event_id    uuid        PRIMARY KEY,
  shard       smallint    NOT NULL,
  order_id    uuid        NOT NULL,
  event_type  text        NOT NULL,
  payload     text        NOT NULL,
  traceparent text,
  created_at  timestamptz NOT NULL,
  attempts    integer     NOT NULL,
  error       text        NOT NULL,
  died_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who publishes which shard. The number of shards is fixed: services/order-service/src/outbox/shard.ts.
CREATE TABLE outbox_shard (
  shard      smallint    PRIMARY KEY,
  owner      uuid,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO outbox_shard (shard) SELECT generate_series(0, 15);

CREATE TABLE outbox_publisher (
  publisher_id uuid        PRIMARY KEY,
  expires_at   timestamptz NOT NULL
);

-- Down Migration

DROP TABLE outbox_publisher, outbox_shard, event_outbox_dead, outbox_parked, event_outbox, idempotency_keys, orders;
