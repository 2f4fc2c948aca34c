-- migrate:up
alter table ops.lanes
add column publishes_unreviewed boolean not null default false;
comment on column ops.lanes.publishes_unreviewed is
'Whether films that would wait for a person are published by themselves. Heeded in simulated markets only.';

create table ops.reviews (
    slot_id text not null references ops.publications on delete cascade,
    film_digest text not null,
    why text not null,
    verdict jsonb not null,
    asked_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    is_approved boolean,
    reason text,
    primary key (slot_id, film_digest),
    check (num_nulls(decided_at, decided_by, is_approved, reason) in (0, 4))
);
comment on table ops.reviews is
'Films that a person is asked about before they are published, and what was decided. One row per slot and film.';
comment on column ops.reviews.verdict is 'The quality verdict as it was when the person was asked.';

-- migrate:down
drop table ops.reviews;
alter table ops.lanes
drop column publishes_unreviewed;
