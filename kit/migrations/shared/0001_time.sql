-- The one clock of the business (product.md section 3) and the ledger of migrations.
create schema if not exists chuishao;

create table chuishao.migration (
    scope text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default clock_timestamp(),
    primary key (scope, name)
);

create table chuishao.setting (
    only_row boolean primary key default true check (only_row),
    simulated boolean not null,
    business_at timestamptz,
    set_at timestamptz
);

insert into chuishao.setting (simulated)
values (coalesce(nullif(current_setting('chuishao.simulated', true), ''), 'false')::boolean);

do $$
begin
    if (select simulated from chuishao.setting) then
        create function chuishao.business_now() returns timestamptz
        language sql volatile security definer set search_path = chuishao
        return (
            select coalesce(business_at + (clock_timestamp() - set_at), clock_timestamp())
            from chuishao.setting
        );
    else
        create function chuishao.business_now() returns timestamptz
        language sql volatile
        return clock_timestamp();
    end if;
end
$$;

create function chuishao.set_business_clock(at timestamptz) returns timestamptz
language plpgsql volatile security definer set search_path = chuishao as $$
begin
    update setting set business_at = at, set_at = clock_timestamp() where simulated;
    if not found then
        raise exception 'this database was not created with --simulated';
    end if;
    return business_now();
end
$$;

revoke execute on function chuishao.set_business_clock(timestamptz) from public;
