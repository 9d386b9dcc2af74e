-- Cards of links: what programs that show links to people show of one, in place of its target.

-- {"title": …, "description": …, "image_url": …}, those that are set; null: they are led to the target and make a card of it.
ALTER TABLE links ADD COLUMN card json;
