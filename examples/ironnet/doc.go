// Package ironnet simulates the IronAPI of an IronNet IronDefense appliance:
// enough of it to run a connector against a lively, misbehaving or very large
// appliance without owning one.
//
// Paths, fields, types and enums follow IronAPI 3.4.3. Where the API leaves a
// choice open the simulator takes the strict side, because a sandbox that
// forgives a mistake hides it:
//
//   - a field the API does not know, or a number sent as a string, is refused
//     with 400 (analytic_version alone takes both, as known clients send text);
//   - a time range needs both ends, a status change needs a comment;
//   - without a sort order alerts come by severity, highest first, as in the
//     vendor's own links, so a client that needs another order must ask.
//
// Alerts are generated from a seed: the same seed, number, epoch and span give
// the same alerts. Of each alert only what can be searched is kept (80 bytes);
// its texts are made again when it is read, so 100,000 alerts are cheap.
//
// Beside the API there are two paths of the sandbox itself: /_sandbox/journal
// (GET lists the calls received, DELETE forgets them) and POST /_sandbox/faults
// (one fault a line, see [ParseFault]; the line "clear" takes all away).
package ironnet
