-- migrate:up
alter type ops.revenue_status add value if not exists 'cancelled';
alter table ops.revenue_records
add column follows_record_id bigint unique references ops.revenue_records (record_id) on delete set null,
add constraint revenue_records_cancelled_is_nothing check (status::text <> 'cancelled' or amount_usd_micros = 0);
comment on column ops.revenue_records.follows_record_id is
'Record that this one takes the place of. Of a chain, only the record that none follows counts.';

-- migrate:down
-- The new status stays in the type, which Postgres cannot shorten; no row holds it any longer.
delete from ops.revenue_records as earlier
using ops.revenue_records as later
where later.follows_record_id = earlier.record_id;
delete from ops.revenue_records
where status::text = 'cancelled';
alter table ops.revenue_records
drop constraint revenue_records_cancelled_is_nothing,
drop column follows_record_id;
