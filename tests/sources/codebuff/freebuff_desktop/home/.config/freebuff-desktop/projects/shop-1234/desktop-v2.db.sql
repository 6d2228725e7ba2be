PRAGMA journal_mode=wal;
CREATE TABLE threads(id TEXT PRIMARY KEY, project_path TEXT, title TEXT, status TEXT, model TEXT, fork_source_thread_id TEXT, created_at INTEGER, updated_at INTEGER, harness_state TEXT);
CREATE TABLE messages(seq INTEGER PRIMARY KEY AUTOINCREMENT, thread_id TEXT, role TEXT, parts_json TEXT, ts INTEGER, metrics_json TEXT);
INSERT INTO threads VALUES('t1','/home/ana/src/shop','SECRET title','open','glm-5',NULL,1793696400000,1793696500000,'SECRET');
INSERT INTO threads VALUES('t2','/home/ana/src/shop','SECRET title','open','glm-5','t1',1793696600000,1793696700000,'SECRET');
INSERT INTO messages(thread_id,role,parts_json,ts,metrics_json) VALUES
 ('t1','user','[{"kind":"text","text":"SECRET prompt"}]',1793696401000,NULL),
 ('t1','assistant','[{"kind":"text","text":"SECRET answer"}]',1793696410000,'{"usage":{"inputTokens":12000,"cachedInputTokens":9000,"outputTokens":400,"reasoningOutputTokens":150,"totalTokens":12400},"costUsd":0}'),
 ('t1','assistant','[]',1793696420000,'{"usage":{"inputTokens":100,"outputTokens":20},"costUsd":0.02,"model":"gpt-5.5"}'),
 ('t1','assistant','[]',1793696430000,'{"usage":{"inputTokens":-1}} tokens'),
 ('t1','assistant','[]',1793696440000,'{"usage":{"inputTokens":"many"}}'),
 ('t1','assistant','[]',1793696450000,'{"usage":{"inputTokens":0,"outputTokens":0}}'),
 ('t1','assistant','[]',1793696460000,'["tokens"]'),
 ('t2','assistant','[]',1793696410000,'{"usage":{"inputTokens":12000,"cachedInputTokens":9000,"outputTokens":400,"reasoningOutputTokens":150,"totalTokens":12400},"costUsd":0}'),
 ('t2','assistant','[]',1793696650000,'{"usage":{"inputTokens":200,"outputTokens":30}}'),
 ('t3','assistant','[]',1793696660000,'{"usage":{"inputTokens":300,"outputTokens":40}}');
