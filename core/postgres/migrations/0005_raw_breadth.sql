-- migrate:up
create schema raw_reporting;
create schema raw_google;
create schema raw_reddit;
create schema raw_feeds;
create schema raw_archive;

create procedure ops.create_raw_table(name text, about text) language plpgsql as $$
begin
    execute format(
        'create table %s (
            partition_on date not null,
            row_key text not null check (row_key <> ''''),
            landing_id bigint not null references ops.landings,
            fetched_at timestamptz not null,
            source text not null,
            payload jsonb not null,
            primary key (partition_on, row_key)
        )', name);
    execute format('comment on table %s is %L', name, about);
end
$$;
comment on procedure ops.create_raw_table is 'Makes a raw table of the one shape that landings have.';

call ops.create_raw_table('raw_youtube.playlists', 'Playlists of own channels. row_key = playlist id.');
call ops.create_raw_table('raw_youtube.playlist_items', 'Videos on own playlists. row_key = playlist id:video id.');
call ops.create_raw_table('raw_youtube.comments', 'Comments on own videos, without their authors. row_key = comment id.');
call ops.create_raw_table('raw_youtube.captions', 'Caption tracks of own videos. row_key = caption track id.');
call ops.create_raw_table('raw_youtube.competitor_channels', 'Watched channels of others. row_key = channel id.');
call ops.create_raw_table('raw_youtube.competitor_videos', 'Recent videos of watched channels. row_key = video id.');
call ops.create_raw_table('raw_youtube.snapshots', 'Counts of young own videos within the day. row_key = video id@moment.');
call ops.create_raw_table('raw_youtube.analytics_revenue', 'Revenue of own videos. row_key = Pacific day:video id.');
call ops.create_raw_table('raw_youtube.analytics_retention', 'Audience retention curves of own videos. row_key = video id.');
call ops.create_raw_table('raw_youtube.analytics_traffic', 'Traffic sources of own channels. row_key = Pacific day:channel id:source.');
call ops.create_raw_table('raw_youtube.analytics_search_terms', 'Search terms of a window of days. row_key = channel id:first:last:term.');
call ops.create_raw_table('raw_youtube.analytics_countries', 'Views by country. row_key = Pacific day:channel id:country.');
call ops.create_raw_table('raw_youtube.analytics_demographics', 'Viewers by age and gender over a window. row_key = channel id:first:last:age:gender.');
call ops.create_raw_table('raw_youtube.analytics_devices', 'Views by device. row_key = Pacific day:channel id:device type:operating system.');
call ops.create_raw_table('raw_youtube.analytics_playback_locations', 'Views by playback location. row_key = Pacific day:channel id:location.');
call ops.create_raw_table('raw_google.trends', 'Google''s trending searches. row_key = country:cadence:title.');
call ops.create_raw_table('raw_reddit.posts', 'Hot posts of subreddits, without their authors. row_key = subreddit:post id.');
call ops.create_raw_table('raw_feeds.entries', 'Entries of RSS and Atom feeds. row_key = feed:digest of the entry''s id.');
call ops.create_raw_table('raw_wikipedia.article_views', 'Views of single articles. row_key = project:article:day.');

do $$
declare
    report text;
begin
    foreach report in array array[
        'channel_annotations_a1', 'channel_basic_a3', 'channel_cards_a1', 'channel_combined_a3', 'channel_demographics_a1',
        'channel_device_os_a3', 'channel_end_screens_a1', 'channel_playback_location_a3', 'channel_province_a3',
        'channel_sharing_service_a1', 'channel_subtitles_a3', 'channel_traffic_source_a3', 'playlist_basic_a2',
        'playlist_combined_a2', 'playlist_device_os_a2', 'playlist_playback_location_a2', 'playlist_province_a2',
        'playlist_traffic_source_a2', 'channel_reach_basic_a1', 'channel_reach_combined_a1'
    ] loop
        call ops.create_raw_table(
            'raw_reporting.' || report, format('Lines of the bulk report %s. row_key = its dimensions, day first.', report)
        );
    end loop;
end
$$;

-- The reach report was the only one; it takes its place among the others, keyed as they are.
insert into raw_reporting.channel_reach_basic_a1 (partition_on, row_key, landing_id, fetched_at, source, payload)
select
    partition_on,
    (payload ->> 'date') || ':' || (payload ->> 'channel_id') || ':' || (payload ->> 'video_id'),
    landing_id, fetched_at, 'youtube.reporting', payload
from raw_youtube.reach_daily;
update ops.landings set asset_key = 'raw_reporting/channel_reach_basic_a1' where asset_key = 'raw_youtube/reach_daily';
drop table raw_youtube.reach_daily;

create table ops.report_files (
    report_id text primary key,
    channel_id text not null,
    report_type text not null,
    day date not null,
    created_at timestamptz not null,
    sha256 text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    path text not null,
    rows_count integer not null check (rows_count >= 0),
    fetched_at timestamptz not null
);
create index report_files_by_day on ops.report_files (channel_id, report_type, day, created_at);
comment on table ops.report_files is 'Bulk reports in the archive: the file as YouTube gave it, and the digest of its text.';
comment on column ops.report_files.path is 'Of the compressed file, below the archive''s folder.';

create table ops.imported_files (
    file_id bigint generated always as identity primary key,
    sha256 text not null unique,
    name text not null,
    kind text not null,
    format text not null,
    rows_read bigint not null check (rows_read >= 0),
    rows_landed bigint not null check (rows_landed >= 0),
    rows_rejected bigint not null check (rows_rejected >= 0),
    imported_at timestamptz not null
);
comment on table ops.imported_files is 'Files people had, one row per content (sha256 of the text within).';

create table ops.rejected_rows (
    rejection_id bigint generated always as identity primary key,
    asset_key text not null,
    landing_id bigint references ops.landings on delete cascade,
    file_id bigint references ops.imported_files on delete cascade,
    row_key text,
    place text,
    reason text not null,
    payload text not null check (length(payload) <= 2000),
    rejected_at timestamptz not null,
    check (num_nonnulls(landing_id, file_id) = 1)
);
create index rejected_rows_by_landing on ops.rejected_rows (landing_id);
create index rejected_rows_by_file on ops.rejected_rows (file_id);
comment on table ops.rejected_rows is 'Quarantine: rows that did not land, with the reason and the beginning of their text.';
comment on column ops.rejected_rows.place is 'Where the row stood, for people: line 7, report 4711 line 3.';

do $$
declare
    name text;
begin
    foreach name in array array[
        'studio_videos', 'studio_daily', 'studio_breakdowns', 'chart_entries', 'video_readings', 'channel_readings',
        'trend_entries', 'headline_tests', 'labelled_texts', 'comments', 'transcripts', 'view_series'
    ] loop
        execute format(
            'create table raw_archive.%I (
                file_id bigint not null references ops.imported_files on delete cascade,
                line_number bigint not null,
                row_key text not null check (row_key <> ''''),
                payload jsonb not null,
                primary key (file_id, line_number)
            )', name);
    end loop;
end
$$;

-- migrate:down
drop schema raw_archive cascade;
drop table ops.rejected_rows;
drop table ops.imported_files;
drop table ops.report_files;
call ops.create_raw_table('raw_youtube.reach_daily', 'Thumbnail impressions from Reporting reports. row_key = Pacific day:video id.');
insert into raw_youtube.reach_daily (partition_on, row_key, landing_id, fetched_at, source, payload)
select
    partition_on,
    to_date(payload ->> 'date', 'YYYYMMDD')::text || ':' || (payload ->> 'video_id'),
    landing_id, fetched_at, 'youtube.reach', payload
from raw_reporting.channel_reach_basic_a1;
update ops.landings set asset_key = 'raw_youtube/reach_daily' where asset_key = 'raw_reporting/channel_reach_basic_a1';
drop schema raw_reporting cascade;
drop schema raw_google cascade;
drop schema raw_reddit cascade;
drop schema raw_feeds cascade;
drop table raw_wikipedia.article_views;
drop table
    raw_youtube.playlists, raw_youtube.playlist_items, raw_youtube.comments, raw_youtube.captions,
    raw_youtube.competitor_channels, raw_youtube.competitor_videos, raw_youtube.snapshots, raw_youtube.analytics_revenue,
    raw_youtube.analytics_retention, raw_youtube.analytics_traffic, raw_youtube.analytics_search_terms,
    raw_youtube.analytics_countries, raw_youtube.analytics_demographics, raw_youtube.analytics_devices,
    raw_youtube.analytics_playback_locations;
drop procedure ops.create_raw_table;
