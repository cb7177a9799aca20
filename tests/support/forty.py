"""The forty inputs and attacks of reliability.md D.7: what is tried, what is answered, which tests show it.

tests/contract/test_forty.py fails where a number has no test that `make test` runs, or a test is not there;
docs/reliability.md has the table from here. A name that ends in `*` is a whole file.
"""

# ruff: noqa: E501 - a row is a row

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """One of the forty."""

    number: int
    tried: str
    answered: str
    tests: tuple[str, ...]
    """`folder/file.py::test`, below tests/."""


FORTY: Final = (
    Row(1, "the same key and body a hundred times at once", "one complaint; one 201 and ninety-nine 200 with the same bytes", (
        "integration/test_hostile_input.py::test_d7_01_d7_02_a_hundred_at_once_with_one_key_are_one",
        "e2e/test_bad_input.py::test_a_hundred_requests_with_one_key_make_one_complaint",
    )),
    Row(2, "the same key with another body", "422; nothing stored", (
        "integration/test_hostile_input.py::test_d7_01_d7_02_a_hundred_at_once_with_one_key_are_one",
        "e2e/test_bad_input.py::test_a_hundred_requests_with_one_key_make_one_complaint",
    )),
    Row(3, "no key", "400 that names the header", (
        "integration/test_hostile_input.py::test_d7_03_without_a_key_nothing_is_filed",
        "e2e/test_bad_input.py::test_a_missing_key_is_400_and_names_the_header",
    )),
    Row(4, "intake killed after the commit, the client asks again", "the complaint that was committed", (
        "e2e/test_killed_before_answer.py::test_d7_04_a_retry_after_a_kill_gets_the_complaint_that_was_committed",
    )),
    Row(5, "a body one byte over the limit (256 KiB), or without end", "413, connection closed, memory flat", (
        "integration/test_hostile_input.py::test_d7_05_the_limit_is_the_last_byte",
        "integration/test_http_limits.py::test_d7_05_a_body_that_says_it_is_too_large_is_not_read",
        "integration/test_http_limits.py::test_d7_05_an_endless_body_is_cut_and_nothing_of_it_kept",
        "integration/test_http_limits.py::test_d7_05_an_oversized_head_is_refused",
    )),
    Row(6, "a body of nested brackets as long as the limit lets it be", "400 within 50 ms of processor time; longer ones 413", (
        "integration/test_hostile_input.py::test_d7_06_d7_07_what_is_no_json_is_400_at_once",
        "fuzz/test_parsers.py::test_d7_6_7_8_a_parser_raises_nothing_but_what_it_declares",
    )),
    Row(7, "NaN, Infinity, 1e999, 23 digits, a member twice", "400", (
        "integration/test_hostile_input.py::test_d7_06_d7_07_what_is_no_json_is_400_at_once",
        "fuzz/test_parsers.py::test_d7_6_7_8_a_parser_raises_nothing_but_what_it_declares",
    )),
    Row(8, "no UTF-8, half surrogates, NUL, bidi, zero width, 200 accents, rare Han", "400 or 422; rare Han comes back as it was, composed once", (
        "integration/test_hostile_input.py::test_d7_08_characters_nobody_sees_are_422",
        "integration/test_hostile_input.py::test_d7_08_rare_characters_come_back_as_they_were",
        "integration/test_hostile_input.py::test_d7_06_d7_07_what_is_no_json_is_400_at_once",
    )),
    Row(9, "another media type, XML with an external entity", "415", (
        "integration/test_hostile_input.py::test_d7_09_another_media_type_is_415",
    )),
    Row(10, "SQL in every field, wildcards in every search", "kept as text; finds nobody else's; no row more or less", (
        "integration/test_hostile_input.py::test_d7_10_d7_11_d7_12_words_stay_words",
        "integration/test_hostile_input.py::test_d7_10_a_wildcard_looks_for_itself",
        "integration/test_statements.py::*",
    )),
    Row(11, "script, SVG and javascript: in words", "text on every page; no script of a page makes markup", (
        "contract/test_markup.py::test_d7_11_a_script_puts_what_it_is_told_into_text_nodes_alone",
        "contract/test_markup.py::test_d7_11_what_writes_markup_escapes",
        "integration/test_dossier.py::test_the_page_escapes_everything_runs_nothing_and_is_made_to_be_printed",
        "unit/test_rate_figures.py::test_a_page_has_no_script_and_escapes_names",
        "unit/test_cli_directory.py::test_the_page_stands_alone_and_shows_names_as_text",
        "integration/test_hostile_input.py::test_d7_10_d7_11_d7_12_words_stay_words",
    )),
    Row(12, "=HYPERLINK, @SUM, tab before =, full-width ＝, exported", "the cell is text", (
        "unit/test_formula_cells.py::test_d7_12_what_might_run_is_text",
        "unit/test_formula_cells.py::test_a_cell_comes_back_as_it_was_and_never_runs",
        "unit/test_export_files.py::test_a_csv_is_text_for_spreadsheets_and_holds_only_named_columns",
        "unit/test_export_files.py::test_a_workbook_has_strings_where_a_formula_could_be",
    )),
    Row(13, "codes `*`, `>`, `a.b`, a space, 300 characters, CR LF", "422; no subject is built of them", (
        "integration/test_hostile_input.py::test_d7_13_no_code_becomes_part_of_a_subject",
        "contract/test_topology.py::test_nothing_but_a_code_becomes_a_token",
        "contract/test_topology.py::test_nothing_but_an_area_code_becomes_an_area",
        "unit/test_directory_files.py::test_a_bad_cell_is_named_with_file_line_and_column",
    )),
    Row(14, "X-Forwarded-For, X-Dept and the like", "ignored on every route", (
        "e2e/test_route_matrix.py::test_d7_14_d7_15_no_forgery_opens_any_route",
        "e2e/test_route_matrix.py::test_d7_14_a_proxys_headers_give_a_signed_in_person_nothing_more",
    )),
    Row(15, "tokens: alg none, HS256 with the public key, wrong aud, expired, not yet valid, kid as a path", "401 on every route, of our own and of a provider's", (
        "unit/test_auth.py::test_d7_15_a_token_is_refused_with_401_when",
        "unit/test_oidc.py::test_d7_15_the_head_of_a_token_is_taken_by_our_list_alone",
        "integration/test_provider.py::test_d7_15_a_token_of_the_provider_is_refused_for",
        "e2e/test_route_matrix.py::test_d7_14_d7_15_no_forgery_opens_any_route",
    )),
    Row(16, "another unit's ticket by every route, list, count, feed and export", "404, noted for the auditor; as slow as none, within 5 ms", (
        "e2e/test_other_units.py::test_d7_16_another_units_ticket_is_404_and_each_look_is_noted",
        "e2e/test_other_units.py::test_d7_16_no_list_feed_count_or_export_shows_it",
        "e2e/test_other_units.py::test_d7_16_a_foreign_ticket_takes_as_long_as_none",
        "integration/test_forgotten_condition.py::test_d7_16_another_units_ticket_is_404_though_the_code_forgot_to_ask",
        "integration/test_row_security.py::test_d7_16_policies_and_pure_rules_agree",
        "integration/test_row_security_notifier.py::test_d7_16_each_person_sees_what_the_rules_say",
        "integration/test_looks.py::test_d7_16_who_looked_for_what_and_when_is_noted",
    )),
    Row(17, "neighbouring ids and numbers", "UUIDv7 with 62 random bits; numbers leap; 404", (
        "e2e/test_other_units.py::test_d7_17_ids_tell_nothing_and_their_neighbours_open_nothing",
    )),
    Row(18, "state, due_at, dept, version in a body", "422 that names the field; every documented body is closed", (
        "e2e/test_other_units.py::test_d7_18_a_body_claims_nothing_beyond_its_fields",
        "e2e/test_other_units.py::test_d7_18_every_documented_body_is_closed",
    )),
    Row(19, "a version that is no longer the ticket's", "409 with the version there is (If-Match: 412); unchanged", (
        "e2e/test_other_units.py::test_d7_19_a_stale_version_is_409_and_changes_nothing",
        "e2e/test_bad_input.py::test_another_version_than_the_one_seen_is_412",
        "integration/test_at_once.py::test_two_who_saw_the_same_version_do_not_both_act",
    )),
    Row(20, "a step its state does not allow", "409 with the steps it does; every state x action x role tried", (
        "e2e/test_other_units.py::test_d7_20_a_step_that_is_not_allowed_now_is_409_with_what_is",
        "integration/test_action_matrix.py::*",
        "integration/test_later_words.py::test_the_matrix_of_states_and_later_words",
    )),
    Row(21, "somebody moved to another unit while signed in", "the next request has the new unit's rights", (
        "e2e/test_directory_life.py::test_a_grid_is_divided_and_open_tickets_follow_and_d7_21_people_too",
        "unit/test_visible_units.py::test_d7_21_a_move_is_a_new_version_and_the_same_token",
    )),
    Row(22, "a flood from one operator, from a thousand", "429 with Retry-After; what was acknowledged is stored; others are served", (
        "integration/test_floods.py::test_d7_22_the_flood_of_one_operator_is_cut_and_others_are_served",
        "integration/test_floods.py::test_d7_22_a_thousand_operators_are_a_thousand_allowances",
        "integration/test_floods.py::test_d7_22_a_partner_has_an_allowance_of_its_own",
        "unit/test_allowance.py::test_d7_22_one_flood_costs_nobody_else_anything",
    )),
    Row(23, "slow senders and readers, 2,000 idle connections", "time-outs; who works is served meanwhile", (
        "integration/test_http_limits.py::test_d7_23_who_comes_to_no_end_is_let_go",
        "integration/test_http_limits.py::test_d7_23_who_reads_nothing_is_let_go",
        "integration/test_http_limits.py::test_d7_23_two_thousand_idle_connections_keep_nobody_out",
    )),
    Row(24, "NATS: another office's durable", "nobody there", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_pair_matrix.py::test_every_attack_would_be_seen_if_it_worked",
    )),
    Row(25, "NATS: subscribe to `>`, `_INBOX.>`, `$JS.EVENT.>`, `$SYS.>`", "nothing but one's own", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_pair_matrix.py::test_a_grant_of_replies_to_everybody_would_be_seen",
    )),
    Row(26, "NATS: make consumers, read directly, purge, delete, restore, update", "denied", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_pair_matrix.py::test_every_attack_would_be_seen_if_it_worked",
    )),
    Row(27, "NATS: publish what services say, or to somebody's inbox", "denied", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "contract/test_accounts.py::test_every_noun_can_be_published_by_exactly_one_user",
    )),
    Row(28, "NATS: a pull whose answer shall go elsewhere", "stored nowhere, heard by nobody", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_pair_matrix.py::test_every_attack_would_be_seen_if_it_worked",
    )),
    Row(29, "NATS: forged acknowledgements", "denied; what is pending stays", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_pair_matrix.py::test_a_wildcard_in_a_grant_of_acknowledgements_would_be_seen",
        "contract/test_accounts.py::test_no_grant_reaches_a_durable_of_somebody_else_whatever_is_put_into_its_wildcards",
    )),
    Row(30, "NATS: headers that ask for an answer elsewhere", "no answer there", (
        "integration/test_pair_matrix.py::test_no_office_reaches_what_is_anothers",
        "integration/test_hostile_nats.py::test_a_header_that_asks_for_another_place_gets_no_answer_there",
    )),
    Row(31, "NATS: unknown type, future major, no id, other data, not its owner's", "a dead letter each, once; no effect; the next event goes on", (
        "integration/test_forged_events.py::test_d7_31_what_is_no_event_of_ours_is_a_dead_letter_each_and_has_no_effect",
        "integration/test_forged_events.py::test_d7_31_what_its_owner_did_not_say_is_in_no_stream",
        "integration/test_delivery.py::test_what_is_no_event_is_buried_once_and_the_rest_flows_on",
        "fuzz/test_mutated_events.py::test_d7_31_a_mutated_event_is_refused_or_an_event",
        "fuzz/test_poison.py::test_d7_31_34_poison_is_buried_once_and_good_traffic_goes_on",
    )),
    Row(32, "NATS: one event ten thousand times", "one effect", (
        "integration/test_forged_events.py::test_d7_32_an_event_that_comes_ten_thousand_times_has_one_effect",
        "integration/test_delivery.py::test_d7_32_copies_that_are_fetched_together_have_one_effect",
    )),
    Row(33, "NATS: somebody else acknowledges a publish", "nobody may; a wrong one marks nothing; a perfect one is found by the reconciler", (
        "contract/test_accounts.py::test_a_service_reads_and_acknowledges_its_own_durables_and_publishes_no_event",
        "integration/test_rogue_responder.py::test_d7_33_a_false_acknowledgement_marks_nothing_and_stops_nobody",
        "integration/test_rogue_responder.py::test_d7_33_what_was_believed_and_is_not_there_is_offered_again",
    )),
    Row(34, "NATS: a subject of 5 kB, 2 MB, ten thousand headers, odd headers", "the sender's connection ends or it is answered; the service goes on", (
        "integration/test_hostile_nats.py::test_what_is_too_long_ends_its_own_connection_only",
        "integration/test_hostile_nats.py::test_d7_34_ten_thousand_headers_end_the_connection_of_their_sender",
        "integration/test_hostile_nats.py::test_a_command_with_thousands_of_headers_or_with_odd_ones_is_answered",
    )),
    Row(35, "NATS: a thousand wrong keys, then the right one", "in at once; a connection is never given up", (
        "integration/test_hostile_nats.py::test_after_a_thousand_wrong_keys_the_right_one_is_let_in_at_once",
        "integration/test_watchdogs.py::test_a_reconnect_task_that_died_d7_35",
        "integration/test_accounts_life.py::test_a_service_whose_key_was_taken_away_too_early_is_back_with_its_new_one",
    )),
    Row(36, "a channel's address that is private, metadata, mapped, rebound or redirected", "refused before anything connects", (
        "unit/test_address_guard.py::test_is_refused",
        "unit/test_address_guard.py::test_a_name_with_one_forbidden_address_is_refused",
        "integration/test_channels.py::test_loopback_is_refused_before_anything_connects",
        "integration/test_channels.py::test_a_name_is_asked_for_once_and_the_checked_address_is_reached",
        "integration/test_channels.py::test_a_redirect_is_not_followed",
    )),
    Row(37, "a webhook repeated, old, wrongly signed, reordered", "the standard's library refuses; our sender signs the exact bytes; our door refuses alike", (
        "integration/test_channels.py::test_d7_37_what_was_not_sent_just_so_and_just_now_is_refused",
        "integration/test_channels.py::test_the_standards_own_library_verifies_what_was_sent",
        "integration/test_replies.py::test_only_a_known_gateway_is_heard_and_only_in_time",
        "integration/test_replies.py::test_a_changed_body_breaks_the_signature",
        "integration/test_replies.py::test_the_same_message_acts_once_however_often_it_comes",
    )),
    Row(38, "audit: change, delete, truncate, old time, cut the end, rewrite it all", "refused for every role; `verify` names the row; anchors tell of cuts", (
        "integration/test_audit_chain.py::test_d7_38_nobody_changes_or_deletes",
        "integration/test_audit_chain.py::test_d7_38_a_service_cannot_say_when_it_wrote",
        "integration/test_audit_chain.py::test_d7_38_what_a_superuser_does_to_the_tables_is_told",
        "integration/test_audit_chain.py::test_d7_38_a_rewritten_chain_shows_by_its_anchors_alone",
        "unit/test_audit_chain.py::test_ten_thousand_random_tamperings_are_found_and_as_many_untouched_chains_are_not",
    )),
    Row(39, "a complaint about a unit", "never to it or anybody tied to it, whatever happens to the ticket later", (
        "integration/test_accused_lives.py::test_d7_39_no_history_brings_it_to_whom_it_is_about",
        "integration/test_kept_from_the_accused.py::test_d7_39_nobody_tied_is_told_and_no_table_of_theirs_gets_it",
        "integration/test_kept_from_the_accused.py::test_d7_39_who_is_tied_finds_neither_its_clocks_nor_its_rungs",
        "integration/test_forgotten_condition.py::test_d7_39_who_is_tied_to_the_accused_sees_nothing_though_the_code_forgot_to_ask",
    )),
    Row(40, "line breaks, false lines and colours in words, headers and paths; an id of 3,000 characters", "one escaped line a request, without anybody's words; the id is ours", (
        "integration/test_log_injection.py::test_d7_40_a_request_is_one_line_whatever_it_says",
        "unit/test_logging.py::test_d7_40_a_value_forges_no_second_line_and_is_cut_where_it_is_long",
    )),
)  # fmt: skip
