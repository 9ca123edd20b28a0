package ctia

import (
	"maps"
	"strings"
)

// kind is a kind of entity.
type kind uint8

const (
	judgement kind = iota
	indicator
	relationship
	kinds
)

func (k kind) String() string { return [...]string{"judgement", "indicator", "relationship"}[k] }

// list is the name of a list of the kind.
func (k kind) list() string { return k.String() + "s" }

func kindNamed(name string) (kind, bool) {
	for k := range kinds {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

const observableTypes = `acudid amp_computer_guid certificate_common_name certificate_issuer certificate_serial cisco_cm_id cisco_mid cisco_uc_id
	cortex_agent_id crowdstrike_id cvm_id cybereason_id darktrace_id device domain email email_messageid email_subject file_name file_path
	google_chromebook_id google_cloud_id hostname imei imsi intune_id ip ipv6 jamf_management_id mac_address md5 meraki_network_id meraki_node_sn
	meraki_org_id ms_machine_id mutex ngfw_id ngfw_name odns_identity odns_identity_label orbital_node_id pki_serial process_args process_hash
	process_name process_path process_uid process_username processor_id registry_key registry_name registry_path s1_agent_id secure_access_id
	serial_number service_now_id sha1 sha256 swc_device_id trend_micro_id url user user_agent`

// dispositions are the names of 1 to 5.
var dispositions = [...]string{"Clean", "Malicious", "Suspicious", "Common", "Unknown"}

func highMedLow(more ...string) check {
	return oneOf(append([]string{"Info", "Low", "Medium", "High", "None", "Unknown"}, more...)...)
}

func validTime() check {
	return fields{"start_time": optional(isInstant), "end_time": optional(isInstant)}.check
}

func references() check {
	return listOf(fields{
		"source_name": needed(isText), "external_id": optional(isText), "url": optional(isText),
		"description": optional(isText), "hashes": optional(listOf(isText)),
	}.check)
}

func tlp() check { return oneOf("white", "green", "amber", "red") }

// common are the keys that entities of every kind may have.
func common(k kind, own fields) fields {
	out := fields{
		"id": optional(isText), "type": optional(oneOf(k.String())), "tlp": optional(tlp()), "timestamp": optional(isInstant),
		"external_ids": optional(listOf(isText)), "external_references": optional(references()),
		"source": optional(isText), "source_uri": optional(isText), "language": optional(isText), "revision": optional(isInteger),
		"schema_version": optional(isText), "owner": optional(isText), "groups": optional(listOf(isText)), "created": optional(isInstant),
		"modified": optional(isInstant), "client_id": optional(isText),
		"authorized_users": optional(listOf(isText)), "authorized_groups": optional(listOf(isText)),
	}
	maps.Copy(out, own)
	return out
}

// schemas are what the service takes as a new entity of each kind.
func schemas() [kinds]fields {
	return [kinds]fields{
		judgement: common(judgement, fields{
			"observable": needed(fields{"type": needed(oneOf(strings.Fields(observableTypes)...)), "value": needed(isText)}.check),
			"source":     needed(isText), "confidence": needed(highMedLow()), "severity": needed(highMedLow("Critical")), "priority": needed(isInteger),
			"disposition": optional(integerOneOf(1, int64(len(dispositions)))), "disposition_name": optional(oneOf(dispositions[:]...)),
			"valid_time": optional(validTime()), "reason": optional(isText), "reason_uri": optional(isText),
		}),
		indicator: common(indicator, fields{
			"producer": needed(isText), "title": optional(isText), "short_description": optional(isText), "description": optional(isText),
			"valid_time": optional(validTime()), "confidence": optional(highMedLow()), "severity": optional(highMedLow("Critical")),
			"tags": optional(listOf(isText)), "test_mechanisms": optional(listOf(isText)), "likely_impact": optional(isText), "negate": optional(isBool),
			"indicator_type": optional(listOf(oneOf("Anonymization", "C2", "Compromised PKI Certificate", "Domain Watchlist", "Exfiltration",
				"File Hash Watchlist", "Host Characteristics", "IMEI Watchlist", "IMSI Watchlist", "IP Watchlist", "Login Name", "Malicious E-mail",
				"Malware Artifacts", "Private Threat Feed", "URL Watchlist"))),
			"composite_indicator_expression": optional(fields{"indicator_ids": needed(listOf(isText)), "operator": needed(oneOf("and", "not", "or"))}.check),
			"kill_chain_phases":              optional(listOf(fields{"kill_chain_name": needed(isText), "phase_name": needed(isText)}.check)),
			"specification":                  optional(isAnything),
		}),
		relationship: common(relationship, fields{
			"source_ref": needed(isText), "target_ref": needed(isText), "relationship_type": needed(isText),
			"title": optional(isText), "description": optional(isText), "short_description": optional(isText),
		}),
	}
}

// bundleSchema is NewBundle with the three kinds.
func bundleSchema() fields {
	out := fields{
		"type": optional(oneOf("bundle")), "source": needed(isText), "source_uri": optional(isText), "id": optional(isText), "title": optional(isText),
		"description": optional(isText), "short_description": optional(isText), "external_ids": optional(listOf(isText)),
		"external_references": optional(references()), "language": optional(isText), "revision": optional(isInteger), "schema_version": optional(isText),
		"timestamp": optional(isInstant), "tlp": optional(tlp()), "valid_time": optional(validTime()),
	}
	for k, f := range schemas() {
		out[kind(k).list()] = optional(setOf(f.check))
	}
	return out
}

// bulkSchema is NewBulk, or BulkUpdate where every entity needs its id.
func bulkSchema(withID bool) fields {
	out := fields{}
	for k, f := range schemas() {
		if withID {
			f["id"] = needed(isText)
		}
		out[kind(k).list()] = optional(listOf(f.check))
	}
	return out
}
