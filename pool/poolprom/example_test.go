package poolprom_test

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linger-dev/linger/pool"
	"github.com/linger-dev/linger/pool/poolprom"
)

func ExampleNewCollector() {
	p := pool.New(pool.Options{})
	defer p.Close()

	registry := prometheus.NewRegistry()
	registry.MustRegister(poolprom.NewCollector(p, poolprom.Options{Name: "backend"}))

	families, err := registry.Gather()
	fmt.Println(len(families), families[0].GetName(), err)
	// Output: 14 linger_pool_backing_off <nil>
}
