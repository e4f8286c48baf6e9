package lab

import (
	"context"
	"errors"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/workload"
)

// kernelCaller is a calls program on a host with a kernel: a process that does
// what its driver asks.
type kernelCaller struct{ driver *workload.Driver }

// grace is how much longer than the call itself its answer may take. A stopped
// process gives none.
const grace = 5 * time.Second

func (k kernelCaller) call(ctx context.Context, c scenario.Call) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, c.Within+grace)
	defer cancel()
	a, err := k.driver.Do(limited, workload.Request{
		Call: workload.Call(c.Call), Socket: c.Socket.Name, At: c.At, To: c.To, From: c.From, Of: c.Of,
		Options: workload.Options(c.Options), Backlog: c.Backlog, Data: wanted(c).data, Bytes: wanted(c).bytes,
		EOF: c.EOF, Times: c.Times, Await: c.Await, Within: c.Within,
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return answer{errno: workload.Timeout}, nil
	}
	if err != nil {
		return answer{}, err
	}
	if a.Errno == "ENOPROTOOPT" && c.Fails != a.Errno {
		return answer{}, &untestable{why: "this kernel does not have a socket option of " + c.Socket.String()}
	}
	out := answer{errno: a.Errno, data: string(a.Data), bytes: a.Count, eof: a.EOF, ports: a.Ports, failed: a.Failed}
	if c.Call == scenario.Bind && a.Local.IsValid() {
		out.ports = []uint16{a.Local.Port()}
	}
	return out, nil
}

// amount is what a request says of data.
type amount struct {
	data  []byte
	bytes int64
}

// wanted says how much a call writes or reads. A read asks for as many bytes as
// it compares.
func wanted(c scenario.Call) amount {
	switch {
	case c.Call == scenario.ReadCall && c.Data != "":
		return amount{bytes: int64(len(c.Data))}
	case c.Data != "":
		return amount{data: []byte(c.Data)}
	}
	return amount{bytes: c.Bytes}
}

func (k kernelCaller) socket(ctx context.Context, name string) (socketState, error) {
	a, err := k.driver.Do(ctx, workload.Request{Call: workload.Info, Socket: name})
	if err != nil {
		return socketState{}, err
	}
	return socketState{state: tcp.State(a.State), port: a.Local.Port()}, nil
}
