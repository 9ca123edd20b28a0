// Package ctia simulates the private intelligence API (CTIA) of Cisco Threat
// Response, now Cisco XDR, and the token endpoint in front of it: enough of both to
// run an exporter against a strict, misbehaving or very full instance without owning
// one.
//
// It knows judgements, indicators and relationships. Where the service leaves a
// choice open the simulator takes the strict side, because a sandbox that forgives a
// mistake hides it:
//
//   - schemas are closed: an unknown key, a wrong type or a word outside a
//     vocabulary refuses the whole request with 400 {"errors": {…}}, and of a bundle
//     it does not say which entity it was;
//   - a priority outside 0..100 is refused, which the service only recommends;
//   - nothing below TLP amber is taken, as on a private instance;
//   - a bundle answers in another order than it was asked, and two entities of one
//     external id in the same bundle are both created;
//   - what was not waited for may stay out of searches for a while (Options.IndexLag).
//
// Each entity is kept as its JSON without what the server adds, some 700 bytes, so
// that 100,000 judgements with their relationships fit into a test.
//
// Beside the API there are two paths of the sandbox itself: /_sandbox/journal (GET
// lists the calls received, DELETE forgets them) and POST /_sandbox/faults (one fault
// a line, see [ParseFault]; the line "clear" takes all away).
package ctia
