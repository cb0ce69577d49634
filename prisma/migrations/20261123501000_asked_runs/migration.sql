-- The operator's action that asks for a run out of turn, until a scheduler takes it.
ALTER TABLE "schedule_runs" ADD COLUMN "asked_in" UUID;
