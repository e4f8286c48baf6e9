// Package scenario is the text format that describes an experiment with TCP's
// last minute: hosts and links, settings, programs, steps and expectations.
//
// It knows no kernel: the same file is played by the laboratory on the real
// one and by the twin in simulated time. docs/scenarios.md is its reference.
package scenario
