-- The second line of defence for whose customers a read may see. The first is the WHERE of each query; this one holds
-- when a WHERE is forgotten or wrong. A transaction that reads customers becomes `customer_export_reader` and says for
-- whom (src/db/row-security.ts); while it has not said so it sees nobody. The tables' owner, who imports, is not
-- restricted.
--
-- Roles belong to the whole server, not to one database: another database may have made it already.
DO $$ BEGIN
  IF to_regrole('customer_export_reader') IS NULL THEN
    BEGIN
      CREATE ROLE customer_export_reader NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL; -- made by another migration at this very moment
      WHEN insufficient_privilege THEN
        RAISE insufficient_privilege USING
          MESSAGE = format('%I may not create the role customer_export_reader.', current_user),
          HINT = format('Ask an administrator to run: CREATE ROLE customer_export_reader NOLOGIN; GRANT customer_export_reader TO %I;', current_user);
    END;
  END IF;
END $$;
--> statement-breakpoint
-- The only question that matters, asked the same way on every version: can we become the reader?
DO $$ BEGIN
  SET LOCAL ROLE customer_export_reader;
  RESET ROLE;
EXCEPTION WHEN insufficient_privilege THEN
  BEGIN
    EXECUTE format('GRANT customer_export_reader TO %I', current_user);
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('%I may not become the role customer_export_reader.', current_user),
      HINT = format('Ask an administrator to run: GRANT customer_export_reader TO %I;', current_user);
  END;
END $$;
--> statement-breakpoint
DO $$ BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO customer_export_reader', current_schema());
END $$;
--> statement-breakpoint
-- Nothing of exports, audit and settings: the key that signs file URLs is there.
GRANT SELECT ON
  brands, points_of_sale, interests, hobbies, product_collections, product_categories, sales_representatives,
  customers, customer_interests, customer_hobbies, customer_product_collections, transactions, customer_lines
  TO customer_export_reader;
--> statement-breakpoint
-- For whom the transaction reads: the brands as an array's text; the points of sale likewise, or `all`.
-- Null, and with it nobody, while it has not said so. A local setting is empty after its transaction, not gone.
CREATE FUNCTION readable_brands() RETURNS text[]
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('customer_export.brands', true), '')::text[];
--> statement-breakpoint
CREATE FUNCTION readable_pos_codes() RETURNS text[]
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(nullif(current_setting('customer_export.pos_codes', true), ''), 'all')::text[];
--> statement-breakpoint
CREATE FUNCTION reads_all_pos_codes() RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(current_setting('customer_export.pos_codes', true) = 'all', false);
--> statement-breakpoint
-- A function in a subquery of its own runs once for a query, not once for a row.
DO $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['customers', 'customer_lines']
  LOOP
    EXECUTE format('CREATE POLICY readable ON %I FOR SELECT TO customer_export_reader USING (
      brand = ANY ((SELECT readable_brands())::text[])
      AND ((SELECT reads_all_pos_codes()) OR pos_code = ANY ((SELECT readable_pos_codes())::text[])))', place);
  END LOOP;
END $$;
--> statement-breakpoint
-- Lists have no brand of their own and say nothing without their customer, through whom every query reaches them.
-- Looking up the customer of each row again would cost an export of built lines half as much again, and mislead the
-- planner; so they are closed only to a transaction that has not said for whom it reads.
DO $$
DECLARE
  list text;
BEGIN
  FOREACH list IN ARRAY ARRAY['customer_interests', 'customer_hobbies', 'customer_product_collections', 'transactions']
  LOOP
    EXECUTE format('CREATE POLICY readable ON %I FOR SELECT TO customer_export_reader
      USING ((SELECT cardinality(readable_brands()) > 0))', list);
  END LOOP;
END $$;
--> statement-breakpoint
-- What a filter form offers: by brand alone. That a point of sale exists is no secret within its brand.
CREATE POLICY readable ON brands FOR SELECT TO customer_export_reader
  USING (code = ANY ((SELECT readable_brands())::text[]));
--> statement-breakpoint
DO $$
DECLARE
  dictionary text;
BEGIN
  FOREACH dictionary IN ARRAY ARRAY[
    'points_of_sale', 'interests', 'hobbies', 'product_collections', 'product_categories', 'sales_representatives']
  LOOP
    EXECUTE format('CREATE POLICY readable ON %I FOR SELECT TO customer_export_reader
      USING (brand = ANY ((SELECT readable_brands())::text[]))', dictionary);
  END LOOP;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  restricted text;
BEGIN
  FOREACH restricted IN ARRAY ARRAY[
    'brands', 'points_of_sale', 'interests', 'hobbies', 'product_collections', 'product_categories',
    'sales_representatives', 'customers', 'customer_lines', 'customer_interests', 'customer_hobbies',
    'customer_product_collections', 'transactions']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', restricted);
  END LOOP;
END $$;
