package kerneltest_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

func TestTwinsForetellATwin(t *testing.T) {
	exact := 0
	for _, family := range []kerneltest.Family{kerneltest.Fill, kerneltest.Churn, kerneltest.Minute} {
		for number := range 4 {
			c, told := drawn(t, family, number)
			p, err := kerneltest.Judge(c, told)
			if err != nil {
				t.Fatal(err)
			}
			exact += p.Failures.Exact + p.Successes.Exact + p.Halves.Exact
			for _, w := range p.Wrong {
				t.Errorf("%v: %s", c, w)
			}
		}
	}
	if exact == 0 {
		t.Error("nothing was foretold exactly")
	}
}

func TestJudgeFindsAWrongPrediction(t *testing.T) {
	c, told := drawn(t, kerneltest.Cliff, 1)
	for i := range told.Done {
		if i >= 100 && c.Ops[i].Kind == kerneltest.Dial {
			told.Done[i].Errno = kerneltest.EADDRNOTAVAIL
		}
	}
	p, err := kerneltest.Judge(c, told)
	if err != nil {
		t.Fatal(err)
	}
	if p.Failures.Wrong != 1 || p.Successes.Wrong != 1 || p.Halves.Wrong != 1 {
		t.Errorf("judged a kernel that has a hundred ports to be as foretold: %+v", p)
	}
}

func TestJudgeFindsAPopulationThatIsAHundredthOff(t *testing.T) {
	c, told := drawn(t, kerneltest.Minute, 1)
	for i := range told.Done {
		told.Done[i].Minis += told.Done[i].Minis * 2 / 100
	}
	p, err := kerneltest.Judge(c, told)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Wrong) == 0 || p.MinuteError < 0.01 {
		t.Errorf("a population that is 2 %% too large passes: %+v", p)
	}
}
