// Package poolprom shows a pool.Pool to Prometheus. It is a package of its own
// so that who does not need Prometheus does not link it.
package poolprom

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linger-dev/linger/pool"
)

// Options says what a collector shows. The zero value is good for the only pool of
// a program.
type Options struct {
	// Name is the value of the label "pool", to tell several pools apart.
	// Default: no such label.
	Name string

	// PerDestination splits everything by the labels "network" and "address".
	// The series of a destination end when the pool forgets it
	// (pool.Options.ForgetAfter). Do not use it if a program talks to
	// destinations without number.
	PerDestination bool
}

// Collector collects the statistics of one pool at each scrape. It is safe for
// concurrent use.
type Collector struct {
	pool     *pool.Pool
	options  Options
	all      []metric
	closed   *prometheus.Desc
	conns    *prometheus.Desc
	waiting  *prometheus.Desc
	failing  *prometheus.Desc
	together *prometheus.Desc // how many destinations; never split by them
}

var _ prometheus.Collector = (*Collector)(nil)

// metric is a counter and where its value is.
type metric struct {
	desc *prometheus.Desc
	of   func(*pool.Counts) float64
}

// NewCollector makes a collector, to be given to prometheus.Registry.Register.
// Register it again when p is replaced by another pool.
func NewCollector(p *pool.Pool, o Options) *Collector {
	c := &Collector{pool: p, options: o}
	count := func(name, help string, of func(*pool.Counts) float64) {
		c.all = append(c.all, metric{c.desc(name, help), of})
	}
	count("gets_total", "Loans of a connection.",
		func(n *pool.Counts) float64 { return float64(n.Gets) })
	count("fresh_gets_total", "Loans of a connection that nobody had before.",
		func(n *pool.Counts) float64 { return float64(n.Fresh) })
	count("dials_total", "Dials that were begun.",
		func(n *pool.Counts) float64 { return float64(n.Dials) })
	count("dial_errors_total", "Dials that failed.",
		func(n *pool.Counts) float64 { return float64(n.DialErrors) })
	count("dials_held_back_total", "Dials that did not happen because one had failed shortly before.",
		func(n *pool.Counts) float64 { return float64(n.HeldBack) })
	count("refused_total", "Requests for a connection that were refused as too many waited.",
		func(n *pool.Counts) float64 { return float64(n.Refused) })
	count("canceled_total", "Requests for a connection that were given up by the caller.",
		func(n *pool.Counts) float64 { return float64(n.Canceled) })
	count("waits_total", "Loans that had to wait for a connection or a dial.",
		func(n *pool.Counts) float64 { return float64(n.Waits) })
	count("wait_seconds_total", "Time that these loans waited and dialled.",
		func(n *pool.Counts) float64 { return n.WaitTime.Seconds() })
	c.closed = c.desc("closed_total", "Connections that were closed, by reason.", "reason")
	c.conns = c.desc("connections", "Connections by state; dialing ones are not yet open.", "state")
	c.waiting = c.desc("waiting", "Callers who wait for a connection to be given back.")
	c.failing = c.desc("backing_off", "Destinations whose last dial failed.")
	c.together = prometheus.NewDesc("linger_pool_destinations", "Destinations that are remembered.", nil, c.constant())
	return c
}

func (c *Collector) constant() prometheus.Labels {
	if c.options.Name == "" {
		return nil
	}
	return prometheus.Labels{"pool": c.options.Name}
}

func (c *Collector) desc(name, help string, labels ...string) *prometheus.Desc {
	if c.options.PerDestination {
		labels = append([]string{"network", "address"}, labels...)
	}
	return prometheus.NewDesc("linger_pool_"+name, help, labels, c.constant())
}

// Describe sends what can be collected.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.all {
		out <- m.desc
	}
	for _, d := range []*prometheus.Desc{c.closed, c.conns, c.waiting, c.failing, c.together} {
		out <- d
	}
}

// Collect sends the statistics of this moment.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	s := c.pool.Stats()
	out <- prometheus.MustNewConstMetric(c.together, prometheus.GaugeValue, float64(len(s.Destinations)))
	failing := 0
	for _, d := range s.Destinations {
		if d.BackingOff {
			failing++
		}
		if c.options.PerDestination {
			c.send(out, &d.Counts, d.Gauges, d.BackingOff, d.Network, d.Address)
		}
	}
	if !c.options.PerDestination {
		c.send(out, &s.Counts, s.Gauges, false)
		gauge(out, c.failing, failing)
	}
}

func (c *Collector) send(out chan<- prometheus.Metric, n *pool.Counts, g pool.Gauges, failing bool, labels ...string) {
	for _, m := range c.all {
		out <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, m.of(n), labels...)
	}
	for reason, times := range n.Closed {
		word := strings.ReplaceAll(reason.String(), " ", "_")
		out <- prometheus.MustNewConstMetric(c.closed, prometheus.CounterValue, float64(times), append(labels[:len(labels):len(labels)], word)...)
	}
	for state, have := range map[string]int{"in_use": g.InUse, "idle": g.Idle, "dialing": g.Dialing} {
		gauge(out, c.conns, have, append(labels[:len(labels):len(labels)], state)...)
	}
	gauge(out, c.waiting, g.Waiting, labels...)
	if c.options.PerDestination {
		is := 0
		if failing {
			is = 1
		}
		gauge(out, c.failing, is, labels...)
	}
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value int, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
}
