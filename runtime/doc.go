// Package runtime is the where and when of tqmap: settings, secrets, state, locks
// and logs around a run of the engine.
package runtime
