package tracer

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/cilium/ebpf"
)

// rowPlaces is ROW in shapes.h.
const rowPlaces = len(bpfRow{}.Cookies)

// rowsOf gives a power of two of rows, which hold from a quarter to a half of
// the connections; the kernel's own table holds the rest.
func rowsOf(opts Options) int {
	return 1 << max(bits.Len(uint(opts.Connections/2/rowPlaces))-1, 0)
}

// Find returns what is known of a connection whose end was not told of, by its
// socket's cookie: mostly because it is still open. Rarely the kernel does not
// tell (see on_destroy in trace.c), and then a dump shows a TIME_WAIT that
// only this knows. Born is 0 for sockets older than the tracer, Closer is
// nobody as long as this end is open, Shut is 0 without Options.Records. It may
// be asked at any time.
func (t *Tracer) Find(cookie uint64) (Life, bool, error) {
	c, known, err := t.conn(cookie)
	if err != nil {
		return Life{}, false, fmt.Errorf("find connection: %w", err)
	}
	if !known {
		return Life{}, false, nil
	}
	return Life{
		Opener: processOf(bpfProcess(c.Opener)), Closer: processOf(bpfProcess(c.Closer)),
		Course: Course{
			Origin: Origin(c.Origin), First: First(c.First), How: How(c.How), Signal: int(c.Signal),
			Born: time.Duration(c.Born), Shut: time.Duration(c.Shut),
		},
	}, true, nil
}

func (t *Tracer) conn(cookie uint64) (c bpfConn, known bool, err error) {
	rows, err := t.table("rows")
	if err != nil {
		return c, false, err
	}
	at := uint32(cookie) & (rows.MaxEntries() - 1)
	var row, after bpfRow
	if err := rows.Lookup(at, &row); err != nil {
		return c, false, err
	}
	if i := slices.Index(row.Cookies[:], cookie); i >= 0 {
		// A row is not read all at once. As no cookie comes twice, the place
		// was this one's all the time if it still is.
		if err := rows.Lookup(at, &after); err != nil {
			return c, false, err
		}
		return row.Conns[i], after.Cookies[i] == cookie, nil
	}
	table, err := t.table("conns")
	if err != nil {
		return c, false, err
	}
	err = table.Lookup(cookie, &c)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return c, false, nil
	}
	return c, err == nil, err
}
