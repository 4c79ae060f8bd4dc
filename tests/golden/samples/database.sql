CREATE TABLE log (message_id TEXT, event TEXT, timestamp TEXT, seq INTEGER);
INSERT INTO log VALUES
  ('m1', 'relayed', '2026-03-02T09:00:00Z', 1),
  ('m1', 'soft_bounce', '2026-03-02T09:00:05Z', 2),
  ('m2', 'relayed', '2026-03-02T09:00:06Z', 3),
  ('m2', 'delivered', '2026-03-02T09:00:07Z', 4);
