//go:build !linux

package workload

import (
	"errors"
	"net/netip"
	"os"
	"time"
)

// socket stands in for that of Linux. There are none.
type socket struct{ *os.File }

func newSocket(netip.Addr, Options) (*socket, error) { return nil, errors.ErrUnsupported }

func (s *socket) bind(netip.AddrPort) error              { return errors.ErrUnsupported }
func (s *socket) listen(int) error                       { return errors.ErrUnsupported }
func (s *socket) accept() (*socket, error)               { return nil, errors.ErrUnsupported }
func (s *socket) CloseWrite() error                      { return errors.ErrUnsupported }
func (s *socket) SetLinger(int) error                    { return errors.ErrUnsupported }
func (s *socket) local() netip.AddrPort                  { return netip.AddrPort{} }
func (s *socket) remote() (netip.AddrPort, error)        { return netip.AddrPort{}, errors.ErrUnsupported }
func (s *socket) state() (state uint8, pending, e error) { return 0, nil, errors.ErrUnsupported }

func (s *socket) connect(netip.AddrPort, bool) (time.Duration, error) {
	return 0, errors.ErrUnsupported
}

func (o Options) apply(int) error { return errors.ErrUnsupported }

func asUser[T any](uid uint32, do func() (T, error)) (T, error) {
	if uid == 0 {
		return do()
	}
	var none T
	return none, errors.ErrUnsupported
}

func (c *caller) adopt(CallsOptions) error     { return errors.ErrUnsupported }
func (c *caller) fork(Request) (Answer, error) { return Answer{}, errors.ErrUnsupported }
