-- The timeline of PostgreSQL's log under which the relay's lease was taken: another one tells of a failover or a restore.
-- AlterTable
ALTER TABLE "relay_leases" ADD COLUMN "timeline" TEXT;

-- Empty where a hosted PostgreSQL does not tell it.
CREATE FUNCTION wal_timeline() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN left(pg_walfile_name(pg_current_wal_lsn()), 8);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
  RETURN NULL;
END;
$$;
