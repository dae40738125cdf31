-- whimbrel: no-transaction
-- whimbrel: lock-timeout 2s
-- whimbrel: renamed-from "old users"
CREATE TABLE users (
  id int, -- whimbrel: renamed-from nr
  -- whimbrel: renamed-from nick
  nickname text CHECK (nickname <> ''),
  /* whimbrel: renamed-from a.b */ UNIQUE (id)
  -- whimbrel: fly
);