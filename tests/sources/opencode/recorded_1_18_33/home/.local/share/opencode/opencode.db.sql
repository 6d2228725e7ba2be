BEGIN TRANSACTION;
CREATE TABLE `account` (
          `id` text PRIMARY KEY,
          `email` text NOT NULL,
          `url` text NOT NULL,
          `access_token` text NOT NULL,
          `refresh_token` text NOT NULL,
          `token_expiry` integer,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL
        );
CREATE TABLE `account_state` (
          `id` integer PRIMARY KEY,
          `active_account_id` text,
          `active_org_id` text,
          CONSTRAINT `fk_account_state_active_account_id_account_id_fk` FOREIGN KEY (`active_account_id`) REFERENCES `account`(`id`) ON DELETE SET NULL
        );
CREATE TABLE `control_account` (
          `email` text NOT NULL,
          `url` text NOT NULL,
          `access_token` text NOT NULL,
          `refresh_token` text NOT NULL,
          `token_expiry` integer,
          `active` integer NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          CONSTRAINT `control_account_pk` PRIMARY KEY(`email`, `url`)
        );
CREATE TABLE `credential` (
          `id` text PRIMARY KEY,
          `integration_id` text,
          `label` text NOT NULL,
          `value` text NOT NULL,
          `connector_id` text,
          `method_id` text,
          `active` integer,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL
        );
CREATE TABLE `data_migration` (
          `name` text PRIMARY KEY,
          `time_completed` integer NOT NULL
        );
