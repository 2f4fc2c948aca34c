-- migrate:up
alter table ops.report_files
    drop constraint report_files_pkey,
    add primary key (report_id, sha256),
    add column landed_on date;
create index report_files_by_partition on ops.report_files (report_type, landed_on);
comment on table ops.report_files is
'Bulk reports in the archive: the file as YouTube gave it, and the digest of its text. One row per report and text.';
comment on column ops.report_files.fetched_at is 'When it was first downloaded with this text.';
comment on column ops.report_files.landed_on is
'The raw partition that its lines first landed in, which is made of it for ever; null until they land.';

-- Of the files before: the first partition that holds a line of theirs. A file without such a line (an empty report, one that was
-- corrected the same day, or one whose partition was emptied) belongs to the day on which it was fetched, if that day landed.
do $$
declare
    name text;
begin
    for name in
        select distinct report_type from ops.report_files
        where to_regclass('raw_reporting.' || quote_ident(report_type)) is not null
    loop
        execute format(
            'update ops.report_files as file
            set landed_on = held.partition_on
            from (
                select payload ->> ''report_id'' as report_id, min(partition_on) as partition_on
                from raw_reporting.%I
                group by 1
            ) as held
            where file.report_type = %L and file.report_id = held.report_id',
            name, name
        );
    end loop;
end
$$;
update ops.report_files as file
set landed_on = (file.fetched_at at time zone 'UTC')::date
where file.landed_on is null and exists (
    select from ops.landings as landing
    where
        landing.asset_key = 'raw_reporting/' || file.report_type
        and landing.partition_on = (file.fetched_at at time zone 'UTC')::date
);

-- migrate:down
delete from ops.report_files as older
using ops.report_files as newer
where older.report_id = newer.report_id and (older.fetched_at, older.sha256) < (newer.fetched_at, newer.sha256);
drop index ops.report_files_by_partition;
alter table ops.report_files
    drop column landed_on,
    drop constraint report_files_pkey,
    add primary key (report_id);
comment on table ops.report_files is 'Bulk reports in the archive: the file as YouTube gave it, and the digest of its text.';
comment on column ops.report_files.fetched_at is null;
