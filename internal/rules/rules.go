// Package rules lists the rules of linger. Each has a folder named by its
// code, with its logic, its documentation as data, and recorded evidence that
// must and must not make it fire.
package rules

import (
	"github.com/linger-dev/linger/internal/rule"
	bindfailing "github.com/linger-dev/linger/internal/rules/bind-failing"
	closewaitleak "github.com/linger-dev/linger/internal/rules/close-wait-leak"
	closingstuck "github.com/linger-dev/linger/internal/rules/closing-stuck"
	connectfailing "github.com/linger-dev/linger/internal/rules/connect-failing"
	connectslow "github.com/linger-dev/linger/internal/rules/connect-slow"
	finwait2orphans "github.com/linger-dev/linger/internal/rules/fin-wait2-orphans"
	idlesetting "github.com/linger-dev/linger/internal/rules/idle-setting"
	portslow "github.com/linger-dev/linger/internal/rules/ports-low"
	portsout "github.com/linger-dev/linger/internal/rules/ports-out"
	quotaoverflow "github.com/linger-dev/linger/internal/rules/quota-overflow"
	serverclosesfirst "github.com/linger-dev/linger/internal/rules/server-closes-first"
	serviceportinrange "github.com/linger-dev/linger/internal/rules/service-port-in-range"
)

// All returns every rule, gravest first. The order does not matter to Judge.
func All() []rule.Rule {
	return []rule.Rule{
		portsout.Rule(),
		connectfailing.Rule(),
		portslow.Rule(),
		connectslow.Rule(),
		bindfailing.Rule(),
		closewaitleak.Rule(),
		quotaoverflow.Rule(),
		finwait2orphans.Rule(),
		closingstuck.Rule(),
		serviceportinrange.Rule(),
		idlesetting.Rule(),
		serverclosesfirst.Rule(),
	}
}