CREATE TABLE `event` (
          `id` text PRIMARY KEY,
          `aggregate_id` text NOT NULL,
          `seq` integer NOT NULL,
          `type` text NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_event_aggregate_id_event_sequence_aggregate_id_fk` FOREIGN KEY (`aggregate_id`) REFERENCES `event_sequence`(`aggregate_id`) ON DELETE CASCADE
        );
INSERT INTO "event" VALUES('evt_2033d026e001QdEUp7Pzi4kybJ','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',0,'session.created.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}},"title":"New session - 2026-11-22T12:30:59.689Z","version":"1.18.33","time":{"created":1795350659689,"updated":1795350659689},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d03dc001qgm6hG04I7Fu01','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}},"title":"New session - 2026-11-22T12:30:59.689Z","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350660056},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d03eb001BEuiEz8QpJVaHW','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',2,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d03d8001HC3IALOVTzwI6b","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"user","time":{"created":1795350660056},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"}}}');
INSERT INTO "event" VALUES('evt_2033d0d330010JdjaZ23jgDp8P','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',3,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d03e9001sNkCRH6shA9Ooh","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d03d8001HC3IALOVTzwI6b","type":"text","text":"\"say hello\""},"time":1795350662451}');
INSERT INTO "event" VALUES('evt_2033d0d3e001w5Jc22N6LsNZkd','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',4,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}},"title":"New session - 2026-11-22T12:30:59.689Z","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350662460},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d0d6f001Vnr1Up7JTZHJ3B','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',5,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d0d6e001vSgbmfDlkFoAly","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350662511},"parentID":"msg_2033d03d8001HC3IALOVTzwI6b","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}}}');
INSERT INTO "event" VALUES('evt_2033d0eb6001F35IygJE0wwnQ4','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',6,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350662460},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d113d001lJWv8TYwWG0VA1','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',7,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","summary":{"additions":0,"deletions":0,"files":0},"cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350663475},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d1155001VNd0vwcAbkuT25','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',8,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d03d8001HC3IALOVTzwI6b","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"user","time":{"created":1795350660056},"summary":{"diffs":[]},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"}}}');
INSERT INTO "event" VALUES('evt_2033d186a001uo6KQKNI7rcrqc','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',9,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d1869001QMO2MGxtOaJVJ9","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d0d6e001vSgbmfDlkFoAly","type":"step-start","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"},"time":1795350665322}');
INSERT INTO "event" VALUES('evt_2033d186e001MSivOU5WqGHbAu','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',10,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d186e001rpM8usPj6mvbHj","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d0d6e001vSgbmfDlkFoAly","type":"text","text":"","time":{"start":1795350665326}},"time":1795350665326}');
INSERT INTO "event" VALUES('evt_2033d1873001gN7n8Jk2oiRam7','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',11,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d186e001rpM8usPj6mvbHj","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d0d6e001vSgbmfDlkFoAly","type":"text","text":"hello world","time":{"start":1795350665326,"end":1795350665331}},"time":1795350665331}');
INSERT INTO "event" VALUES('evt_2033d1907001bm28ISuek6wli8','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',12,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d1907001cojNLQiW7i0YqO","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d0d6e001vSgbmfDlkFoAly","type":"step-finish","reason":"stop","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","cost":0,"tokens":{"total":36223,"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}}},"time":1795350665479}');
INSERT INTO "event" VALUES('evt_2033d190c0017zKzv3TudokC2C','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',13,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d0d6e001vSgbmfDlkFoAly","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350662511},"parentID":"msg_2033d03d8001HC3IALOVTzwI6b","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":36223,"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}},"finish":"stop"}}');
INSERT INTO "event" VALUES('evt_2033d193b001Q6MVcu4DuddabG','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',14,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d0d6e001vSgbmfDlkFoAly","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350662511,"completed":1795350665530},"parentID":"msg_2033d03d8001HC3IALOVTzwI6b","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":36223,"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}},"finish":"stop"}}');
INSERT INTO "event" VALUES('evt_2033d194f001nHnWzWntqrrXQ3','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',15,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","summary":{"additions":0,"deletions":0,"files":0},"cost":0,"tokens":{"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350665550},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d2413001gmANvFrygJQl7U','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',16,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d240a00164RZ3iXsOrqpbr","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"user","time":{"created":1795350668298},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"}}}');
INSERT INTO "event" VALUES('evt_2033d2a39001aILixa1M3NvAcZ','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',17,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d240e001OwWa5cuZFmHSNU","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d240a00164RZ3iXsOrqpbr","type":"text","text":"again"},"time":1795350669881}');
INSERT INTO "event" VALUES('evt_2033d2a40001b5gCBc7fZqiAWS','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',18,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","summary":{"additions":0,"deletions":0,"files":0},"cost":0,"tokens":{"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350669887},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d2a590011XuDSQE9Zabzvg','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',19,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d2a59001nX0GOrnd8Hdlfn","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350669913},"parentID":"msg_2033d240a00164RZ3iXsOrqpbr","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"input":0,"output":0,"reasoning":0,"cache":{"read":0,"write":0}}}}');
INSERT INTO "event" VALUES('evt_2033d2af6001buC2CGP90Fv5sR','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',20,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","summary":{"additions":0,"deletions":0,"files":0},"cost":0,"tokens":{"input":33663,"output":540,"reasoning":71,"cache":{"read":1949,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350670069},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
INSERT INTO "event" VALUES('evt_2033d2aff001Z5NgApVqjd8Wbl','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',21,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d240a00164RZ3iXsOrqpbr","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"user","time":{"created":1795350668298},"summary":{"diffs":[]},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"}}}');
INSERT INTO "event" VALUES('evt_2033d2f65001vabgfMPPupLEWL','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',22,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d2f63001H4l0Wyhzlj07H7","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d2a59001nX0GOrnd8Hdlfn","type":"step-start","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"},"time":1795350671203}');
INSERT INTO "event" VALUES('evt_2033d2f6d001WGB80aBUf8CXRL','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',23,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d2f6d001pOiSCapz8A0lpo","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d2a59001nX0GOrnd8Hdlfn","type":"text","text":"","time":{"start":1795350671213}},"time":1795350671213}');
INSERT INTO "event" VALUES('evt_2033d2f770010OoYddCBi7nwtH','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',24,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d2f6d001pOiSCapz8A0lpo","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d2a59001nX0GOrnd8Hdlfn","type":"text","text":"hello world","time":{"start":1795350671213,"end":1795350671223}},"time":1795350671223}');
INSERT INTO "event" VALUES('evt_2033d2fc0001CUA6BLcieNcO9E','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',25,'message.part.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","part":{"id":"prt_2033d2fbf00150jFBv2Ve59mgS","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","messageID":"msg_2033d2a59001nX0GOrnd8Hdlfn","type":"step-finish","reason":"stop","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","cost":0,"tokens":{"total":39147,"input":12666,"output":214,"reasoning":27,"cache":{"read":26240,"write":0}}},"time":1795350671296}');
INSERT INTO "event" VALUES('evt_2033d2fc4001dtQjTuCcVwBPeg','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',26,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d2a59001nX0GOrnd8Hdlfn","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350669913},"parentID":"msg_2033d240a00164RZ3iXsOrqpbr","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":39147,"input":12666,"output":214,"reasoning":27,"cache":{"read":26240,"write":0}},"finish":"stop"}}');
INSERT INTO "event" VALUES('evt_2033d300e0015Aq83DzTHIBAD9','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',27,'message.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"msg_2033d2a59001nX0GOrnd8Hdlfn","sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","role":"assistant","time":{"created":1795350669913,"completed":1795350671374},"parentID":"msg_2033d240a00164RZ3iXsOrqpbr","modelID":"claude-sonnet-4-5","providerID":"gw","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":39147,"input":12666,"output":214,"reasoning":27,"cache":{"read":26240,"write":0}},"finish":"stop"}}');
INSERT INTO "event" VALUES('evt_2033d302b00116ADahv7bPM1XM','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',28,'session.updated.1','{"sessionID":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","info":{"id":"ses_dfcc2fd96ffeGgHuz7XtnpSXB2","slug":"shiny-orchid","projectID":"global","directory":"/home/ana/proj","path":"","summary":{"additions":0,"deletions":0,"files":0},"cost":0,"tokens":{"input":46329,"output":754,"reasoning":98,"cache":{"read":28189,"write":0}},"title":"hello world","agent":"build","model":{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"},"version":"1.18.33","time":{"created":1795350659689,"updated":1795350671388},"permission":[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]}}');
CREATE TABLE `event_sequence` (
          `aggregate_id` text PRIMARY KEY,
          `seq` integer NOT NULL,
          `owner_id` text
        );
INSERT INTO "event_sequence" VALUES('ses_dfcc2fd96ffeGgHuz7XtnpSXB2',28,NULL);
CREATE TABLE `message` (
          `id` text PRIMARY KEY,
          `session_id` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_message_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
INSERT INTO "message" VALUES('msg_2033d03d8001HC3IALOVTzwI6b','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350660056,1795350663513,'{"role":"user","time":{"created":1795350660056},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"},"summary":{"diffs":[]}}');
INSERT INTO "message" VALUES('msg_2033d0d6e001vSgbmfDlkFoAly','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350662511,1795350665532,'{"parentID":"msg_2033d03d8001HC3IALOVTzwI6b","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":36223,"input":33663,"output":540,"reasoning":71,"cache":{"write":0,"read":1949}},"modelID":"claude-sonnet-4-5","providerID":"gw","time":{"created":1795350662511,"completed":1795350665530},"finish":"stop"}');
INSERT INTO "message" VALUES('msg_2033d240a00164RZ3iXsOrqpbr','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350668298,1795350670082,'{"role":"user","time":{"created":1795350668298},"agent":"build","model":{"providerID":"gw","modelID":"claude-sonnet-4-5"},"summary":{"diffs":[]}}');
INSERT INTO "message" VALUES('msg_2033d2a59001nX0GOrnd8Hdlfn','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350669913,1795350671376,'{"parentID":"msg_2033d240a00164RZ3iXsOrqpbr","role":"assistant","mode":"build","agent":"build","path":{"cwd":"/home/ana/proj","root":"/home/ana/proj"},"cost":0,"tokens":{"total":39147,"input":12666,"output":214,"reasoning":27,"cache":{"write":0,"read":26240}},"modelID":"claude-sonnet-4-5","providerID":"gw","time":{"created":1795350669913,"completed":1795350671374},"finish":"stop"}');
CREATE TABLE "migration" (id TEXT PRIMARY KEY, time_completed INTEGER NOT NULL);
INSERT INTO "migration" VALUES('20260127222353_familiar_lady_ursula',1795350658457);
INSERT INTO "migration" VALUES('20260211171708_add_project_commands',1795350658458);
INSERT INTO "migration" VALUES('20260213144116_wakeful_the_professor',1795350658458);
INSERT INTO "migration" VALUES('20260225215848_workspace',1795350658458);
INSERT INTO "migration" VALUES('20260227213759_add_session_workspace_id',1795350658458);
INSERT INTO "migration" VALUES('20260228203230_blue_harpoon',1795350658458);
INSERT INTO "migration" VALUES('20260303231226_add_workspace_fields',1795350658459);
INSERT INTO "migration" VALUES('20260309230000_move_org_to_state',1795350658459);
INSERT INTO "migration" VALUES('20260312043431_session_message_cursor',1795350658459);
INSERT INTO "migration" VALUES('20260323234822_events',1795350658459);
INSERT INTO "migration" VALUES('20260410174513_workspace-name',1795350658459);
INSERT INTO "migration" VALUES('20260413175956_chief_energizer',1795350658459);
INSERT INTO "migration" VALUES('20260423070820_add_icon_url_override',1795350658459);
INSERT INTO "migration" VALUES('20260427172553_slow_nightmare',1795350658459);
INSERT INTO "migration" VALUES('20260428004200_add_session_path',1795350658459);
INSERT INTO "migration" VALUES('20260501142318_next_venus',1795350658459);
INSERT INTO "migration" VALUES('20260504145000_add_sync_owner',1795350658459);
INSERT INTO "migration" VALUES('20260507164347_add_workspace_time',1795350658460);
INSERT INTO "migration" VALUES('20260510033149_session_usage',1795350658460);
INSERT INTO "migration" VALUES('20260511000411_data_migration_state',1795350658461);
INSERT INTO "migration" VALUES('20260511173437_session-metadata',1795350658461);
INSERT INTO "migration" VALUES('20260601010001_normalize_storage_paths',1795350658461);
INSERT INTO "migration" VALUES('20260601202201_amazing_prowler',1795350658461);
INSERT INTO "migration" VALUES('20260602002951_lowly_union_jack',1795350658461);
INSERT INTO "migration" VALUES('20260602182828_add_project_directories',1795350658461);
INSERT INTO "migration" VALUES('20260603001617_session_message_projection_indexes',1795350658461);
INSERT INTO "migration" VALUES('20260603040000_session_message_projection_order',1795350658461);
INSERT INTO "migration" VALUES('20260603141458_session_input_inbox',1795350658462);
INSERT INTO "migration" VALUES('20260603160727_jittery_ezekiel_stane',1795350658462);
INSERT INTO "migration" VALUES('20260604172448_event_sourced_session_input',1795350658462);
INSERT INTO "migration" VALUES('20260605003541_add_session_context_snapshot',1795350658462);
INSERT INTO "migration" VALUES('20260605042240_add_context_epoch_agent',1795350658462);
INSERT INTO "migration" VALUES('20260611035744_credential',1795350658462);
INSERT INTO "migration" VALUES('20260611192811_lush_chimera',1795350658462);
INSERT INTO "migration" VALUES('20260612174303_project_dir_strategy',1795350658462);
INSERT INTO "migration" VALUES('20260622142730_simplify_session_context_epoch',1795350658462);
INSERT INTO "migration" VALUES('20260622170816_reset_v2_session_state',1795350658463);
INSERT INTO "migration" VALUES('20260622202450_simplify_session_input',1795350658463);
CREATE TABLE `part` (
          `id` text PRIMARY KEY,
          `message_id` text NOT NULL,
          `session_id` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_part_message_id_message_id_fk` FOREIGN KEY (`message_id`) REFERENCES `message`(`id`) ON DELETE CASCADE
        );
