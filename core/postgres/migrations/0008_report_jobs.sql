-- migrate:up
create table ops.report_jobs (
    channel_id text not null,
    report_type text not null,
    job_id text,
    created_at timestamptz not null,
    primary key (channel_id, report_type)
);
comment on table ops.report_jobs is 'Standing orders of bulk reports, as YouTube told them. One row per channel and type.';
comment on column ops.report_jobs.job_id is 'Null for a type that YouTube does not offer the channel.';
comment on column ops.report_jobs.created_at is 'Of the job: from this day on there is a report for every day.';

-- migrate:down
drop table ops.report_jobs;
