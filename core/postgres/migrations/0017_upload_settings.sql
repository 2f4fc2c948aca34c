-- migrate:up
alter table ops.channels
add column upload_category_id integer check (upload_category_id > 0),
add column notifies_subscribers boolean not null default true,
add column is_made_for_kids boolean not null default false;
comment on column ops.channels.upload_category_id is 'Category that uploads are given; null: that of the channel''s niche.';
comment on column ops.channels.notifies_subscribers is 'Whether subscribers are told of an upload.';
comment on column ops.channels.is_made_for_kids is 'What the operator declares of every upload (COPPA).';

-- migrate:down
alter table ops.channels
drop column is_made_for_kids,
drop column notifies_subscribers,
drop column upload_category_id;
