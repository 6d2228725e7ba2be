CREATE TABLE assistant_usage_events (id INTEGER PRIMARY KEY, session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, created_at TEXT);
INSERT INTO assistant_usage_events VALUES (1,'S1','gpt-5.5',500,20,'2026-11-03 12:00:03');
CREATE TABLE turns(a TEXT); INSERT INTO turns VALUES ('SECRET');
