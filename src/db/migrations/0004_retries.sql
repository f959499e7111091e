ALTER TABLE "exports" ADD COLUMN "retry_at" timestamp (6) with time zone;--> statement-breakpoint
CREATE INDEX "exports_by_expiry" ON "exports" USING btree ("expires_at") WHERE status = 'COMPLETED';