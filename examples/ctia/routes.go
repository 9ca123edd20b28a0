package ctia

// routes are what the service answers to; the first that matches counts.
func routes() []route {
	creates := []string{"create-judgement", "create-indicator", "create-relationship"}
	reads := []string{"read-judgement", "read-indicator", "read-relationship"}
	deletes := []string{"delete-judgement", "delete-indicator", "delete-relationship"}
	out := []route{
		{"token", "POST", "iroh/oauth2/token", nil, (*Simulator).grant},
		{"version", "GET", "ctia/version", nil, (*Simulator).version},
		{"status", "GET", "ctia/status", nil, (*Simulator).status},
		{"import", "POST", "ctia/bundle/import", append([]string{"import-bundle"}, creates...), (*Simulator).importBundle},
		{"export", "POST", "ctia/bundle/export", reads, (*Simulator).exportBundle},
		{"bulk-create", "POST", "ctia/bulk", creates, (*Simulator).bulkCreate},
		{"bulk-update", "PUT", "ctia/bulk", creates, (*Simulator).bulkUpdate},
		{"bulk-read", "GET", "ctia/bulk", reads, (*Simulator).bulkRead},
		{"bulk-delete", "DELETE", "ctia/bulk", deletes, (*Simulator).bulkDelete},
		{"judgement-search", "GET", "ctia/judgement/search", []string{"search-judgement"}, (*Simulator).search},
		{"judgement-count", "GET", "ctia/judgement/search/count", []string{"search-judgement"}, (*Simulator).searchCount},
		{"relationship-search", "GET", "ctia/relationship/search", []string{"search-relationship"}, (*Simulator).relationships},
		{"judgement-expire", "POST", "ctia/judgement/:id/expire", []string{"create-judgement"}, (*Simulator).expire},
	}
	for k := range kinds {
		name, base := k.String(), "ctia/"+k.String()
		update := []string{"create-" + name}
		if k == judgement {
			update = []string{"create-" + name, "developer"}
		}
		out = append(out,
			route{name + "-create", "POST", base, []string{"create-" + name}, func(s *Simulator, c *call) (any, error) { return s.create(k, c) }},
			route{name + "-external", "GET", base + "/external_id/:xid", []string{"read-" + name}, func(s *Simulator, c *call) (any, error) { return s.external(k, c) }},
			route{name + "-read", "GET", base + "/:id", []string{"read-" + name}, func(s *Simulator, c *call) (any, error) { return s.read(k, c) }},
			route{name + "-update", "PUT", base + "/:id", update, func(s *Simulator, c *call) (any, error) { return s.update(k, c) }},
			route{name + "-delete", "DELETE", base + "/:id", []string{"delete-" + name}, func(s *Simulator, c *call) (any, error) { return s.erase(k, c) }},
		)
	}
	return append(out,
		route{"verdict", "GET", "ctia/:type/:value/verdict", []string{"read-verdict"}, (*Simulator).verdict},
		route{"judgements", "GET", "ctia/:type/:value/judgements", []string{"list-judgements"}, (*Simulator).judgements},
	)
}

func routeNames() []string {
	var out []string
	for _, rt := range routes() {
		out = append(out, rt.name)
	}
	return out
}
