CREATE TABLE cursorDiskKV(key TEXT, value BLOB);
INSERT INTO cursorDiskKV VALUES('bubbleId:c0ffee-1:b1','{"type":2,"createdAt":"2026-11-03T08:00:00.000Z","tokenCount":{"inputTokens":0,"outputTokens":0},"modelInfo":{"modelName":"default"},"text":"SECRET answer"}');
INSERT INTO cursorDiskKV VALUES('bubbleId:c0ffee-1:b2','{"type":2,"createdAt":"2026-11-03T08:01:00.000Z","tokenCount":{"inputTokens":99999,"outputTokens":77},"text":"SECRET answer"}');
