-- migrate:up
alter table ops.landings add column left_out_count integer not null default 0 check (left_out_count >= 0);
comment on column ops.landings.left_out_count is
'Members (channels, videos, regions …) that could not be read for an error of their own: ops.left_out_members names them.';

create table ops.left_out_members (
    landing_id bigint not null references ops.landings,
    asset_key text not null,
    partition_on date not null,
    member_kind text not null check (member_kind <> ''),
    member_id text not null check (member_id <> ''),
    reason text not null,
    remedy text not null default '',
    left_out_at timestamptz not null,
    primary key (landing_id, member_kind, member_id)
);
create index left_out_members_by_asset on ops.left_out_members (asset_key, member_kind, member_id, partition_on);
comment on table ops.left_out_members is
'Members of a table that a landing could not read; all others were read. One row per landing and member.';
comment on column ops.left_out_members.member_kind is 'channel, video, playlist, region, country, subreddit, article, item, feed …';
comment on column ops.left_out_members.left_out_at is 'The moment of fetching.';

-- migrate:down
drop table ops.left_out_members;
alter table ops.landings drop column left_out_count;
