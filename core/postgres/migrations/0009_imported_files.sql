-- migrate:up
alter table ops.imported_files
    add column rows_totals bigint not null default 0 check (rows_totals >= 0),
    add column rows_duplicate bigint not null default 0 check (rows_duplicate >= 0),
    add constraint every_row_is_accounted_for
    check (rows_read = rows_landed + rows_rejected + rows_totals + rows_duplicate);
comment on column ops.imported_files.rows_totals is 'Total rows, which are compared with the sum of the others and do not land.';
comment on column ops.imported_files.rows_duplicate is 'Rows equal to an earlier one of the file.';

-- migrate:down
alter table ops.imported_files
    drop constraint every_row_is_accounted_for,
    drop column rows_duplicate,
    drop column rows_totals;
