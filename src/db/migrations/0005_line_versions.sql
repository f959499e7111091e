-- Whether a line is of the current format is asked of every customer when a worker starts, and once an hour. With the
-- version in the index the lines themselves, some hundreds of bytes each, are not read for it.
ALTER TABLE customer_lines
  DROP CONSTRAINT customer_lines_brand_booster_customer_id_pk,
  ADD CONSTRAINT customer_lines_brand_booster_customer_id_pk
    PRIMARY KEY (brand, booster_customer_id) INCLUDE (version);
