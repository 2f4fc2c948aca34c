-- migrate:up
alter table ops.publications
add column deferred_until timestamptz,
add column deferred_for text check (deferred_for in ('channel', 'quota', 'rate', 'date', 'picture')),
add constraint publications_deferral check (num_nulls(deferred_until, deferred_for) in (0, 2));
comment on column ops.publications.deferred_until is 'When publishing is tried again; null where nothing waits.';
comment on column ops.publications.deferred_for is
'What it waits for: the channel''s upload limit, the day''s quota, a rate limit, a new date, or its picture alone.';

-- migrate:down
alter table ops.publications
drop constraint publications_deferral,
drop column deferred_for,
drop column deferred_until;
