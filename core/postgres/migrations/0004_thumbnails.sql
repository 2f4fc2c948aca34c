-- migrate:up
create table raw_youtube.thumbnails (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.thumbnails is 'Measured pictures of own videos, once per address. row_key = video id.';

-- migrate:down
drop table raw_youtube.thumbnails;
