-- What the tables' generated columns, their indexes and the filters share. Each function gives the same text on
-- every PostgreSQL whatever its locale, so it may be called immutable and used in an index.
-- None is STRICT where that would keep the planner from inlining it: null gives null all the same.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS unaccent;
--> statement-breakpoint
-- The long way of fold_text. It is a function of its own, because unaccent keeps what calls it from being inlined.
CREATE FUNCTION fold_accents(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN translate(lower(normalize(
    unaccent('unaccent'::regdictionary,
      normalize(regexp_replace(normalize(value, NFKD),
        U&'[\0300-\036f\1ab0-\1aff\1dc0-\1dff\20d0-\20ff\fe20-\fe2f]', '', 'g'), NFC)),
    NFC) COLLATE "und-x-icu") COLLATE "C", 'ς', 'σ');
--> statement-breakpoint
-- Text without case and accents: "Ｊosé" and "JOSE" are one. Letters that carry their mark in themselves
-- (ø, ł, ß) are spelled out by unaccent; the others are taken apart and their marks dropped.
-- σ and ς are one letter, so that the start of a word is found in it: ΝΙΚΟΣ in ΝΙΚΟΣΤΑΣ.
-- Plain ASCII, most names, takes the short way.
CREATE FUNCTION fold_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
    ELSE fold_accents(value) COLLATE "C"
  END;
--> statement-breakpoint
-- Text without case alone, for what is compared whole: emails, SAP ids, hobbies.
CREATE FUNCTION fold_case(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
    ELSE translate(lower(value COLLATE "und-x-icu") COLLATE "C", 'ς', 'σ')
  END;
--> statement-breakpoint
-- The same for each of a list. Given a parameter, the planner makes it a constant, which it looks up by hash or index.
CREATE FUNCTION fold_cases(list text[]) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT fold_case(value) FROM unnest(list) AS value);
--> statement-breakpoint
-- Both orders of a full name, a line each: a key without line breaks is in one of them or in neither.
CREATE FUNCTION search_name(first_name text, last_name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN fold_text(
    coalesce(first_name || ' ' || last_name || E'\n' || last_name || ' ' || first_name, first_name, last_name, ''));
--> statement-breakpoint
-- The LIKE pattern of the search names that contain a key, whose own %, _ and \ stand for themselves.
-- Null, which matches nothing, when folding leaves nothing of the key, as of an accent without its letter.
CREATE FUNCTION search_pattern(key text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN '%' || regexp_replace(nullif(fold_text(key), ''), '([\\%_])', '\\\1', 'g') || '%';
--> statement-breakpoint
-- A phone number without what people put between its digits: spaces, dashes, dots and brackets; 00 counts as +.
-- What is plain already, most numbers, takes the short way.
CREATE FUNCTION plain_phone_number(phone_number text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN phone_number ~ '^\+[0-9]+$' THEN phone_number
    ELSE regexp_replace(
      translate(phone_number, U&'-.()[] \00a0\2007\2009\202f\2010\2011\2012\2013\2014\2015\2212', ''), '^00', '+')
  END;
--> statement-breakpoint
-- A phone number's digits without its country calling code. Calling codes are prefix-free (ITU-T E.164.D): 1, 7,
-- the two-digit codes below, and three digits otherwise. The three-digit ones are spelled out as well, because
-- PostgreSQL takes the longest alternative, not the first.
CREATE FUNCTION national_phone_number(phone_number text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN regexp_replace(
    plain_phone_number(phone_number),
    '^\+([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])\d)',
    '');
--> statement-breakpoint
-- The instant that ISO text with its offset means. Such text depends on no setting, so that, unlike the bare cast,
-- this may be called immutable: the planner makes a constant of it instead of reading the text again for each row.
CREATE FUNCTION read_instant(value text) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN value::timestamptz;
