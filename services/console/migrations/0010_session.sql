-- Who is signed in at the screens (docs/adr/0048). The token lies sealed under a key made of the cookie, which
-- is nowhere here: this table alone opens nothing.
create table session (
    cookie_digest bytea primary key check (length(cookie_digest) = 32),
    sealed_token bytea not null check (length(sealed_token) between 29 and 8300),
    until_at timestamptz not null
);
create index session_until on session (until_at);
