-- Lines of up to a page stay in the row: a compressed or out-of-line one takes several times as long to read.
ALTER TABLE customer_lines SET (toast_tuple_target = 8160, fillfactor = 90);
--> statement-breakpoint
-- Builds the lines of these customers anew. `build_customer_lines` and `customer_line_version` are made by the
-- application when it starts, from the same compiler as every other line (src/customers/stored-lines.ts).
-- A change of a list does not lock its customer, so two at once would each miss the other's: whoever does not hold
-- the customers yet locks them first, in one order, and then sees what was committed before.
-- Batches keep memory constant.
CREATE FUNCTION refresh_customer_lines(ids integer[], held boolean) RETURNS void
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  batch integer[];
BEGIN
  IF NOT held THEN
    PERFORM FROM customers WHERE booster_customer_id = ANY (ids) ORDER BY booster_customer_id FOR NO KEY UPDATE;
  END IF;
  FOR batch IN
    SELECT array_agg(id) FROM unnest(ids) WITH ORDINALITY AS listed (id, place) GROUP BY (place - 1) / 5000
  LOOP
    INSERT INTO customer_lines (brand, pos_code, booster_customer_id, version, line)
      SELECT c.brand, c.pos_code, c.booster_customer_id, customer_line_version(), built.line
      FROM build_customer_lines(batch) built
      JOIN customers c USING (booster_customer_id)
      ON CONFLICT (brand, booster_customer_id) DO UPDATE
        SET pos_code = excluded.pos_code, version = excluded.version, line = excluded.line
        WHERE (customer_lines.pos_code, customer_lines.version, customer_lines.line)
          IS DISTINCT FROM (excluded.pos_code, excluded.version, excluded.line);
  END LOOP;
END $$;
--> statement-breakpoint
-- A bulk load sets `customer_export.defer_lines` for its transaction and refreshes what it touched once, at its end.
CREATE FUNCTION keep_customer_lines() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('customer_export.defer_lines', true) = 'on' THEN
    RETURN NULL;
  END IF;
  PERFORM refresh_customer_lines(ids, TG_TABLE_NAME = 'customers')
    FROM (SELECT array_agg(DISTINCT booster_customer_id ORDER BY booster_customer_id) AS ids FROM changed_rows) changed
    WHERE ids IS NOT NULL;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION drop_customer_lines() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM customer_lines l USING changed_rows gone
    WHERE l.brand = gone.brand AND l.booster_customer_id = gone.booster_customer_id;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Row by row, and only where a row goes to another customer or brand: leaves the one that it came from right.
CREATE FUNCTION move_customer_line() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_TABLE_NAME = 'customers' THEN
    DELETE FROM customer_lines WHERE (brand, booster_customer_id) = (OLD.brand, OLD.booster_customer_id);
  ELSE
    PERFORM refresh_customer_lines(ARRAY[OLD.booster_customer_id], false);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION drop_all_customer_lines() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM customer_lines;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Logical replication applies rows one by one and fires row triggers alone. A bulk load does without triggers, too.
CREATE FUNCTION keep_replicated_customer_line() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND TG_TABLE_NAME = 'customers' THEN
    DELETE FROM customer_lines WHERE (brand, booster_customer_id) = (OLD.brand, OLD.booster_customer_id);
  ELSIF TG_OP <> 'INSERT' THEN
    PERFORM refresh_customer_lines(ARRAY[OLD.booster_customer_id], false);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM refresh_customer_lines(ARRAY[NEW.booster_customer_id], TG_TABLE_NAME = 'customers');
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  source text;
  deletion text;
  place text;
BEGIN
  FOREACH source IN ARRAY ARRAY['customers', 'customer_interests', 'customer_hobbies', 'customer_product_collections']
  LOOP
    deletion := CASE source WHEN 'customers' THEN 'drop_customer_lines' ELSE 'keep_customer_lines' END;
    place := CASE source WHEN 'customers' THEN '(%1$s.booster_customer_id, %1$s.brand)' ELSE '%1$s.booster_customer_id' END;
    EXECUTE format('CREATE TRIGGER lines_after_insert AFTER INSERT ON %I
      REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_customer_lines()', source);
    EXECUTE format('CREATE TRIGGER lines_after_update AFTER UPDATE ON %I
      REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_customer_lines()', source);
    EXECUTE format('CREATE TRIGGER lines_after_delete AFTER DELETE ON %I
      REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION %I()', source, deletion);
    EXECUTE format('CREATE TRIGGER lines_after_move AFTER UPDATE ON %I
      FOR EACH ROW WHEN (%s <> %s) EXECUTE FUNCTION move_customer_line()',
      source, format(place, 'OLD'), format(place, 'NEW'));
    EXECUTE format('CREATE TRIGGER lines_after_truncate AFTER TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION drop_all_customer_lines()', source);
    EXECUTE format('CREATE TRIGGER lines_after_replication AFTER INSERT OR UPDATE OR DELETE ON %I
      FOR EACH ROW WHEN (current_setting(''customer_export.defer_lines'', true) IS DISTINCT FROM ''on'')
      EXECUTE FUNCTION keep_replicated_customer_line()', source);
    EXECUTE format('ALTER TABLE %I ENABLE REPLICA TRIGGER lines_after_replication', source);
  END LOOP;
END $$;
