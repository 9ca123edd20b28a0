// Package aed simulates the REST API of an Arbor Edge Defense appliance: the token, versions,
// list envelopes, pages and errors as public clients know them. The list of alerts is in no
// public source: it is modelled on what the vendor's manager publishes of them. It shares no
// code with the client it tests; all its data is made up.
package aed
