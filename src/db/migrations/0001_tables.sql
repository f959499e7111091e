CREATE TABLE "audit" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp (6) with time zone DEFAULT clock_timestamp() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"export_id" uuid NOT NULL,
	"brand" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "brands" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customer_hobbies" (
	"booster_customer_id" integer NOT NULL,
	"sap_hobby_id" text collate "C",
	"hobby" text collate "C",
	CONSTRAINT "customer_hobbies_once" UNIQUE NULLS NOT DISTINCT("booster_customer_id","sap_hobby_id","hobby")
);
--> statement-breakpoint
CREATE TABLE "customer_interests" (
	"booster_customer_id" integer NOT NULL,
	"sap_interest_id" text collate "C" NOT NULL,
	"interest" text,
	CONSTRAINT "customer_interests_booster_customer_id_sap_interest_id_pk" PRIMARY KEY("booster_customer_id","sap_interest_id")
);
--> statement-breakpoint
CREATE TABLE "customer_lines" (
	"brand" text NOT NULL,
	"pos_code" text NOT NULL,
	"booster_customer_id" integer NOT NULL,
	"version" integer NOT NULL,
	"line" text NOT NULL,
	CONSTRAINT "customer_lines_brand_booster_customer_id_pk" PRIMARY KEY("brand","booster_customer_id")
);
--> statement-breakpoint
CREATE TABLE "customer_product_collections" (
	"booster_customer_id" integer NOT NULL,
	"sap_product_collection_id" text collate "C" NOT NULL,
	"product_collection" text,
	CONSTRAINT "customer_product_collections_booster_customer_id_sap_product_collection_id_pk" PRIMARY KEY("booster_customer_id","sap_product_collection_id")
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"booster_customer_id" integer PRIMARY KEY NOT NULL,
	"sap_crm_id" text,
	"brand" text NOT NULL,
	"pos_code" text NOT NULL,
	"first_name" text,
	"last_name" text,
	"email" text,
	"phone_number" text,
	"location_country_id" text,
	"birthdate" date,
	"creation_date" timestamp (6) with time zone NOT NULL,
	"customer_status" text NOT NULL,
	"can_be_contacted_by_maison" boolean NOT NULL,
	"has_sap_crm_error" boolean NOT NULL,
	"client_spending" numeric(16, 2) DEFAULT '0' NOT NULL,
	"last_transaction_date" timestamp (6) with time zone,
	"sale_representative_email" text,
	"national_phone_number" text GENERATED ALWAYS AS (national_phone_number(phone_number)) STORED,
	"search_name" text GENERATED ALWAYS AS (search_name(first_name, last_name)) STORED,
	CONSTRAINT "customers_status" CHECK ("customers"."customer_status" in ('Prospect', 'Client'))
);
--> statement-breakpoint
CREATE TABLE "exports" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"brand" text NOT NULL,
	"requested_by" text NOT NULL,
	"download_request_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"filter" jsonb NOT NULL,
	"selection" text NOT NULL,
	"compression" text NOT NULL,
	"read_scope" jsonb NOT NULL,
	"traceparent" text,
	"status" text DEFAULT 'CREATED' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"returns" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp (6) with time zone,
	"cancel_requested_by" text,
	"version" bigint DEFAULT 0 NOT NULL,
	"object_count" integer DEFAULT 0 NOT NULL,
	"total_object_count" integer,
	"progress" double precision DEFAULT 0 NOT NULL,
	"objects_per_second" double precision,
	"estimated_completion_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT clock_timestamp() NOT NULL,
	"started_at" timestamp (6) with time zone,
	"completed_at" timestamp (6) with time zone,
	"expires_at" timestamp (6) with time zone,
	"transaction_time" timestamp (6) with time zone,
	"file_key" text,
	"file_size" bigint,
	"uncompressed_size" bigint,
	"file_sha256" text,
	"failure_code" text,
	"failure_message" text,
	"failure_retryable" boolean
);
--> statement-breakpoint
CREATE TABLE "hobbies" (
	"brand" text NOT NULL,
	"sap_hobby_id" text collate "C",
	"hobby" text collate "C",
	CONSTRAINT "hobbies_once" UNIQUE NULLS NOT DISTINCT("brand","sap_hobby_id","hobby")
);
--> statement-breakpoint
CREATE TABLE "interests" (
	"brand" text NOT NULL,
	"sap_interest_id" text collate "C" NOT NULL,
	"interest" text,
	CONSTRAINT "interests_brand_sap_interest_id_pk" PRIMARY KEY("brand","sap_interest_id")
);
--> statement-breakpoint
CREATE TABLE "points_of_sale" (
	"brand" text NOT NULL,
	"pos_code" text NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "points_of_sale_brand_pos_code_pk" PRIMARY KEY("brand","pos_code")
);
--> statement-breakpoint
CREATE TABLE "product_categories" (
	"brand" text NOT NULL,
	"brand_category_id" text,
	"grand_category_id" text,
	"master_category_id" text,
	"category_id" text,
	"sub_category_id" text,
	CONSTRAINT "product_categories_path" UNIQUE NULLS NOT DISTINCT("brand","brand_category_id","grand_category_id","master_category_id","category_id","sub_category_id")
);
--> statement-breakpoint
CREATE TABLE "product_collections" (
	"brand" text NOT NULL,
	"sap_product_collection_id" text collate "C" NOT NULL,
	"product_collection" text,
	CONSTRAINT "product_collections_brand_sap_product_collection_id_pk" PRIMARY KEY("brand","sap_product_collection_id")
);
--> statement-breakpoint
CREATE TABLE "sales_representatives" (
	"brand" text NOT NULL,
	"email" text NOT NULL,
	"name" text,
	CONSTRAINT "sales_representatives_brand_email_pk" PRIMARY KEY("brand","email")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "transactions" (
	"booster_customer_id" integer NOT NULL,
	"transaction_id" text collate "C" NOT NULL,
	"transaction_date" timestamp (6) with time zone NOT NULL,
	"amount" numeric(16, 2) NOT NULL,
	"brand_category_id" text,
	"grand_category_id" text,
	"master_category_id" text,
	"category_id" text,
	"sub_category_id" text,
	CONSTRAINT "transactions_booster_customer_id_transaction_id_pk" PRIMARY KEY("booster_customer_id","transaction_id")
);
--> statement-breakpoint
ALTER TABLE "customer_hobbies" ADD CONSTRAINT "customer_hobbies_booster_customer_id_customers_booster_customer_id_fk" FOREIGN KEY ("booster_customer_id") REFERENCES "public"."customers"("booster_customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_interests" ADD CONSTRAINT "customer_interests_booster_customer_id_customers_booster_customer_id_fk" FOREIGN KEY ("booster_customer_id") REFERENCES "public"."customers"("booster_customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_product_collections" ADD CONSTRAINT "customer_product_collections_booster_customer_id_customers_booster_customer_id_fk" FOREIGN KEY ("booster_customer_id") REFERENCES "public"."customers"("booster_customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_brand_pos_code_points_of_sale_brand_pos_code_fk" FOREIGN KEY ("brand","pos_code") REFERENCES "public"."points_of_sale"("brand","pos_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hobbies" ADD CONSTRAINT "hobbies_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "interests" ADD CONSTRAINT "interests_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "points_of_sale" ADD CONSTRAINT "points_of_sale_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_categories" ADD CONSTRAINT "product_categories_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_collections" ADD CONSTRAINT "product_collections_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sales_representatives" ADD CONSTRAINT "sales_representatives_brand_brands_code_fk" FOREIGN KEY ("brand") REFERENCES "public"."brands"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_booster_customer_id_customers_booster_customer_id_fk" FOREIGN KEY ("booster_customer_id") REFERENCES "public"."customers"("booster_customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_by_export" ON "audit" USING btree ("export_id");--> statement-breakpoint
CREATE INDEX "customers_by_brand" ON "customers" USING btree ("brand","booster_customer_id","pos_code");--> statement-breakpoint
CREATE INDEX "customers_by_email" ON "customers" USING btree (fold_case(trim("email")));--> statement-breakpoint
CREATE INDEX "customers_by_national_phone" ON "customers" USING btree ("national_phone_number");--> statement-breakpoint
CREATE INDEX "customers_by_sap_crm_id" ON "customers" USING btree (fold_case("sap_crm_id"));--> statement-breakpoint
CREATE INDEX "customers_by_name" ON "customers" USING gin ("search_name" gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "exports_by_request" ON "exports" USING btree ("requested_by","brand","download_request_id");--> statement-breakpoint
CREATE INDEX "exports_by_creation" ON "exports" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "exports_unfinished" ON "exports" USING btree ("brand","created_at") WHERE status in ('CREATED', 'RUNNING', 'CANCELING');--> statement-breakpoint
CREATE INDEX "exports_by_expiry" ON "exports" USING btree ("expires_at") WHERE status = 'COMPLETED';