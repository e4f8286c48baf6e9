//go:build !linux

package lab

import (
	"context"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
)

// play says that there is no kernel here that the claims are about.
func play(_ context.Context, _ *scenario.File, p *scenario.Play, _ Options) claims.Play {
	return claims.Play{Case: p.Case, Verdict: claims.NotTestable, Why: "the laboratory is Linux only"}
}
