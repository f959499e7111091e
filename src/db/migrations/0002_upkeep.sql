-- A customer's spending and last transaction follow its transactions, whoever writes them:
-- once per statement and set-based, so that bulk loads stay bulk.
CREATE FUNCTION refresh_transaction_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE customers c
    SET client_spending = t.total, last_transaction_date = t.latest
    FROM (SELECT DISTINCT booster_customer_id FROM changed_rows) changed
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(amount), 0) AS total, max(transaction_date) AS latest
      FROM transactions t
      WHERE t.booster_customer_id = changed.booster_customer_id
    ) t
    WHERE c.booster_customer_id = changed.booster_customer_id
      AND (c.client_spending, c.last_transaction_date) IS DISTINCT FROM (t.total, t.latest);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER totals_after_insert AFTER INSERT ON transactions
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION refresh_transaction_totals();
--> statement-breakpoint
CREATE TRIGGER totals_after_update_new AFTER UPDATE ON transactions
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION refresh_transaction_totals();
--> statement-breakpoint
-- The same for the customers that an update took transactions away from.
CREATE TRIGGER totals_after_update_old AFTER UPDATE ON transactions
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION refresh_transaction_totals();
--> statement-breakpoint
CREATE TRIGGER totals_after_delete AFTER DELETE ON transactions
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION refresh_transaction_totals();
