-- Up Migration

-- The auditor compares orders with their effects by ranges of order ids. Order ids are made of time like event ids, so
-- that the index grows at its right end too. Building it holds writes up: batches wait and are tried again.
CREATE INDEX processed_events_by_order ON processed_events (order_id);

-- Down Migration

DROP INDEX processed_events_by_order;
