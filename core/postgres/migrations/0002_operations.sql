-- migrate:up
create table ops.channels (
    channel_id text primary key,
    handle text not null unique,
    title text not null,
    niche text not null,
    category_id integer not null,
    timezone text not null,
    language text not null default 'en',
    is_active boolean not null default true,
    connected_at timestamptz not null default now()
);
comment on table ops.channels is 'The operator''s own channels.';

create table ops.lanes (
    lane_id text primary key,
    channel_id text not null references ops.channels,
    slot text not null,
    publish_local_time time not null,
    is_active boolean not null default true,
    unique (channel_id, slot)
);
comment on table ops.lanes is 'Daily places in the calendar; lane_id = <channel handle>.<slot>, time in the channel''s zone.';

create table ops.publications (
    slot_id text primary key,
    channel_id text not null,
    state text not null default 'planned'
        check (state in ('planned', 'uploading', 'uploaded', 'published', 'failed')),
    title text,
    artifacts jsonb not null default '{}',
    session_uri text,
    video_id text unique,
    publish_at timestamptz,
    thumbnail_set_at timestamptz,
    duration_seconds double precision,
    quality_score double precision,
    error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (state not in ('uploaded', 'published') or video_id is not null)
);
comment on table ops.publications is 'Outbox of uploads, one row per slot, so that a retry never uploads twice.';
comment on column ops.publications.artifacts is 'Role (film, thumbnail, script) to artifact: digest, suffix, size_bytes.';
comment on column ops.publications.session_uri is 'The resumable upload session, while one is open.';

create table ops.day_runs (
    day date primary key,
    market text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    seconds double precision,
    summary jsonb not null default '{}'
);
comment on table ops.day_runs is 'Whole days run by the platform: the last run of each day.';

create table ops.model_observations (
    observation_id bigint generated always as identity primary key,
    request_id text not null,
    observed_at timestamptz not null default now(),
    model text not null,
    model_version text not null,
    entity_key text not null,
    inputs jsonb not null,
    outputs jsonb not null
);
create index model_observations_by_time on ops.model_observations (model, observed_at);
comment on table ops.model_observations is 'What the models answered and from which inputs, for later comparison with the truth.';

-- migrate:down
drop table ops.model_observations;
drop table ops.day_runs;
drop table ops.publications;
drop table ops.lanes;
drop table ops.channels;
