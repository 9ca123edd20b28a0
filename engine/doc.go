// Package engine runs the flows of a mapping: window, fetch, records, objects,
// deliver, commit.
package engine
