-- The index of words takes what is new into a list first, and sorts in some hundred posts at a time: a third of what it
-- costs one by one. A search reads the list too, so it is short: some milliseconds at most.
ALTER INDEX search_posts_words SET (fastupdate = on, gin_pending_list_limit = 256);
