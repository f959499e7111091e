-- What the tables' generated columns and the filters share. Each function gives the same text on every
-- PostgreSQL whatever its locale, so it may be called immutable and used in an index.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS unaccent;
--> statement-breakpoint
-- Text without case and accents: "Ｊosé" and "JOSE" are one. Letters that carry their mark in themselves
-- (ø, ł, ß) are spelled out by unaccent; the others are taken apart and their marks dropped.
-- Plain ASCII, most names, takes the short way.
CREATE FUNCTION fold_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE
    WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
    ELSE lower(normalize(
      unaccent('unaccent'::regdictionary,
        normalize(regexp_replace(normalize(value, NFKD), U&'[\0300-\036f]', '', 'g'), NFC)),
      NFC) COLLATE "und-x-icu") COLLATE "C"
  END;
--> statement-breakpoint
-- Text without case alone, for what is compared whole: emails, SAP ids, hobbies.
CREATE FUNCTION fold_case(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE
    WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
    ELSE lower(value COLLATE "und-x-icu") COLLATE "C"
  END;
--> statement-breakpoint
-- Both orders of a full name, a line each: a key without line breaks is in one of them or in neither.
CREATE FUNCTION search_name(first_name text, last_name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN fold_text(
    coalesce(first_name || ' ' || last_name || E'\n' || last_name || ' ' || first_name, first_name, last_name, ''));
--> statement-breakpoint
-- An E.164 number's digits without its country calling code. Calling codes are prefix-free
-- (ITU-T E.164.D): 1, 7, the two-digit codes below, and three digits otherwise.
CREATE FUNCTION national_phone_number(phone_number text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN regexp_replace(
    phone_number,
    '^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})', '');
