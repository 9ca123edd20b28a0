package state

import "context"

// Share returns the memory of the connector instance for one of several runs at once, none of
// which holds its lock. Each commit is stored as a whole; of two that store the same, the later
// one counts, whichever began first. While a run holds the lock, Share fails with a *LockedError;
// once one has taken it, commits of those that share fail with ErrFenced.
func (s *Store) Share(ctx context.Context, instance string) (*Instance, error) {
	i := &Instance{store: s, name: instance, shared: true}
	err := s.write(ctx, "share "+instance, instance, func(tx *transaction) error {
		held, err := s.holder(ctx, tx, instance)
		if err != nil {
			return err
		}
		if now := s.now(); held.id != "" && !held.gone(now, s.kind.shared()) {
			return held.locked(instance, now)
		}
		i.token = held.token
		return nil
	})
	if err != nil {
		return nil, err
	}
	return i, nil
}
