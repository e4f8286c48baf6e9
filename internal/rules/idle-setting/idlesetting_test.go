package idlesetting_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	idlesetting "github.com/linger-dev/linger/internal/rules/idle-setting"
)

func with(edit func(*evidence.Settings)) *evidence.Snapshot {
	return ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
		t := ruletest.Inbound("10.0.0.1:80", "10.0.0.2")
		ruletest.TimeWait(&t, 600, 60, 0) // 10 closes a second need 610
		ns.Tallies = []evidence.Tally{t}
		edit(&ns.Settings)
	})
}

func TestSettingsThatDoNothingOrHarmAreTold(t *testing.T) {
	n := evidence.IntOf
	ruletest.Run(t, idlesetting.Rule(), ruletest.Cases{
		"fires_for_recycle":                                     with(func(s *evidence.Settings) { s.TWRecycle = n(1) }),
		"fires_for_reuse_without_timestamps":                    with(func(s *evidence.Settings) { s.TWReuse, s.Timestamps = n(1), n(0) }),
		"fires_mildly_for_the_default_reuse_without_timestamps": with(func(s *evidence.Settings) { s.Timestamps = n(0) }),
		"fires_for_a_quota_one_below_need":                      with(func(s *evidence.Settings) { s.MaxTWBuckets = n(609) }),
		"fires_for_a_quota_of_zero":                             with(func(s *evidence.Settings) { s.MaxTWBuckets = n(0) }),
		"fires_for_fin_timeout_61":                              with(func(s *evidence.Settings) { s.FinTimeout = n(61) }),
		"fires_for_fin_timeout_89":                              with(func(s *evidence.Settings) { s.FinTimeout = n(89) }),
		"silent_for_the_defaults":                               with(func(*evidence.Settings) {}),
		"silent_for_fin_timeout_60_and_a_quota_that_fits":       with(func(s *evidence.Settings) { s.FinTimeout, s.MaxTWBuckets = n(60), n(610) }),
		"silent_for_fin_timeout_90_and_no_quota":                with(func(s *evidence.Settings) { s.FinTimeout, s.MaxTWBuckets = n(90), n(-1) }),
		"silent_for_recycle_off_and_reuse_off":                  with(func(s *evidence.Settings) { s.TWRecycle, s.TWReuse, s.Timestamps = n(0), n(0), n(0) }),
		"silent_if_nothing_was_read":                            with(func(s *evidence.Settings) { *s = evidence.Settings{} }),
	})
}
