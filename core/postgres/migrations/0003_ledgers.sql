-- migrate:up
create table ops.ledger_entries (
    entry_id bigint generated always as identity primary key,
    ledger text not null check (ledger in ('quota', 'cost')),
    account text not null,
    key text not null,
    reservation_id uuid not null,
    event text not null check (event in ('reserved', 'committed', 'released')),
    change bigint not null,
    labels jsonb not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default now()
);
create index ledger_entries_by_account on ops.ledger_entries (ledger, account) include (change);
create index ledger_entries_by_key on ops.ledger_entries (ledger, key, entry_id);
comment on table ops.ledger_entries is
    'Events of quota (units) and cost (micro-USD). The changes of an account add up to what stands reserved or spent on it.';

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger ledger_entries_append_only before update or delete or truncate on ops.ledger_entries
    for each statement execute function ops.refuse_change();

create view ops.ledger_quota as
select
    entry_id, reservation_id, event, key,
    labels ->> 'project' as project,
    labels ->> 'bucket' as bucket,
    (labels ->> 'pacific_day')::date as pacific_day,
    change as units, occurred_at, recorded_at
from ops.ledger_entries
where ledger = 'quota';

create view ops.ledger_cost as
select
    entry_id, reservation_id, event, key,
    labels ->> 'slot' as slot_id,
    labels ->> 'step' as step,
    labels ->> 'vendor' as vendor,
    change as usd_micros, occurred_at, recorded_at
from ops.ledger_entries
where ledger = 'cost';

-- migrate:down
drop view ops.ledger_cost;
drop view ops.ledger_quota;
drop table ops.ledger_entries;
drop function ops.refuse_change();
