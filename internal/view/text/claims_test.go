package text_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/text"
)

// verdicts has a claim of every kind: proved in more cases than are shown,
// refuted with a note, and not testable with a hint. Texts come from scenario
// files, so from anybody.
func verdicts() view.Claims {
	many := claims.Result{Name: "many-cases", Claim: "It holds in every case.", Verdict: claims.Proved}
	for _, c := range []string{"a=1", "a=2", "a=3", "a=4", "a=5", "a=6", "a=7"} {
		many.Plays = append(many.Plays, claims.Play{Case: c, Verdict: claims.Proved, Measured: []claims.Measure{
			{Line: 7, Step: "connect app.c, to 10.0.0.2:80", About: "connect app.c", Got: "success, port 40000", Holds: true},
			{Line: 8, Step: "expect client, time_wait 1", About: "client", Got: "time_wait 1", Holds: true, Telling: true},
			{Line: 9, Step: "expect client, time_wait 1, for 1s", About: "client", Got: "time_wait 1", Holds: true, Telling: true},
		}})
	}
	return view.Claims{
		Kernel: "5.10.0-46-amd64", Took: 66 * time.Second,
		Results: []claims.Result{
			many,
			{
				Name: "not-here", Claim: "It is \x1b[31mred\x1b[0m.", Verdict: claims.NotSo, Note: "kernels before 6.14 count in ticks of one second",
				Why: "a=1: line 30: connect app.d, to 10.0.0.2:80, fails with EADDRNOTAVAIL: got success, port 40000",
				Plays: []claims.Play{{Case: "a=1", Verdict: claims.NotSo, Measured: []claims.Measure{
					{Line: 29, Step: "expect client, time_wait 1", About: "client", Got: "time_wait 1", Holds: true, Telling: true},
					{Line: 30, Step: "connect app.d", About: "connect app.d", Got: "success, port 40000", Telling: true},
				}}},
			},
			{
				Name: "not-testable", Claim: "It needs a device.", Verdict: claims.NotTestable,
				Why: "make a TUN device: permission denied", Hint: "run as root, or give this user access to /dev/net/tun",
				Plays: []claims.Play{{Verdict: claims.NotTestable}},
			},
		},
	}
}

func TestClaimsAreToldByTheirVerdicts(t *testing.T) {
	plain, changed, detailed := verdicts(), verdicts(), verdicts()
	changed.Mutants, detailed.Detail = true, true
	for name, c := range map[string]view.Claims{"claims": plain, "claims-mutants": changed, "claims-detail": detailed} {
		var out strings.Builder
		if err := text.New(&out, text.Options{Width: 80, Unicode: true}).Claims(c); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
	}
}

func TestCatalogueTellsNamesAndLengths(t *testing.T) {
	var out strings.Builder
	list := []view.Claim{
		{Name: "short", Claim: "It is over at once."},
		{Name: "long", Claim: strings.Repeat("It takes long. ", 10), Length: 62*time.Second + 400*time.Millisecond},
	}
	if err := text.New(&out, text.Options{Width: 60}).Catalogue(list); err != nil {
		t.Fatal(err)
	}
	golden(t, "catalogue", out.String())
}
