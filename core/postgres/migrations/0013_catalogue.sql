-- migrate:up
call ops.create_raw_table('raw_youtube.uploads', 'All videos of own channels, each list read once a week. row_key = video id.');
call ops.create_raw_table('raw_youtube.analytics_channel_daily', 'YouTube Analytics of own channels. row_key = Pacific day:channel id.');
call ops.create_raw_table('raw_youtube.analytics_channel_revenue', 'Revenue of own channels. row_key = Pacific day:channel id.');
alter table ops.landings add column voided_count integer not null default 0 check (voided_count >= 0);
comment on column ops.landings.voided_count is 'Doubtful values that landed as null; the first ten thousand are told in ops.voided_values.';

create table ops.voided_values (
    voided_id bigint generated always as identity primary key,
    asset_key text not null,
    landing_id bigint not null references ops.landings on delete cascade,
    row_key text not null,
    field text not null,
    reason text not null,
    value text not null check (length(value) <= 200),
    voided_at timestamptz not null
);
create index voided_values_by_landing on ops.voided_values (landing_id);
comment on table ops.voided_values is 'Values that are out of their range in rows that landed: the field is null in the row, and the value is kept here.';
comment on column ops.voided_values.field is 'Path into the payload, with dots.';

-- migrate:down
drop table ops.voided_values;
alter table ops.landings drop column voided_count;
drop table raw_youtube.analytics_channel_revenue, raw_youtube.analytics_channel_daily, raw_youtube.uploads;
