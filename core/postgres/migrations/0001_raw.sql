-- migrate:up
create extension if not exists vector;

create schema raw_youtube;
create schema raw_hackernews;
create schema raw_wikipedia;

create table ops.landings (
    landing_id bigint generated always as identity primary key,
    asset_key text not null,
    partition_on date not null,
    fetched_at timestamptz not null,
    landed_at timestamptz not null default now(),
    row_count integer not null check (row_count >= 0),
    payload_digest text not null
);
create index landings_by_asset on ops.landings (asset_key, partition_on, landing_id);
comment on table ops.landings is 'Every replacement of a raw partition, newest landing_id last. One row per landing.';

create table raw_youtube.channels (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.channels is 'Own channels, as the channels resource gives them. row_key = channel id.';

create table raw_youtube.videos (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.videos is 'Videos of own channels, from their uploads playlists. row_key = video id.';

create table raw_youtube.video_statistics (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.video_statistics is 'Videos of the market that charted in the last three days but not today. row_key = video id.';

create table raw_youtube.charts (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.charts is 'Chart places with the video on them. row_key = region:category:rank.';

create table raw_youtube.analytics_daily (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.analytics_daily is 'YouTube Analytics of own videos. row_key = Pacific day:video id.';

create table raw_youtube.reach_daily (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_youtube.reach_daily is 'Thumbnail impressions from Reporting reports. row_key = Pacific day:video id.';

create table raw_hackernews.stories (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_hackernews.stories is 'Stories of the front page with their rank. row_key = item id.';

create table raw_wikipedia.pageviews (
    partition_on date not null,
    row_key text not null check (row_key <> ''),
    landing_id bigint not null references ops.landings,
    fetched_at timestamptz not null,
    source text not null,
    payload jsonb not null,
    primary key (partition_on, row_key)
);
comment on table raw_wikipedia.pageviews is 'Most read articles of the day before. row_key = project:article.';

-- migrate:down
drop schema raw_wikipedia cascade;
drop schema raw_hackernews cascade;
drop schema raw_youtube cascade;
drop table ops.landings;
drop extension vector;
