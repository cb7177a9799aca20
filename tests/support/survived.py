"""The forty faults of reliability.md A.1: what makes each survivable, and which kind of chaos or test shows it.

docs/reliability.md has the table from here; tests/contract/test_forty.py checks that tests and kinds exist.
"""

# ruff: noqa: E501 - a row is a row

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Survived:
    """One fault."""

    number: int
    fault: str
    by: str
    kinds: tuple[str, ...] = ()
    """Of `make chaos`."""
    tests: tuple[str, ...] = ()
    """`folder/file.py::test`, below tests/."""


OUTBOX: Final = "integration/test_outbox_and_relay.py"
DELIVERY: Final = "integration/test_delivery.py"
AGAIN: Final = "integration/test_reconciling.py"
SERVERS: Final = "chaos/test_servers.py"
DOGS: Final = "integration/test_watchdogs.py"

SURVIVED: Final = (
    Survived(1, "a service killed between commit and publish", "outbox row in the same transaction, taken over when its lease ends",
             ("kill_intake", "kill_router", "kill_notifier", "kill_console"), (f"{OUTBOX}::test_rows_of_a_dead_process_are_taken_over_when_their_lease_ends", "e2e/test_killed_before_answer.py::test_d7_04_a_retry_after_a_kill_gets_the_complaint_that_was_committed")),
    Survived(2, "killed between acknowledgement and marking", "same id again, and the inbox",
             (), (f"{OUTBOX}::test_an_event_offered_twice_is_stored_once_singly_and_in_a_batch", f"{DELIVERY}::test_a_redelivered_event_has_one_effect", "simulation/test_simulation.py::*")),
    Survived(3, "an earlier number that commits later", "polling by state, reading by transaction number, never by sequence",
             (), (f"{OUTBOX}::test_the_order_of_kept_events_never_admits_a_latecomer", "integration/test_audit_chain.py::test_a_late_commit_is_linked_late_and_a_rolled_back_one_never")),
    Survived(4, "a publish that times out", "unknown: offered again under the same id",
             ("pause_nats", "slow_nats"), (f"{OUTBOX}::test_a_broker_that_was_killed_under_way_gets_everything_once",)),
    Survived(5, "an acknowledgement from somebody else", "nobody else may; the stream's name and number are checked; the reconciler looks",
             (), ("integration/test_rogue_responder.py::*",)),
    Survived(6, "a stream that keeps nothing without consumers", "limits retention only, provisioned before anybody publishes",
             (), ("contract/test_topology.py::*", "integration/test_durables.py::test_a_durable_that_is_missing_or_set_in_another_way_is_refused")),
    Survived(7, "the broker killed", "effects and inbox row are one transaction",
             ("kill_nats",), ("embedded/test_nats.py::test_a_killed_server_comes_back_with_what_it_acknowledged",)),
    Survived(8, "ids forgotten by a restarted broker", "limits retention, and the inbox",
             ("kill_nats",), ("integration/test_forged_events.py::test_d7_32_an_event_that_comes_ten_thousand_times_has_one_effect",)),
    Survived(9, "power cut of broker, database or both", "every acknowledged message and every commit is synced",
             ("power_cut_nats", "power_cut_postgres", "power_cut_both"), ("embedded/test_nats.py::test_every_acknowledged_message_is_on_disk_and_the_store_stays_below_the_disk", "embedded/test_postgres.py::test_nothing_that_keeps_data_safe_is_off_unless_asked_for", f"{SERVERS}::test_a_power_cut_takes_acknowledged_messages_unless_each_is_synced")),
    Survived(10, "a consumer's position lost or ahead", "positions are thrown away and played again; the inbox takes the repeats",
             ("reset_any",), (f"{AGAIN}::test_what_somebody_deleted_on_the_broker_is_put_back",)),
    Survived(11, "bits flipped, files cut short", "the reconciler offers again what the stream does not hold",
             ("bit_flipped", "bit_flipped_index_gone", "truncated"), (f"{AGAIN}::test_what_a_damaged_block_lost_comes_back", f"{SERVERS}::test_a_flipped_bit_takes_messages_and_nobody_says_so")),
    Survived(12, "the broker's store gone", "provisioned anew and filled from the outbox",
             ("store_deleted",), (f"{AGAIN}::test_a_whole_store_that_was_deleted_is_filled_again",)),
    Survived(13, "changes of a cluster while it is broken", "as 11; no membership change is made by the product",
             (), (f"{AGAIN}::test_a_lost_tail_whose_numbers_were_used_again_comes_back", "unit/test_cluster_settings.py::*")),
    Survived(14, "the leader of three brokers killed", "the outbox takes up the gap; filing goes on",
             ("kill_leader",), ("unit/test_cluster_settings.py::*", "chaos/test_cluster.py::test_killed_leaders_lose_nothing_and_complaints_are_taken_all_the_while")),
    Survived(15, "PostgreSQL killed", "a key is mandatory, so asking again is safe; 503 with Retry-After",
             ("kill_postgres",), ("embedded/test_postgres.py::test_a_killed_server_is_started_again_with_what_was_committed",)),
    Survived(16, "a commit whose answer was lost", "the same key is read back",
             ("cut_off_postgres", "half_open_postgres"), ("e2e/test_killed_before_answer.py::test_d7_04_a_retry_after_a_kill_gets_the_complaint_that_was_committed",)),
    Survived(17, "PostgreSQL paused or out of reach", "time-outs everywhere; a pulse sheds requests with 503",
             ("pause_postgres", "partition_postgres", "deaf_postgres", "slow_postgres"), ("e2e/test_bad_input.py::test_a_busy_database_is_503_with_a_time_to_come_back", "chaos/test_paused_database.py::test_nobody_waits_for_a_database_that_stands_still")),
    Survived(18, "dead connections in the pool", "errors of the connection give the message back; a stuck pool ends the process",
             ("kill_postgres", "half_open_postgres"), (f"{DOGS}::test_a_pool_that_gives_no_connection_though_the_database_answers",)),
    Survived(19, "the broker's disk full", "the store's limit lies below the disk, so that publishers are told; a frozen server is started again",
             ("disk_full_nats", "stream_full"), ("embedded/test_nats.py::test_every_acknowledged_message_is_on_disk_and_the_store_stays_below_the_disk", f"{SERVERS}::test_the_broker_stops_before_its_disk_is_full_says_so_and_goes_on_without_a_restart")),
    Survived(20, "the database's disk full", "a failure of the moment: nothing acknowledged, nothing buried",
             ("disk_full_postgres", "disk_full_wal"), ("integration/test_disk_full.py::test_a_full_disk_is_a_failure_of_the_moment",)),
    Survived(21, "a full stream that drops the oldest", "discard is `new`: the publisher is refused, the outbox waits",
             ("stream_full",), (f"{SERVERS}::test_a_full_stream_says_so_and_goes_on_when_there_is_room",)),
    Survived(22, "anything a broker loses in silence", "the reconciler compares outbox and streams all the time",
             ("store_deleted", "truncated"), ("unit/test_reconciling_rules.py::*", f"{AGAIN}::*")),
    Survived(23, "a consumer deleted", "the keeper puts it back; a process whose durable stays away ends",
             ("consumer_deleted",), (f"{DOGS}::test_a_durable_that_was_deleted_and_stays_away", f"{DOGS}::test_messages_of_which_none_is_taken")),
    Survived(24, "refused while reconnecting", "a connection is never given up; a reconnect that died all the same ends the process, which is started anew",
             ("wrong_nkey", "wrong_password", "max_connections_nats", "max_connections_postgres"), (f"{DOGS}::test_a_reconnect_task_that_died_d7_35", "integration/test_lasting_connection.py::*")),
    Survived(25, "a broker that is away for long", "reconnecting has no end",
             ("partition_nats",), ("integration/test_accounts_life.py::test_a_service_whose_key_was_taken_away_too_early_is_back_with_its_new_one",)),
    Survived(26, "partitions and half-open connections", "pings every few seconds; unknown outcomes are asked again",
             ("partition_nats", "deaf_nats", "half_open_nats", "cut_off_nats"), ("chaos/test_proxy.py::*",)),
    Survived(27, "a broker restarted during a pull", "short pulls, begun again at once",
             ("kill_nats",), (f"{DELIVERY}::test_a_quiet_message_is_applied_at_once",)),
    Survived(28, "a message nobody can read", "decoded inside the guard; a dead letter, then terminated",
             (), (f"{DELIVERY}::test_what_is_no_event_is_buried_once_and_the_rest_flows_on", "integration/test_forged_events.py::*", "fuzz/test_poison.py::*")),
    Survived(29, "a message that kills the process", "from the third delivery on the attempt is counted before it begins",
             (), (f"{DELIVERY}::test_exhausted_attempts_end_in_the_dead_letters",)),
    Survived(30, "deliveries used up", "the broker never gives up; the application decides",
             (), ("contract/test_topology.py::test_the_broker_never_gives_up_by_itself_and_never_loses_patience_first",)),
    Survived(31, "a handler slower than the broker's patience", "patience is longer than every time-out of a handler; the inbox",
             ("pause_intake", "pause_router", "pause_notifier", "pause_console"), ("contract/test_topology.py::test_the_broker_never_gives_up_by_itself_and_never_loses_patience_first", f"{DELIVERY}::test_a_redelivered_event_has_one_effect")),
    Survived(32, "a stop with messages fetched", "small batches are finished, the rest is given back",
             ("rollout_older", "rollout_newer"), ("chaos/test_supervisor.py::test_ctrl_c_leaves_nothing_running_and_a_second_run_goes_on_with_the_data",)),
    Survived(33, "a flood", "allowances, bounded bodies and queues, 429 and 503 with Retry-After",
             (), ("integration/test_floods.py::*", "integration/test_http_limits.py::*", "e2e/test_bad_input.py::test_a_flood_of_one_units_commands_is_cut_and_does_not_silence_another")),
    Survived(34, "everybody reconnects at once", "limits sized above the number of clients; refused ones come again",
             ("kill_nats", "max_connections_nats"), ()),
    Survived(35, "clocks that jump", "one clock, PostgreSQL's, handed down; each rung is unique; time-outs are monotonic",
             ("clock_jump_business", "clock_jump_machine"), ("unit/test_ladder.py::test_after_a_long_outage_every_missed_level_fires_once_in_order",)),
    Survived(36, "several notifiers", "claims skip locked rows; one row per ticket, round and level",
             ("kill_notifier",), ("integration/test_notifier.py::test_ticks_at_once_raise_each_rung_and_sound_each_alarm_exactly_once",)),
    Survived(37, "an old event overtakes a newer one", "events carry versions: older ones change nothing, a gap waits",
             (), ("integration/test_notifier.py::test_a_gap_waits_and_an_older_version_changes_nothing", "simulation/test_simulation.py::*")),
    Survived(38, "two versions at once", "events only grow; old samples are kept and read",
             ("rollout_older", "rollout_newer"), ("contract/test_samples.py::*",)),
    Survived(39, "an office that sees another's ticket", "an account each; forced row-level security",
             (), ("integration/test_pair_matrix.py::*", "integration/test_row_security.py::*", "integration/test_forgotten_condition.py::*")),
    Survived(40, "restored from a backup", "views are made anew from kept events and compared; restoring itself is rehearsed by hand (operations.md)",
             (), ("e2e/test_rebuild.py::*",)),
)  # fmt: skip
