package threatq

import "fmt"

// seed fills the lists of a new file and adds the custom kinds of o; a file
// that has lists keeps them.
func (t *tx) seed(o Options) error {
	if err := t.seedKinds(o.Custom); err != nil {
		return err
	}
	var types int
	if _, err := t.one("SELECT count(*) FROM type", nil, &types); err != nil || types > 0 {
		return err
	}
	for kind, list := range map[int64][]Type{
		kindIndicator: o.IndicatorTypes, kindEvent: o.EventTypes,
		kindSignature: numbered(signatureTypes), kindAttachment: numbered(attachmentTypes),
	} {
		for _, row := range list {
			if err := t.addType(kind, row, false); err != nil {
				return fmt.Errorf("type %d %q: %w", row.ID, row.Name, err)
			}
		}
	}
	for kind, list := range map[int64][]Status{
		kindIndicator: o.IndicatorStatuses, kindAttachment: o.IndicatorStatuses,
		kindSignature: signatureStatuses, kindTask: taskStatuses,
	} {
		for _, row := range list {
			err := t.exec("INSERT INTO status (kind, id, name, description, protected, created_at) VALUES (?, ?, ?, ?, ?, ?)",
				kind, row.ID, row.Name, row.Description, row.Protected, t.now)
			if err != nil {
				return fmt.Errorf("status %d %q: %w", row.ID, row.Name, err)
			}
		}
	}
	return nil
}

func (t *tx) addType(kind int64, row Type, editable bool) error {
	class := row.Class
	if class == "" && kind == kindIndicator {
		class = "host"
	}
	return t.exec("INSERT INTO type (kind, id, name, class, editable, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		kind, row.ID, row.Name, class, editable, t.now)
}

// seedKinds gives each custom kind a number that stays its own in this file,
// whatever order the options come in next time.
func (t *tx) seedKinds(custom []CustomObject) error {
	for _, c := range custom {
		if t.kinds.relation(c.Code) != nil || c.Code == "" {
			return fmt.Errorf("custom object %q: the code is empty or already taken by another object kind", c.Code)
		}
		if err := t.exec("INSERT OR IGNORE INTO custom_kind (num, code) SELECT coalesce(max(num) + 1, ?), ? FROM custom_kind",
			firstCustom, c.Code); err != nil {
			return err
		}
		k := kind{code: c.Code, name: c.Name, plural: c.NamePlural, custom: true}
		if k.plural == "" {
			k.plural = k.name
		}
		if _, err := t.one("SELECT num FROM custom_kind WHERE code = ?", []any{c.Code}, &k.num); err != nil {
			return err
		}
		if k.num >= maxKinds {
			return fmt.Errorf("custom object %q: this file has no room for more than %d custom kinds", c.Code, maxKinds-firstCustom)
		}
		t.kinds.add(k)
	}
	return nil
}
