"""Whether somebody holds a post, and is there (domain.md D5, E15). Pure."""

from __future__ import annotations

from datetime import date, datetime

from contracts.directory import Post
from contracts.notation import covers
from services.notifier.worktime.calendar import CITY


def today(now: datetime) -> date:
    """The day of the city."""
    return now.astimezone(CITY).date()


def held(post: Post, now: datetime) -> bool:
    """Somebody holds it; being away does not end a post."""
    return post.valid_to is None or today(now) < post.valid_to


def there(post: Post, now: datetime) -> bool:
    """Somebody holds it and is not away today, whatever the hour."""
    return held(post, now) and not covers(post.away, today(now))
