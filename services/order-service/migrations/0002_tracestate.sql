-- Up Migration

-- The second half of a W3C trace context. Empty where no tracing system has anything to say, so rows stay as small.
ALTER TABLE event_outbox ADD COLUMN tracestate text;
ALTER TABLE event_outbox_dead ADD COLUMN tracestate text;

-- Down Migration

ALTER TABLE event_outbox_dead DROP COLUMN tracestate;
ALTER TABLE event_outbox DROP COLUMN tracestate;
