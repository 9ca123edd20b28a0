package request

import "context"

// Close ends what the Authenticator holds open at the server, such as a session. The
// client can go on after it. Use a context that has not ended with the run.
func (c *Client) Close(ctx context.Context) error {
	if open, ok := c.cfg.Auth.(interface{ Close(context.Context) error }); ok {
		return open.Close(ctx)
	}
	return nil
}
