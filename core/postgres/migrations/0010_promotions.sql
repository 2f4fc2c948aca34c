-- migrate:up
create table ops.promotions (
    promotion_id bigint generated always as identity primary key,
    model text not null,
    version text not null,
    decided_at timestamptz not null,
    is_promoted boolean not null,
    reason text not null,
    figures jsonb not null default '{}',
    previous text
);
create index promotions_by_model on ops.promotions (model, decided_at desc);
comment on table ops.promotions is
'Every decision of the gate and every rollback. One row per judged version and decision.';
comment on column ops.promotions.model is 'Name in the model registry.';
comment on column ops.promotions.is_promoted is 'Whether the version was put to use.';
comment on column ops.promotions.figures is 'All that was measured for the decision: intervals, calibration, slices, costs, bounds.';
comment on column ops.promotions.previous is 'The version in use before.';
comment on table ops.model_performance is
'What each trained version reached on its test part, with the 95 % interval and the rule to beat.';

-- migrate:down
comment on table ops.model_performance is
'What each trained version reached on its test part, with the 90 % interval and the rule to beat.';
drop table ops.promotions;
