package evidence_test

import (
	"net/netip"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// sameSnapshots compares by meaning: an empty list is as good as none, and
// addresses, times and port sets are compared by what they stand for.
func sameSnapshots() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b *evidence.PortSet) bool { return (a == nil) == (b == nil) && a.String() == b.String() }),
	}
}

// drawSnapshot fills a Snapshot by its type, so that a field that is added
// later is tested without a word here.
func drawSnapshot(t *rapid.T) *evidence.Snapshot {
	s := new(evidence.Snapshot)
	fill(t, reflect.ValueOf(s).Elem())
	for i := range s.Namespaces {
		for j := range s.Namespaces[i].Tallies {
			plausible(t, &s.Namespaces[i].Tallies[j])
		}
	}
	return s
}

// plausible takes back what a recording refuses.
func plausible(t *rapid.T, tally *evidence.Tally) {
	tally.MiniFinWait2 = min(tally.MiniFinWait2, tally.States[tcp.FinWait2])
	for s := range tally.Orphans {
		tally.Orphans[s] = min(tally.Orphans[s], tally.States[s])
	}
	if tally.Covered() > tally.Ownerless() {
		tally.Made = nil
	}
}

func fill(t *rapid.T, v reflect.Value) {
	if special(t, v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "len")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			if rapid.IntRange(0, 5).Draw(t, "some") == 0 {
				fill(t, v.Index(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "present") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(rapid.MapOfN(rapid.StringMatching(`[a-zA-Z.]{1,8}`), rapid.Int64(), 0, 3).Draw(t, "map")))
	case reflect.String:
		v.SetString(rapid.StringN(0, 8, -1).Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(0, 1<<62).Draw(t, "int"))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> (64 - v.Type().Bits()))
	default:
		t.Fatalf("no way to draw a %s", v.Type())
	}
}

// special draws the types that are more than their kind.
func special(t *rapid.T, v reflect.Value) bool {
	var x any
	switch v.Interface().(type) {
	case time.Time:
		x = time.Unix(rapid.Int64Range(0, 1<<36).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	case netip.Addr:
		x = drawAddr(t)
	case netip.AddrPort:
		if a := drawAddr(t); a.IsValid() {
			x = netip.AddrPortFrom(a, rapid.Uint16().Draw(t, "port"))
		} else {
			x = netip.AddrPort{}
		}
	case evidence.Direction:
		x = rapid.SampledFrom([]evidence.Direction{evidence.Outbound, evidence.Inbound}).Draw(t, "direction")
	case evidence.Reason:
		x = evidence.Reason(rapid.IntRange(0, int(evidence.ByLowerPort)).Draw(t, "reason"))
	case evidence.Int:
		i := evidence.Int{State: evidence.Presence(rapid.IntRange(0, int(evidence.Unreadable)).Draw(t, "presence"))}
		if i.State == evidence.Present {
			i.Value = rapid.OneOf(rapid.Int64Range(0, 65535), rapid.Int64()).Draw(t, "value")
			if i.Value != int64(uint16(i.Value)) {
				i.Value &= 0xffff // one of the two ends of the port range may be drawn
			}
		}
		x = i
	case *evidence.PortSet:
		if rapid.Bool().Draw(t, "nil") {
			return true
		}
		x = evidence.PortSetOf(rapid.SliceOfN(rapid.Uint16(), 0, 20).Draw(t, "ports")...)
	default:
		return false
	}
	v.Set(reflect.ValueOf(x))
	return true
}

func drawAddr(t *rapid.T) netip.Addr {
	switch rapid.IntRange(0, 2).Draw(t, "family") {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	}
	return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6"))).Unmap()
}
