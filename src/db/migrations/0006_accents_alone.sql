-- An accent that stands alone, as in O´Neil, is for NFKD a space with a mark. Without the mark the space was left, which
-- every full name has.
CREATE OR REPLACE FUNCTION fold_accents(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN translate(lower(normalize(
    unaccent('unaccent'::regdictionary,
      normalize(regexp_replace(normalize(value, NFKD),
        U&' ?[\0300-\036f\1ab0-\1aff\1dc0-\1dff\20d0-\20ff\fe20-\fe2f]+', '', 'g'), NFC)),
    NFC) COLLATE "und-x-icu") COLLATE "C", 'ς', 'σ');
--> statement-breakpoint
-- What is derived from a name is derived anew when the name is set.
UPDATE customers SET first_name = first_name
  WHERE search_name IS DISTINCT FROM search_name(first_name, last_name);
--> statement-breakpoint
-- Outer spaces of a key do not count, those either that folding leaves of accents between them.
CREATE OR REPLACE FUNCTION search_pattern(key text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN '%' || regexp_replace(nullif(btrim(fold_text(key)), ''), '([\\%_])', '\\\1', 'g') || '%';