INSERT INTO "part" VALUES('prt_2033d03e9001sNkCRH6shA9Ooh','msg_2033d03d8001HC3IALOVTzwI6b','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350662451,1795350662458,'{"type":"text","text":"\"say hello\""}');
INSERT INTO "part" VALUES('prt_2033d1869001QMO2MGxtOaJVJ9','msg_2033d0d6e001vSgbmfDlkFoAly','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350665322,1795350665324,'{"snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","type":"step-start"}');
INSERT INTO "part" VALUES('prt_2033d186e001rpM8usPj6mvbHj','msg_2033d0d6e001vSgbmfDlkFoAly','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350665326,1795350665333,'{"type":"text","text":"hello world","time":{"start":1795350665326,"end":1795350665331}}');
INSERT INTO "part" VALUES('prt_2033d1907001cojNLQiW7i0YqO','msg_2033d0d6e001vSgbmfDlkFoAly','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350665479,1795350665481,'{"reason":"stop","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","type":"step-finish","tokens":{"total":36223,"input":33663,"output":540,"reasoning":71,"cache":{"write":0,"read":1949}},"cost":0}');
INSERT INTO "part" VALUES('prt_2033d240e001OwWa5cuZFmHSNU','msg_2033d240a00164RZ3iXsOrqpbr','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350669881,1795350669884,'{"type":"text","text":"again"}');
INSERT INTO "part" VALUES('prt_2033d2f63001H4l0Wyhzlj07H7','msg_2033d2a59001nX0GOrnd8Hdlfn','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350671203,1795350671210,'{"snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","type":"step-start"}');
INSERT INTO "part" VALUES('prt_2033d2f6d001pOiSCapz8A0lpo','msg_2033d2a59001nX0GOrnd8Hdlfn','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350671213,1795350671227,'{"type":"text","text":"hello world","time":{"start":1795350671213,"end":1795350671223}}');
INSERT INTO "part" VALUES('prt_2033d2fbf00150jFBv2Ve59mgS','msg_2033d2a59001nX0GOrnd8Hdlfn','ses_dfcc2fd96ffeGgHuz7XtnpSXB2',1795350671296,1795350671298,'{"reason":"stop","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","type":"step-finish","tokens":{"total":39147,"input":12666,"output":214,"reasoning":27,"cache":{"write":0,"read":26240}},"cost":0}');
CREATE TABLE `permission` (
          `id` text PRIMARY KEY,
          `project_id` text NOT NULL,
          `action` text NOT NULL,
          `resource` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          CONSTRAINT `fk_permission_project_id_project_id_fk` FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `project` (
          `id` text PRIMARY KEY,
          `worktree` text NOT NULL,
          `vcs` text,
          `name` text,
          `icon_url` text,
          `icon_url_override` text,
          `icon_color` text,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `time_initialized` integer,
          `sandboxes` text NOT NULL,
          `commands` text
        );
INSERT INTO "project" VALUES('global','/home/ana/proj','git',NULL,NULL,NULL,NULL,1795350659028,1795350667529,NULL,'[]',NULL);
CREATE TABLE `project_directory` (
          `project_id` text NOT NULL,
          `directory` text NOT NULL,
          `type` text,
          `strategy` text,
          `time_created` integer NOT NULL,
          CONSTRAINT `project_directory_pk` PRIMARY KEY(`project_id`, `directory`),
          CONSTRAINT `fk_project_directory_project_id_project_id_fk` FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `session` (
          `id` text PRIMARY KEY,
          `project_id` text NOT NULL,
          `workspace_id` text,
          `parent_id` text,
          `slug` text NOT NULL,
          `directory` text NOT NULL,
          `path` text,
          `title` text NOT NULL,
          `version` text NOT NULL,
          `share_url` text,
          `summary_additions` integer,
          `summary_deletions` integer,
          `summary_files` integer,
          `summary_diffs` text,
          `metadata` text,
          `cost` real DEFAULT 0 NOT NULL,
          `tokens_input` integer DEFAULT 0 NOT NULL,
          `tokens_output` integer DEFAULT 0 NOT NULL,
          `tokens_reasoning` integer DEFAULT 0 NOT NULL,
          `tokens_cache_read` integer DEFAULT 0 NOT NULL,
          `tokens_cache_write` integer DEFAULT 0 NOT NULL,
          `revert` text,
          `permission` text,
          `agent` text,
          `model` text,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `time_compacting` integer,
          `time_archived` integer,
          CONSTRAINT `fk_session_project_id_project_id_fk` FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON DELETE CASCADE
        );
INSERT INTO "session" VALUES('ses_dfcc2fd96ffeGgHuz7XtnpSXB2','global',NULL,NULL,'shiny-orchid','/home/ana/proj','','hello world','1.18.33',NULL,0,0,0,NULL,NULL,0.0,46329,754,98,28189,0,NULL,'[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_enter","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]','build','{"id":"claude-sonnet-4-5","providerID":"gw","variant":"default"}',1795350659689,1795350671388,NULL,NULL);
CREATE TABLE `session_context_epoch` (
          `session_id` text PRIMARY KEY,
          `baseline` text NOT NULL,
          `snapshot` text NOT NULL,
          `baseline_seq` integer NOT NULL,
          CONSTRAINT `fk_session_context_epoch_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `session_input` (
          `id` text PRIMARY KEY,
          `session_id` text NOT NULL,
          `prompt` text NOT NULL,
          `delivery` text NOT NULL,
          `admitted_seq` integer NOT NULL,
          `promoted_seq` integer,
          `time_created` integer NOT NULL,
          CONSTRAINT `fk_session_input_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `session_message` (
          `id` text PRIMARY KEY,
          `session_id` text NOT NULL,
          `type` text NOT NULL,
          `seq` integer NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          `data` text NOT NULL,
          CONSTRAINT `fk_session_message_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `session_share` (
          `session_id` text PRIMARY KEY,
          `id` text NOT NULL,
          `secret` text NOT NULL,
          `url` text NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          CONSTRAINT `fk_session_share_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `todo` (
          `session_id` text NOT NULL,
          `content` text NOT NULL,
          `status` text NOT NULL,
          `priority` text NOT NULL,
          `position` integer NOT NULL,
          `time_created` integer NOT NULL,
          `time_updated` integer NOT NULL,
          CONSTRAINT `todo_pk` PRIMARY KEY(`session_id`, `position`),
          CONSTRAINT `fk_todo_session_id_session_id_fk` FOREIGN KEY (`session_id`) REFERENCES `session`(`id`) ON DELETE CASCADE
        );
CREATE TABLE `workspace` (
          `id` text PRIMARY KEY,
          `type` text NOT NULL,
          `name` text DEFAULT '' NOT NULL,
          `branch` text,
          `directory` text,
          `extra` text,
          `project_id` text NOT NULL,
          `time_used` integer NOT NULL,
          CONSTRAINT `fk_workspace_project_id_project_id_fk` FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON DELETE CASCADE
        );
CREATE UNIQUE INDEX `event_aggregate_seq_idx` ON `event` (`aggregate_id`,`seq`);
CREATE INDEX `event_aggregate_type_seq_idx` ON `event` (`aggregate_id`,`type`,`seq`);
CREATE UNIQUE INDEX `permission_project_action_resource_idx` ON `permission` (`project_id`,`action`,`resource`);
CREATE INDEX `message_session_time_created_id_idx` ON `message` (`session_id`,`time_created`,`id`);
CREATE INDEX `part_message_id_id_idx` ON `part` (`message_id`,`id`);
CREATE INDEX `part_session_idx` ON `part` (`session_id`);
CREATE INDEX `session_input_session_pending_delivery_seq_idx` ON `session_input` (`session_id`,`promoted_seq`,`delivery`,`admitted_seq`);
CREATE UNIQUE INDEX `session_input_session_admitted_seq_idx` ON `session_input` (`session_id`,`admitted_seq`);
CREATE UNIQUE INDEX `session_input_session_promoted_seq_idx` ON `session_input` (`session_id`,`promoted_seq`);
CREATE UNIQUE INDEX `session_message_session_seq_idx` ON `session_message` (`session_id`,`seq`);
CREATE INDEX `session_message_session_type_seq_idx` ON `session_message` (`session_id`,`type`,`seq`);
CREATE INDEX `session_message_session_time_created_id_idx` ON `session_message` (`session_id`,`time_created`,`id`);
CREATE INDEX `session_message_time_created_idx` ON `session_message` (`time_created`);
CREATE INDEX `session_project_idx` ON `session` (`project_id`);
CREATE INDEX `session_workspace_idx` ON `session` (`workspace_id`);
CREATE INDEX `session_parent_idx` ON `session` (`parent_id`);
CREATE INDEX `todo_session_idx` ON `todo` (`session_id`);
COMMIT;
