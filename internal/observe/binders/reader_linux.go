package binders

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
)

// Reader holds the programs. It is for one goroutine at a time.
type Reader struct {
	main  *ebpf.Collection // the maps of all, and the walk over sockets
	files *ebpf.Collection // the walk over files; nil where the kernel has none
	links map[string]*link.Iter
	hz    int
}

// Open loads the programs. It fails with an *UnavailableError where the kernel
// or the rights do not allow that. hz is the kernel's HZ; with 0 no remaining
// times are told.
func Open(hz int) (*Reader, error) {
	// Before 5.11 maps count against RLIMIT_MEMLOCK. Where that cannot be
	// raised, loading fails and says so.
	_ = rlimit.RemoveMemlock()
	spec, err := loadBpf()
	if err != nil {
		return nil, fmt.Errorf("read programs: %w", err)
	}
	types := btf.NewCache()
	r := &Reader{links: make(map[string]*link.Iter), hz: hz}
	if r.main, err = load(spec, types, nil, "on_socket", "on_port"); err != nil {
		return nil, refused(err)
	}
	if r.files, err = load(spec, types, r.main.Maps, "on_file", "on_port_file"); err != nil {
		r.files = nil // what is lost by it is a gap of each answer
	}
	return r, nil
}

// load loads some of the programs, sharing maps.
func load(spec *ebpf.CollectionSpec, types *btf.Cache, maps map[string]*ebpf.Map, programs ...string) (*ebpf.Collection, error) {
	own := spec.Copy()
	own.Programs = make(map[string]*ebpf.ProgramSpec)
	for _, name := range programs {
		own.Programs[name] = spec.Programs[name].Copy()
	}
	return ebpf.NewCollectionWithOptions(own, ebpf.CollectionOptions{MapReplacements: maps, Cache: types})
}

// Close unloads the programs.
func (r *Reader) Close() {
	for _, l := range r.links {
		_ = l.Close()
	}
	for _, c := range []*ebpf.Collection{r.main, r.files} {
		if c != nil {
			c.Close()
		}
	}
}

// walk runs a program over all it visits in the namespace of the calling
// thread.
func (r *Reader) walk(c *ebpf.Collection, program string) error {
	iter := r.links[program]
	if iter == nil {
		var err error
		if iter, err = link.AttachIter(link.IterOptions{Program: c.Programs[program]}); err != nil {
			return fmt.Errorf("attach %s: %w", program, err)
		}
		r.links[program] = iter
	}
	reading, err := iter.Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", program, err)
	}
	defer reading.Close() //nolint:errcheck // nothing is written
	// The programs print nothing. The kernel ends a read with EAGAIN after a
	// million objects without output, and goes on at the next.
	for buf := make([]byte, 64); ; {
		switch _, err := reading.Read(buf); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, unix.EAGAIN), err == nil:
		default:
			return fmt.Errorf("walk %s: %w", program, err)
		}
	}
}

// Port returns who holds a port in the namespace of the calling thread, whose
// inode in nsfs is netns. Owners are not looked up.
func (r *Reader) Port(netns uint64, port uint16) (*evidence.PortHolders, error) {
	maps := r.main.Maps
	for _, name := range []string{"holders", "buckets", "met"} {
		if err := empty(maps[name]); err != nil {
			return nil, err
		}
	}
	if err := r.want(&bpfWanted{Netns: uint32(netns), Low: port, High: port}); err != nil {
		return nil, err
	}
	p := &evidence.PortHolders{Port: port, Exact: true}
	if err := r.look("on_socket", "on_file", &p.Gaps); err != nil {
		return nil, err
	}
	if err := r.holders(p); err != nil {
		return nil, err
	}
	if err := r.buckets(p); err != nil {
		return nil, err
	}
	return p, nil
}

// look walks sockets and, if possible, files.
func (r *Reader) look(sockets, files string, gaps *[]evidence.Gap) error {
	if err := r.walk(r.main, sockets); err != nil {
		return err
	}
	err := errors.ErrUnsupported
	if r.files != nil {
		err = r.walk(r.files, files)
	}
	if err != nil {
		*gaps = append(*gaps, evidence.Gap{
			What:  "sockets that are bound, but neither listening nor connected, cannot be looked up on this kernel",
			Loses: "such holders of a port are not told",
		})
	}
	return nil
}

func (r *Reader) want(w *bpfWanted) error {
	if err := r.main.Maps["wants"].Put(uint32(0), w); err != nil {
		return fmt.Errorf("say what is looked for: %w", err)
	}
	if err := r.main.Maps["results"].Put(uint32(0), &bpfResult{}); err != nil {
		return fmt.Errorf("forget the last result: %w", err)
	}
	return nil
}

// empty deletes all entries of a hash map.
func empty(m *ebpf.Map) error {
	for {
		key, err := m.NextKeyBytes(nil)
		if err != nil {
			return fmt.Errorf("forget the last result: %w", err)
		}
		if key == nil {
			return nil
		}
		if err := m.Delete(key); err != nil {
			return fmt.Errorf("forget the last result: %w", err)
		}
	}
}

// left returns the time in jiffies as a duration; overdue is 0.
func (r *Reader) left(jiffies int64) time.Duration {
	if r.hz <= 0 {
		return 0
	}
	return max(0, time.Duration(jiffies)*time.Second/time.Duration(r.hz))
}

func address(raw [16]byte) netip.Addr { return netip.AddrFrom16(raw).Unmap() }
