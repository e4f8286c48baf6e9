// Package forecast says what the next hour does to a host whose traffic goes on:
// when local ports toward a destination run out, when the quota of TIME_WAIT
// sockets is reached, what connect() costs until then; as it is, at twice and ten
// times the traffic, and after a change.
//
// It measures the traffic in the evidence, sets a twin (package twin, a Linux
// kernel in numbers) to the state that the evidence shows, and drives it. All
// functions are pure, and the same evidence gives the same forecast.
//
// # How the time is bounded
//
// Nothing here looks at a clock: work is counted in connections that the twin
// makes (Options.Work), which cost some 0.3 µs each. Groups that arithmetic
// shows to be safe are not simulated. The others come in the order of danger, and
// each run ends when the outcome is known: at the first connect() that fails, or
// when the twin has forgotten all that was before (one life of a connection and
// one of its TIME_WAIT later) and nothing grows. Growth that is slow and steady is
// extended by arithmetic. What was left out is counted in the Forecast.
package forecast
