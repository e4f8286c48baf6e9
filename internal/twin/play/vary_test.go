package play_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/twin/play"
)

func TestRangesBecomeValues(t *testing.T) {
	for text, want := range map[string]string{
		"rate=100..2000":           "[100 153 235 361 554 850 1304 2000]",
		"rate=100..200":            "[100 114 129 143 157 171 186 200]",
		"rate=100..2000/3":         "[100 447 2000]",
		"rate=100..2000/3lin":      "[100 1050 2000]",
		"rate=100..200/3log":       "[100 141 200]",
		"rate=5,1..3/3,9":          "[5 1 2 3 9]",
		"tcp_tw_reuse=0,1,2":       "[0 1 2]",
		"kernel=2.6.32, 6.18":      "[2.6.32 6.18]",
		"ip_local_port_range=1-20": "[1-20]",
	} {
		axes, err := play.ParseVary([]string{text})
		if err != nil || fmt.Sprint(axes[0].Values) != want {
			t.Errorf("%s: %v, %v, want %s", text, axes, err, want)
		}
	}
}

func TestWrongRangesSayWhatIsRight(t *testing.T) {
	for text, want := range map[string]string{
		"rate":                          "is no --vary",
		"rate=":                         "is no --vary",
		"rate=1,,2":                     "a value is missing",
		"rate=9..3":                     "no range of whole numbers",
		"rate=a..b":                     "no range of whole numbers",
		"rate=1..5/1":                   "2 to 100 steps",
		"rate=1..5/x":                   "2 to 100 steps",
		"rate=0..5/3log":                "a range above 0",
		"a=1,2 a=1,2":                   "varied twice",
		"a=1..100/100lin b=1..5/5lin":   "more than 400 runs",
		"a=1 b=1 c=1 d=1 e=1":           "at most 4 things",
		"rate=1..9999999999999999999":   "no range of whole numbers",
		"rate=1..100000/90 x=1..9/9lin": "more than 400 runs",
	} {
		if _, err := play.ParseVary(strings.Fields(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestOnlyWhatIsThereCanBeVaried(t *testing.T) {
	for vary, want := range map[string]string{
		"speed=1,2":         `no "speed" to vary`,
		"orders.rate=10,x":  `"x" is no rate`,
		"other.rate=10,20":  `no stream for "other.rate"`,
		"hold=1s,2":         `"2" is no duration`,
		"destinations=0..4": "number of destinations",
		"closes=never":      "no way to close",
		"kernel=2.4":        "2.6.32 and later",
	} {
		axes, err := play.ParseVary([]string{vary})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := play.SweepTraffic(t.Context(), traffic(t, wall), axes, play.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", vary, err, want)
		}
	}
}

func TestAKernelWithoutTheSettingIsToldInItsCell(t *testing.T) {
	axes, err := play.ParseVary([]string{"kernel=5.10,6.18", "tcp_tw_reuse_delay=100"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := play.SweepTraffic(t.Context(), traffic(t, wall), axes, play.Options{})
	if err != nil || s.Cells[0].Played || !strings.Contains(s.Cells[0].Why, "5.10 has no setting") || !s.Cells[1].Played {
		t.Errorf("%+v, %v", s.Cells, err)
	}
}

func TestScenariosCanBeSweptToo(t *testing.T) {
	files, err := claims.Find("quota-refuses-the-new")
	if err != nil {
		t.Fatal(err)
	}
	axes, err := play.ParseVary([]string{"tcp_max_tw_buckets=5,8", "rate=100"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := play.SweepScenario(t.Context(), files[0], axes, play.Options{})
	if err != nil || s.Cells[0].Verdict != claims.Proved || s.Cells[1].Verdict != claims.NotSo {
		t.Errorf("%+v, %v", s.Cells, err)
	}
}
