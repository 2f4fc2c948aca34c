-- migrate:up
create type ops.subscription_tier as enum ('free', 'starter', 'growth', 'scale');
create table ops.users (
    user_id uuid primary key default gen_random_uuid(),
    email text not null check (email ~ '^[^@\s]+@[^@\s]+$'),
    password_hash text,
    subscription_tier ops.subscription_tier not null default 'free',
    subscription_expires_at timestamptz,
    is_active boolean not null default true,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create unique index users_by_email on ops.users (lower(email));
comment on table ops.users is 'Operators. On one machine there is one, who needs no password.';
insert into ops.users (email) values ('operator@localhost');

create function ops.local_operator() returns uuid language sql stable as $$
    select user_id from ops.users where lower(email) = 'operator@localhost'
$$;

alter table ops.channels
    add column user_id uuid not null default ops.local_operator() references ops.users on delete cascade,
    add column description text,
    add column country text,
    add column subscribers_count bigint check (subscribers_count >= 0),
    add column views_count bigint check (views_count >= 0),
    add column videos_count bigint check (videos_count >= 0),
    add column is_monetized boolean,
    add column baseline jsonb not null default '{}',
    add column settings jsonb not null default '{}',
    add column last_synced_at timestamptz,
    add column disconnected_at timestamptz;
comment on column ops.channels.baseline is 'Measured when the channel was connected: medians of its last videos.';
comment on column ops.channels.is_monetized is 'Null while nobody knows: YouTube says it only by refusing revenue figures.';

alter table ops.lanes
    drop constraint lanes_channel_id_fkey,
    add constraint lanes_channel_id_fkey foreign key (channel_id) references ops.channels on delete cascade;

-- Ordered from best to worst, so that max() is the worst of several.
create type ops.token_health as enum ('healthy', 'unreachable', 'idle', 'missing_scope', 'expired', 'revoked');
create table ops.channel_credentials (
    channel_id text primary key references ops.channels on delete cascade,
    refresh_token_ciphertext bytea not null,
    key_id text not null,
    scopes text[] not null,
    granted_at timestamptz not null,
    last_used_at timestamptz,
    health ops.token_health not null default 'healthy',
    checked_at timestamptz
);
comment on table ops.channel_credentials is 'Refresh tokens, AES-256-GCM with the channel id as associated data. One row per channel.';

create table ops.audit_log (
    audit_id bigint generated always as identity primary key,
    occurred_at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail jsonb not null default '{}'
);
create index audit_log_by_subject on ops.audit_log (subject, occurred_at);
comment on table ops.audit_log is 'Who did what to what. Append-only, but for what outlived its period of retention.';
create function ops.refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'ops.audit_log is append-only' using errcode = 'restrict_violation';
end
$$;
create trigger audit_log_append_only before update or truncate on ops.audit_log
    for each statement execute function ops.refuse_rewriting();

create type ops.calendar_status as enum ('planned', 'in_production', 'ready', 'published', 'skipped', 'failed');
create table ops.content_calendar (
    slot_id text primary key,
    channel_id text not null references ops.channels on delete cascade,
    lane_id text not null references ops.lanes on delete cascade,
    scheduled_on date not null,
    scheduled_at timestamptz not null,
    topic text,
    content_type text not null default 'video',
    priority smallint not null default 5 check (priority between 1 and 10),
    status ops.calendar_status not null default 'planned',
    metadata jsonb not null default '{}',
    unique (lane_id, scheduled_on)
);
create index content_calendar_by_day on ops.content_calendar (channel_id, scheduled_on);
comment on table ops.content_calendar is 'What is to appear where and when. One row per lane and day.';

create type ops.video_status as enum ('pending', 'generating', 'ready', 'uploading', 'uploaded', 'published', 'failed', 'deleted');
create table ops.videos (
    slot_id text primary key references ops.content_calendar on delete cascade,
    channel_id text not null references ops.channels on delete cascade,
    youtube_video_id text unique,
    title text,
    description text,
    tags text[] not null default '{}',
    script text,
    voice_profile text,
    duration_seconds double precision check (duration_seconds > 0),
    scheduled_at timestamptz,
    published_at timestamptz,
    generation_started_at timestamptz,
    generation_finished_at timestamptz,
    quality_score double precision check (quality_score between 0 and 100),
    cost_usd_micros bigint not null default 0 check (cost_usd_micros >= 0),
    cost_breakdown jsonb not null default '{}',
    status ops.video_status not null default 'pending',
    error text,
    metadata jsonb not null default '{}',
    updated_at timestamptz not null default now()
);
create index videos_by_channel on ops.videos (channel_id, scheduled_at);
create index videos_by_status on ops.videos (status);
comment on table ops.videos is 'Videos that the platform makes, one row per slot, from plan to publication.';

create type ops.job_status as enum ('running', 'succeeded', 'failed');
create table ops.generation_jobs (
    job_id uuid primary key,
    slot_id text not null references ops.content_calendar on delete cascade,
    status ops.job_status not null,
    result jsonb not null default '{}',
    error text,
    attempt integer not null check (attempt > 0),
    started_at timestamptz not null,
    finished_at timestamptz,
    unique (slot_id, attempt),
    check ((status = 'running') = (finished_at is null))
);
create index generation_jobs_by_status on ops.generation_jobs (status, started_at);
comment on table ops.generation_jobs is 'Attempts to make the video of a slot. job_id is the id of the run.';

create type ops.revenue_source as enum ('ads', 'premium', 'affiliate', 'sponsorship', 'merchandise');
create type ops.revenue_status as enum ('expected', 'confirmed', 'reversed');
create table ops.revenue_records (
    record_id bigint generated always as identity primary key,
    channel_id text not null references ops.channels on delete cascade,
    video_id text,
    source ops.revenue_source not null,
    amount_usd_micros bigint not null,
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    amount_original numeric,
    earned_on date not null,
    status ops.revenue_status not null default 'confirmed',
    reference_id text not null,
    recorded_at timestamptz not null default now(),
    unique (source, reference_id)
);
create index revenue_records_by_day on ops.revenue_records (channel_id, earned_on);
comment on table ops.revenue_records is
    'Income that YouTube does not report: affiliates, sponsors, merchandise. Ads and premium come from YouTube Analytics.';
comment on column ops.revenue_records.reference_id is 'Of the invoice or payout: the same one is never recorded twice.';

create table ops.model_performance (
    model text not null,
    model_version text not null,
    metric text not null,
    value double precision not null,
    low double precision,
    high double precision,
    baseline double precision,
    evaluated_at timestamptz not null,
    trained_as_of date,
    primary key (model, model_version, metric, evaluated_at)
);
comment on table ops.model_performance is 'What each trained version reached on its test part, with the 90 % interval and the rule to beat.';

create table ops.trends (
    trend_id text primary key,
    title text not null,
    niche text,
    score double precision not null check (score >= 0),
    velocity double precision not null,
    sources_count integer not null check (sources_count > 0),
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    embedding vector(384),
    check (first_seen_at <= last_seen_at)
);
create index trends_by_niche on ops.trends (niche, score desc);
create index trends_by_expiry on ops.trends (expires_at);
create index trends_by_embedding on ops.trends using hnsw (embedding vector_cosine_ops);
comment on table ops.trends is 'Topics, the same across sources. One row per canonical topic.';
comment on column ops.trends.velocity is 'Change of the score per day.';

create table ops.trend_evidence (
    trend_id text not null references ops.trends on delete cascade,
    source text not null,
    row_key text not null,
    observed_at timestamptz not null,
    title text not null,
    score double precision not null,
    primary key (trend_id, source, row_key, observed_at)
);
comment on table ops.trend_evidence is 'What each source said of a topic. One row per observation.';

create table ops.content_embeddings (
    content_kind text not null,
    content_id text not null,
    encoder text not null,
    content_digest text not null,
    embedding vector(384) not null,
    embedded_at timestamptz not null,
    primary key (content_kind, content_id, encoder)
);
create index content_embeddings_by_nearness on ops.content_embeddings using hnsw (embedding vector_cosine_ops);
comment on table ops.content_embeddings is 'Sentence embeddings of titles and scripts, made once per content. One row per content and encoder.';

-- migrate:down
drop table ops.content_embeddings;
drop table ops.trend_evidence;
drop table ops.trends;
drop table ops.model_performance;
drop table ops.revenue_records;
drop type ops.revenue_status;
drop type ops.revenue_source;
drop table ops.generation_jobs;
drop type ops.job_status;
drop table ops.videos;
drop type ops.video_status;
drop table ops.content_calendar;
drop type ops.calendar_status;
drop table ops.audit_log;
drop function ops.refuse_rewriting();
drop table ops.channel_credentials;
drop type ops.token_health;
alter table ops.lanes
    drop constraint lanes_channel_id_fkey,
    add constraint lanes_channel_id_fkey foreign key (channel_id) references ops.channels;
alter table ops.channels
    drop column disconnected_at,
    drop column last_synced_at,
    drop column settings,
    drop column baseline,
    drop column is_monetized,
    drop column videos_count,
    drop column views_count,
    drop column subscribers_count,
    drop column country,
    drop column description,
    drop column user_id;
drop function ops.local_operator();
drop table ops.users;
drop type ops.subscription_tier;
