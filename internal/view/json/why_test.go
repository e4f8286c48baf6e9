package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/why"
)

func TestWhyIsOneObjectWithAnswerErrnoAndHolders(t *testing.T) {
	ns := &evidence.Namespace{Name: "host"}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40001)
	bind := why.BindOf(why.BindCase{
		Namespace: ns, Request: portspace.Request{Addr: netip.IPv4Unspecified(), Port: 8080, Privileged: true, Here: evidence.Yes},
		Held: &evidence.PortHolders{Port: 8080, Holders: []evidence.Holder{{Addr: netip.IPv4Unspecified(), State: tcp.Listen, Count: 1}}},
	})
	connect := why.ConnectOf(why.ConnectCase{
		Snapshot: &evidence.Snapshot{}, Namespace: ns, Dst: netip.MustParseAddrPort("10.0.0.2:80"),
		Use: &evidence.PortUse{Range: evidence.PortRange{Low: 40000, High: 40001}, Live: evidence.PortSetOf(40000, 40001)},
	})
	var out bytes.Buffer
	r := json.New(&out)
	if err := r.WhyBind(bind); err != nil {
		t.Fatal(err)
	}
	if err := r.WhyConnect(connect); err != nil {
		t.Fatal(err)
	}
	dec := stdjson.NewDecoder(&out)
	for _, want := range []struct{ schema, errno string }{{json.WhyBindSchema, "EADDRINUSE"}, {json.WhyConnectSchema, "EADDRNOTAVAIL"}} {
		var got struct {
			Schema, Answer, Errno string
			Gaps, Cures           []any
			Held                  struct {
				Holders []struct{ ReuseAddr *bool }
			}
			Account struct{ Live, Free int }
		}
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Schema != want.schema || got.Errno != want.errno || got.Answer != "no" || got.Gaps == nil || got.Cures == nil {
			t.Errorf("%+v", got)
		}
		if want.schema == json.WhyBindSchema && (len(got.Held.Holders) != 1 || got.Held.Holders[0].ReuseAddr != nil) {
			t.Errorf("an option that is not known is null: %+v", got.Held)
		}
		if want.schema == json.WhyConnectSchema && got.Account.Live != 2 {
			t.Errorf("%+v", got.Account)
		}
	}
}
