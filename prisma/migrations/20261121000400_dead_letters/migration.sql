-- AlterTable
ALTER TABLE "dead_letters" ADD COLUMN "action_id" UUID;

-- CreateTable
CREATE TABLE "operator_actions" (
    "id" BIGSERIAL NOT NULL,
    "action_id" UUID NOT NULL,
    "phase" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "operator" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "selector" JSONB NOT NULL,
    "reason" TEXT,
    "outcome" TEXT,
    "result" JSONB,

    CONSTRAINT "operator_actions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "dead_letters_action_id_status_idx" ON "dead_letters"("action_id", "status");

-- CreateIndex
CREATE UNIQUE INDEX "operator_actions_action_id_phase_key" ON "operator_actions"("action_id", "phase");

-- CreateIndex
CREATE INDEX "operator_actions_worker_id_idx" ON "operator_actions"("worker", "id");

ALTER TABLE "operator_actions" ADD CONSTRAINT "operator_actions_phase" CHECK ("phase" IN ('begun', 'finished'));

-- What operators did is never rewritten.
CREATE FUNCTION refuse_to_change_operator_actions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'operator_actions is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER operator_actions_are_append_only BEFORE UPDATE OR DELETE ON "operator_actions"
  FOR EACH ROW EXECUTE FUNCTION refuse_to_change_operator_actions();
CREATE TRIGGER operator_actions_are_not_truncated BEFORE TRUNCATE ON "operator_actions"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_operator_actions();

-- A dead letter has one successor at most: the message that failed again, or the edited copy. A message that an
-- interrupted redrive sent twice therefore dies once.
CREATE UNIQUE INDEX "dead_letters_parent" ON "dead_letters" ("parent_id") WHERE "parent_id" IS NOT NULL;
-- Counting and grouping read these columns only, never a body.
CREATE INDEX "dead_letters_open_groups" ON "dead_letters" ("worker", "fingerprint", "failed_at", "id") WHERE "status" = 'open';
-- The order of a redrive: stream by stream, each by version.
CREATE INDEX "dead_letters_open_sequence" ON "dead_letters" ("worker", coalesce("stream", ''), coalesce("stream_version", 0), "id") WHERE "status" = 'open';
-- What needs no delivery any more: the reaction handled the event, gave it up, or an operator closed it. A redriven dead
-- letter does not settle: if the broker lost the message, reconciliation may deliver the event again.
CREATE VIEW "settled_deliveries" AS
  SELECT "worker", "event_id" FROM "deliveries"
  UNION ALL
  SELECT "worker", "event_id" FROM "dead_letters" WHERE "status" <> 'redriven' AND "event_id" IS NOT NULL;
