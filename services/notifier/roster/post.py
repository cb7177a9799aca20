"""Whether somebody holds a post, and is there (domain.md D5, E15). Pure."""

from __future__ import annotations

from datetime import date, datetime

from contracts.directory import Post
from contracts.notation import covers
from kit.city_time import CITY_TIME


def today(now: datetime) -> date:
    """The day of the city."""
    return now.astimezone(CITY_TIME).date()


def held(post: Post, now: datetime) -> bool:
    """Somebody holds it; being away does not end a post."""
    return post.valid_to is None or today(now) < post.valid_to


def there(post: Post, now: datetime) -> bool:
    """Somebody holds it and is not away today, whatever the hour."""
    return held(post, now) and not covers(post.away, today(now))
