// Package lab is the laboratory: it plays scenarios on the real kernel, in
// private networks, and says whether their claims hold here.
//
// A play builds its hosts, starts its programs, does the steps in order and
// watches until each expectation holds or its time is over. The first one that
// does not hold ends the play, and the claim is not so here: a finding, not an error.
// What keeps a scenario from being played at all (a missing setting, device or
// privilege) makes it not testable, with the reason.
//
// Nothing of it is visible to the host, and nothing is left of it (package
// netlab). Linux only; elsewhere every claim is NotTestable.
package lab
