-- Which directory version decides now: the newest whose first day has come. Before the first day of all,
-- which only a simulated clock set back can reach, the first version decides, for there was no other. 0: none.
create function version_in_force() returns int
language sql stable
begin atomic
    select coalesce(
        max(version) filter (where effective_from <= chuishao.business_now()), min(version), 0
    )
    from directory_version
    where active_at is not null;
end;
