/** MaxCompute functions that DuckDB lacks or names differently, as macros of the schema `main`. */
export const SQL_MACROS: readonly string[] = [
  `CREATE OR REPLACE VIEW main.dual AS SELECT 1 AS dummy`,
  `CREATE OR REPLACE MACRO main.getdate() AS CAST(now() AS TIMESTAMP_MS)`,
  `CREATE OR REPLACE MACRO main.nvl(a, b) AS coalesce(a, b)`,
  `CREATE OR REPLACE MACRO main.get_json_object(doc, path) AS json_extract_string(doc, path)`,
  `CREATE OR REPLACE MACRO main.size(a) AS CAST(len(a) AS INTEGER)`,
  `CREATE OR REPLACE MACRO main.wm_concat(separator, value) AS string_agg(value, separator)`,
  `CREATE OR REPLACE MACRO main.to_millis(t) AS epoch_ms(t)`,
  `CREATE OR REPLACE MACRO main.unix_timestamp(t) AS CAST(floor(epoch(t)) AS BIGINT)`,
  `CREATE OR REPLACE MACRO main.from_unixtime(s) AS CAST(make_timestamp(CAST(s AS BIGINT) * 1000000) AS TIMESTAMP_MS)`,
  `CREATE OR REPLACE MACRO main.rlike(text, pattern) AS regexp_matches(text, pattern)`,
  `CREATE OR REPLACE MACRO main.collect_list(value) AS list(value)`,
  `CREATE OR REPLACE MACRO main.collect_set(value) AS list(DISTINCT value)`,
  `CREATE OR REPLACE MACRO main.max_pt(name) AS error('MAX_PT is not supported by the local endpoint: write the partition value')`,
]
