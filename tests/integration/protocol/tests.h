/* The groups of the program integration_protocol, each in the file of its name. */
#ifndef OVERT_TESTS_PROTOCOL_TESTS_H
#define OVERT_TESTS_PROTOCOL_TESTS_H

/* frames_test.c */
void garbage_is_answered_with_an_error(void **state);
void random_bytes_never_stop_the_server(void **state);
void truncated_frame_then_close(void **state);
void oversized_frame_before_welcome(void **state);
void oversized_frame_in_session(void **state);
void unknown_type(void **state);
void what_only_a_server_says(void **state);
void anything_before_hello(void **state);
void second_hello(void **state);
void bodies_that_are_no_messages(void **state);

/* hello_test.c */
void another_protocol_version(void **state);
void hello_without_a_run_id(void **state);
void hello_without_cameras(void **state);
void hello_with_too_many_cameras(void **state);
void another_model(void **state);
void model_that_the_server_does_not_run(void **state);
void another_dimension(void **state);
void person_on_the_capture_port(void **state);
void certificate_of_nobody(void **state);
void site_outside_the_deployment(void **state);
void deployment_that_is_not_running(void **state);
void deployment_that_does_not_exist(void **state);
void operational_deployment_is_not_started(void **state);
void site_on_the_api(void **state);
void camera_taken_over_by_a_new_connection(void **state);
void same_camera_name_at_two_sites(void **state);

/* probes_test.c */
void descriptor_not_finite(void **state);
void descriptor_not_normalised(void **state);
void descriptor_within_tolerance(void **state);
void descriptor_of_another_dimension(void **state);
void sequence_zero(void **state);
void sequence_twice_in_a_batch(void **state);
void batch_of_none(void **state);
void batch_of_too_many(void **state);
void batch_numbers_go_back(void **state);
void camera_that_hello_did_not_name(void **state);
void probe_from_the_future(void **state);
void one_bad_probe_refuses_the_batch(void **state);

/* counts_test.c */
void counts_are_stored_once(void **state);
void counts_of_another_run_or_camera(void **state);
void counts_from_the_future(void **state);
void ack_of_an_unknown_alert(void **state);

/* credit_test.c */
void full_window_is_served(void **state);
void more_than_the_window_is_refused(void **state);

/* slow_test.c */
void slow_reader_is_cut(void **state);
void stalled_handshakes_and_hellos_are_dropped(void **state);

/* alerts_test.c */
void match_is_acknowledged_and_pushed(void **state);
void same_track_alerts_once(void **state);
void alert_goes_to_its_own_site_only(void **state);
void cool_down_suppresses(void **state);
void resent_probe_makes_no_second_alert(void **state);
void match_that_cannot_be_stored_is_not_acknowledged(void **state);
void unacknowledged_alert_comes_again(void **state);

/* crops_test.c */
void crop_of_the_probe_matches(void **state);
void crop_of_somebody_else_differs(void **state);
void crop_that_is_no_jpeg_is_not_kept(void **state);
void crop_that_is_gone_is_missing(void **state);
void crop_nobody_asked_for(void **state);
void crop_of_another_run_is_not_taken(void **state);
void crop_too_long(void **state);

#endif
