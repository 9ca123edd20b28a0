// Package darktrace simulates the API of a Darktrace appliance: signed requests, AI
// Analyst events, model breaches and watched domains, with the shapes of data that real
// appliances send and switches for their misbehaviour. It shares no code with the client
// it tests; all its data is made up.
package darktrace
