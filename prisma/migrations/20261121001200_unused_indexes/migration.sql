-- Nothing asks for these. That an event is told once in the history of its order is kept by handled_events.
-- DropIndex
DROP INDEX "sent_mails_order_id_idx";

-- DropIndex
DROP INDEX "order_history_order_id_stream_version_key";
