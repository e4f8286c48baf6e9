// Command linger tells what is wrong with a host's lingering TCP sockets.
package main

//go:generate sh -c "go run . man > ../../docs/linger.8"
//go:generate go run . explain --docs ../../docs/explain
//go:generate sh -c "go run . man explain > ../../docs/explain/linger-explain.7"

import (
	"os"

	"github.com/linger-dev/linger/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
