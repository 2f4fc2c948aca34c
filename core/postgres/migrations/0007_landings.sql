-- migrate:up
alter table ops.landings
    add column rejected_count integer not null default 0 check (rejected_count >= 0),
    add column stopped_by text;
comment on column ops.landings.rejected_count is 'Rows that went to ops.rejected_rows, or would have: the first ten thousand are kept.';
comment on column ops.landings.stopped_by is 'Why the source could not be read to its end; null for a complete landing.';

-- migrate:down
alter table ops.landings
    drop column stopped_by,
    drop column rejected_count;
