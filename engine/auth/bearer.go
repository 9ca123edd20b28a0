package auth

// NewBearer makes an authenticator for a token that was issued once and for all
// (RFC 6750). Header is the header line that carries it, with {token} in its place;
// default "Authorization: Bearer {token}". It fails as NewAPIKey does.
func NewBearer(token, header string) (*APIKey, error) {
	return fixed("bearer", token, header, Place{})
}
