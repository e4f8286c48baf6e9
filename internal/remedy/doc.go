// Package remedy turns findings into a plan: the changes that would help, the
// safest first, each with its effect on the budget in numbers, its risk, how it
// is undone and the claims that prove it; and the popular advice that the plan
// refuses, with the reason.
//
// All functions are pure. An effect is not prose: the budget of package
// portspace is computed once more on a copy of the evidence in which the change
// has been made.
package remedy
