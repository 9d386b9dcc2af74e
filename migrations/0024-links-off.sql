-- Links that their owners turn off and on again.

ALTER TABLE links ADD COLUMN enabled boolean NOT NULL DEFAULT true;
