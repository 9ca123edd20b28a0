package threatq

import "testing"

func TestConnectors(t *testing.T) {
	b := start(t, Options{})
	one := b.do(201, "POST", "/api/connectors", `{"name":"Vendor","custom_fields":{"host":"h","key":"k"}}`)
	want(t, one, 1, "data", "id")
	want(t, one, false, "data", "is_active")
	want(t, one, "Labs", "data", "category", "name")
	taken := b.do(400, "POST", "/api/connectors", `{"name":"Vendor"}`)
	want(t, taken, "The name has already been taken.", "data", "errors", "name", 0)
	b.do(201, "POST", "/api/connectors", `{"name":"Other"}`)

	changed := b.do(200, "PUT", "/api/connectors/1",
		`{"is_active":true,"last_import_at":"2024-01-01 00:00:00","custom_fields":{"host":"i"},"id":9,"created_at":"x"}`)
	want(t, changed, true, "data", "is_active")
	want(t, changed, "i", "data", "custom_fields", "host")
	want(t, changed, "k", "data", "custom_fields", "key")
	want(t, changed, 1, "data", "id")
	want(t, changed, startText, "data", "created_at")
	want(t, b.get("/api/connectors/1"), "2024-01-01 00:00:00", "data", "last_import_at")
	want(t, b.get("/api/connectors?limit=1000&with=category,tlp"), 2, "total")
	want(t, b.get("/api/connectors?name=Other"), 2, "data", 0, "id")
	want(t, b.get("/api/connectors?name=None"), 0, "total")

	b.do(400, "PUT", "/api/connectors/2", `{"name":"Vendor"}`)
	b.do(400, "PUT", "/api/connectors/2", `{"name`)
	b.do(400, "POST", "/api/connectors", `{}`)
	b.do(400, "POST", "/api/connectors", `x`)
	b.do(404, "GET", "/api/connectors/9", nil)
	b.do(404, "PUT", "/api/connectors/9", `{}`)
}

func TestConnectorIsSource(t *testing.T) {
	b := start(t, Options{})
	b.do(201, "POST", "/api/connectors", `{"name":"Vendor"}`)
	b.do(201, "POST", "/api/malware", `{"value":"x","sources":[{"name":"Vendor"}]}`)
	want(t, b.get("/api/malware/1/sources"), "connectors", "data", 0, "type")
}
