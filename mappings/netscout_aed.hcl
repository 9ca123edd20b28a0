# Netscout Arbor Edge Defense (AED) <-> ThreatQ, by the connector guide 1.0.2.
#
#   flow "alerts"   the appliance's alerts -> events with attributes and related indicators
#   flow "stix"     indicators of a data collection, and what they are related to -> STIX, over TAXII
#
# Token, base path, versions, pages, envelopes and times are as public clients of the appliance know them. No public
# source has its list of alerts: path, parameters and fields of it are our choice, modelled on the alerts of the
# vendor's manager, and all of them stand in this file.

connector "netscout_aed" {
  title       = "Netscout AED"
  version     = "1.0.2"
  source      = "Netscout AED"
  description = "Brings the alerts of an Arbor Edge Defense appliance into ThreatQ as events with their indicators, and exports a data collection to it as STIX."
  requires = [
    "An API token of the appliance, for the alerts.",
    "For the export: a user that may give threat intelligence to the appliance, and a TAXII collection that it is configured to store.",
  ]
  limits = [
    "Alerts are found by their start: one that ends later than the overlap keeps being shown as ongoing.",
    "Private and reserved addresses become no indicators.",
    "The list of alerts is not described in public: path, parameters and fields are modelled on those of the vendor's manager, and stand in the mapping.",
    "Relationships are followed for at most 3 levels.",
  ]
}

# ── Parameters of the guide ─────────────────────────────────────────────────────────────────────────────────────────

param "hostname" {
  label    = "Hostname"
  help     = "Host name or IP address of the Arbor Edge Defense appliance; a port is accepted."
  type     = string
  required = true
}

param "api_token" {
  label     = "API Token"
  help      = "The API token of Arbor Edge Defense."
  type      = string
  required  = true
  sensitive = true
}

param "stix_username" {
  label = "STIX Client Username"
  help  = "The user that may give threat intelligence to the appliance, over TAXII."
  type  = string
}

param "stix_password" {
  label     = "STIX Client Password"
  help      = "Its password."
  type      = string
  sensitive = true
}

param "collection" {
  label   = "ThreatQ Data Collection"
  help    = "The data collection of ThreatQ to export. Empty: no export."
  type    = string
  default = ""
}

param "stix_collection" {
  label   = "AES STIX Collection Name"
  help    = "Title, or id, of the TAXII collection that the appliance is configured to store threat intelligence in."
  type    = string
  default = ""
  validation {
    condition     = trimspace(param.collection) == "" || trimspace(param.stix_collection) != ""
    error_message = "Name the collection of the appliance that the data collection is exported to."
  }
}

param "relationship_depth" {
  label   = "Relationship Depth"
  help    = "How many levels of relationships are exported, 0 to 3."
  type    = integer
  default = 1
  validation {
    condition     = param.relationship_depth >= 0 && param.relationship_depth <= 3
    error_message = "A depth is a whole number from 0 to 3."
  }
}

param "indicator_labels" {
  label   = "Default Indicator Labels"
  help    = "Labels of indicators that have none that STIX knows in their attribute Label. None: malicious-activity where STIX needs one."
  type    = list
  default = []
}

param "threat_actor_labels" {
  label   = "Default Threat Actor Labels"
  help    = "The same for related threat actors. None: hacker where STIX needs one."
  type    = list
  default = []
}

param "malware_labels" {
  label   = "Default Malware Labels"
  help    = "The same for related malware. None: bot where STIX needs one."
  type    = list
  default = []
}

param "tool_labels" {
  label   = "Default Tool Labels"
  help    = "The same for related tools. None: remote-access where STIX needs one."
  type    = list
  default = []
}

param "report_labels" {
  label   = "Default Report Labels"
  help    = "The same for related reports. None: threat-report where STIX needs one."
  type    = list
  default = []
}

param "severity" {
  label   = "Alert Severity"
  help    = "Severities of the alerts to import; none: all."
  type    = list
  default = []
  options = ["Low", "Medium", "High"]
}

param "keywords" {
  label   = "Query Keywords"
  help    = "Comma-separated search strings. An alert with any of them, in any case, is imported; none: all."
  type    = string
  default = ""
}

param "status" {
  label   = "Status"
  help    = "Status of the indicators that this connector creates."
  type    = string
  default = "Review"
}

# ── Command line of the guide (-h, -c, -ll, -v, -n, -i, -e and --cron belong to tqmap itself) ──────────────────────────

param "disable_ssl" {
  label   = "Disable SSL verification"
  help    = "Do not check the appliance's certificate. Appliances are often self-signed: prefer ca_file."
  type    = bool
  default = false
  flag    = "disable-ssl"
  short   = "d"
}

# ── Further knobs (our choice) ──────────────────────────────────────────────────────────────────────────────────────

param "ca_file" {
  label = "CA File"
  help  = "PEM file of the authority that signed the appliance's certificate."
  type  = string
}

param "timeout" {
  label   = "Timeout"
  help    = "Longest wait for one answer."
  type    = string
  default = "60s"
}

param "rate" {
  label   = "Rate"
  help    = "Requests that the appliance is sent at most; it names no limit of its own."
  type    = string
  default = "60/m"
}

param "api" {
  label   = "API"
  help    = "Name of the product in the paths of the API: aed, or aps for older appliances."
  type    = string
  default = "aed"
  options = ["aed", "aps"]
}

param "api_version" {
  label   = "API Version"
  help    = "Version of the API, 1 to 3."
  type    = integer
  default = 3
  validation {
    condition     = param.api_version >= 1 && param.api_version <= 3
    error_message = "There are the versions 1, 2 and 3."
  }
}

param "page_size" {
  label   = "Page Size"
  help    = "Alerts asked for at once; the appliance may give fewer."
  type    = integer
  default = 100
  validation {
    condition     = param.page_size >= 1
    error_message = "Ask for at least one alert at a time."
  }
}

param "first_run" {
  label   = "First Run"
  help    = "How far the first run looks back."
  type    = string
  default = "24h"
}

param "overlap" {
  label   = "Overlap"
  help    = "Time before the run before that is read again. Alerts are found by their start: what ends later than this keeps being shown as ongoing."
  type    = string
  default = "300s"
}

param "taxii_version" {
  label   = "TAXII Version"
  help    = "Version of TAXII and STIX that the appliance takes; auto: the newer one that it speaks."
  type    = string
  default = "2.0"
  options = ["2.0", "2.1", "auto"]
}

param "taxii_path" {
  label = "TAXII Path"
  help  = "Path of the appliance's TAXII discovery. Default: that of the version, /taxii/ or /taxii2/."
  type  = string
}

param "network_only" {
  label   = "Network Only"
  help    = "Export only the indicators that an appliance can act upon: addresses, blocks of them, domains and URLs."
  type    = bool
  default = false
}

param "threatq_url" {
  label   = "ThreatQ URL"
  help    = "What the ids of exported objects are made from, beside the objects themselves. Once something was exported it must not change."
  type    = string
  default = "https://threatq"
  validation {
    condition     = trimspace(param.threatq_url) != ""
    error_message = "Give an address, such as https://threatq.example.com."
  }
}

param "left_policy" {
  label   = "Left Policy"
  help    = "What becomes of exported objects that have left the data collection: keep them, or revoke them."
  type    = string
  default = "keep"
  options = ["keep", "revoke"]
}

# ── The appliance ───────────────────────────────────────────────────────────────────────────────────────────────────

locals {
  typed    = lower(trimspace(param.hostname))
  name     = split(":", split("/", replace(local.typed, "http://", ""))[0])[0]
  loopback = contains(["127.0.0.1", "localhost"], local.name) # a simulator may be plain, an appliance never is
  origin   = origin(local.loopback ? local.typed : replace(local.typed, "http://", ""), null)

  keywords   = [for word in split(",", lower(param.keywords)) : trimspace(word) if trimspace(word) != ""]
  severities = [for level in ["Low", "Medium", "High"] : lower(level) if contains(param.severity, level)]

  labels = {
    indicator = param.indicator_labels
    adversary = param.threat_actor_labels
    malware   = param.malware_labels
    tool      = param.tool_labels
    report    = param.report_labels
  }

  # Addresses that mean nothing to others, or do not exist.
  not_global = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "2001:db8::/32",
  ]
}

table "severities" { # a number from 1 to 9, or a word
  ignore_case = true
  rows = {
    "1"      = "Low"
    "2"      = "Low"
    "3"      = "Low"
    "4"      = "Medium"
    "5"      = "Medium"
    "6"      = "Medium"
    "7"      = "High"
    "8"      = "High"
    "9"      = "High"
    "low"    = "Low"
    "medium" = "Medium"
    "high"   = "High"
  }
}

client "appliance" {
  base_url   = "${local.origin}/api/${param.api}/v${param.api_version}"
  rate_limit = param.rate
  timeout    = param.timeout
  retry_wait = "2s"
  verify_tls = !param.disable_ssl
  ca_file    = param.ca_file
  headers    = { Accept = "application/json" }

  error_message = jq(<<-EOT
    objects
    | ([.errors | arrays | .[] | if type == "object" then [.field, .message // .code] | map(strings) | join(": ") else tostring end]
        + [.errors | objects | to_entries[] | "\(.key): \(.value)"])
    | map(select(. != "")) | if . == [] then null else join("; ") end
  EOT
  )

  auth "api_key" {
    name  = "X-Arbux-APIToken"
    value = param.api_token
  }

  # Following a redirect would bring a page for people.
  on {
    status = ["3xx"]
    do     = fail
    message = jq(<<-EOT
      "the appliance redirects to " + ($response.headers.location // "another page" | split("?")[0])
      + ", as where it asks people to log in: it did not take the API token; check it, and that the hostname is that of an appliance"
    EOT
    )
  }
  on {
    status  = [401, 403]
    do      = fail
    message = jq("([objects | .errors | arrays | .[] | objects | .message | strings] | first // \"The appliance refuses the API token.\") + \" Check the API token; a new one is made on the appliance.\"")
  }
  on {
    status  = [404]
    do      = fail
    message = jq("\"not found: the appliance does not have these alerts in this version of its API; check api, api_version and the hostname\"")
  }
  on {
    status = [200]
    when   = jq("type == \"object\" and ((.errors // []) | length > 0)")
    do     = fail
  }
  on {
    status  = [200]
    when    = jq("type == \"string\" and test(\"^\\\\s*<\")")
    do      = fail
    message = jq("\"the answer is a page for people: check the API token, and that the hostname is that of an appliance\"")
  }
}

client "stix" { # the credentials of the alerts are of no use here, and these not there
  base_url      = local.origin
  timeout       = param.timeout
  retry_wait    = "2s"
  verify_tls    = !param.disable_ssl
  ca_file       = param.ca_file
  error_message = jq("objects | [.title, .description] | map(strings) | join(\": \")")

  auth "basic" {
    when     = trimspace(coalesce(param.stix_username, "")) != ""
    username = param.stix_username
    password = coalesce(param.stix_password, "")
  }
}

# ── Netscout AED -> ThreatQ ─────────────────────────────────────────────────────────────────────────────────────────

flow "alerts" {
  title       = "Alerts"
  description = "Reads the alerts of the severities and keywords that were asked for."

  source "http" {
    client = client.appliance
    request {
      path = "/alerts/"
      query = {
        startTime = window.start
        endTime   = window.end
        severity  = length(local.severities) > 0 ? join(",", local.severities) : null
        q         = length(local.keywords) > 0 ? join("+", local.keywords) : null # sent as %2B
        sort      = "startTime"
        direction = "asc"
        page      = page.number
        perPage   = page.size
      }
    }
    window { # without a cursor: from the start of the last good run
      initial  = param.first_run
      lookback = param.overlap
      format   = "epoch_s"
    }
    paginate "page" { # a short page may be one that the appliance has capped
      size = param.page_size
      ids  = jq("[.alerts // [] | .[] | .id]")
    }
  }

  record "alert" {
    # Beside what the appliance sends: what it leaves out, the parts without nulls, and all its texts.
    extract = jq(<<-EOT
      ($window.start // null | tonumber? // null) as $from | ($window.end // null | tonumber? // null) as $to
      | .alerts // [] | .[]
      | [.. | strings] as $texts
      | {description: null, severity: null, endTime: null, reason: null, pgid: null, pgName: null, pgServerName: null, peakBpsBlocked: null, peakBpsPassed: null} + .
      | . + {
          texts: $texts,
          began: (.startTime | tonumber? // null),
          ended: (.endTime | tonumber? // null),
          score: (.severity | tonumber? // null),
          pkt: ({src: null, dst: null, srcPort: null, dstPort: null, proto: null, appStr: null, direction: null} + (.pkt // {})),
          threat: (.threatIntel // {} | {
            indicator: (.indicator // ""), kind: (.indicatorType // "" | tostring | ascii_downcase), confidence,
            types: (.threatTypes // []), categories: (.threatCategories // []), classes: (.threatClassifications // [])
          })
        }
      | .outside = ($from != null and .began != null and (.began < $from or .began > $to))
    EOT
    )
    let = {
      level  = expr("table.severities.lookup(alert.severity)")
      named  = expr("trim(url_decode(string(alert.threat.indicator)))")
      is_url = expr("alert.named != '' and (alert.threat.kind startsWith 'http' or alert.named contains '://')")
      # The other side, and what threat intelligence names.
      addresses = expr(<<-EOT
        filter(unique(compact([
          ip(alert.pkt.direction == 'outbound' ? alert.pkt.dst : alert.pkt.src), alert.is_url ? nil : ip(alert.named)
        ])), not in_cidr(#, local.not_global))
      EOT
      )
    }
    key     = expr("alert.id")
    samples = "testdata/netscout_aed/alerts_*.json"

    # In case the appliance ignores a filter.
    skip "outside the window" {
      when = expr("alert.outside")
    }
    skip "severity not asked for" {
      when = expr("len(local.severities) > 0 and not (lower(alert.level ?? '') in local.severities)")
      by   = expr("alert.level")
    }
    skip "none of the keywords" {
      when = expr("len(local.keywords) > 0 and none(local.keywords, lower(lines(alert.texts)) contains #)")
    }
  }

  event "alert" {
    identity = "Alert ID"
    type = expr(<<-EOT
      'Command and Control' in alert.threat.classes ? 'Command and Control'
        : alert.alertType in ['totalTraffic', 'blockedTraffic', 'botnetTraffic'] ? 'DoS Attack'
        : alert.alertType != 'blockedHost' ? 'Alert'
        : alert.named != '' ? 'Watchlist' : 'DoS Attack'
    EOT
    )
    title       = expr("cut('Netscout AED Alert ' + string(alert.id) + ': ' + string(first_of(alert.reason, alert.alertType, 'unknown')), 255, '...')")
    happened_at = expr("unix(alert.began)")
    description = expr("html(alert.description)")

    attributes = {
      "Alert ID"              = fixed(expr("alert.id"))
      "Alert Type"            = expr("alert.alertType")
      "Severity"              = expr("alert.level")
      "Severity Score"        = expr("alert.score")
      "Reason"                = expr("alert.reason")
      "Protection Group"      = expr("alert.pgName")
      "Protection Group ID"   = expr("alert.pgid")
      "Server Type"           = expr("alert.pgServerName")
      "Direction"             = expr("alert.pkt.direction")
      "Protocol"              = expr("alert.pkt.proto")
      "Application"           = expr("alert.pkt.appStr")
      "Source IP"             = expr("alert.pkt.src")
      "Source Port"           = expr("alert.pkt.srcPort")
      "Destination IP"        = expr("alert.pkt.dst")
      "Destination Port"      = expr("alert.pkt.dstPort")
      "Threat Type"           = add(expr("alert.threat.types"))
      "Threat Category"       = add(expr("alert.threat.categories"))
      "Threat Classification" = add(expr("alert.threat.classes"))
      "Threat Confidence"     = expr("alert.threat.confidence")
      "Peak Blocked bps"      = expr("alert.peakBpsBlocked")
      "Peak Passed bps"       = expr("alert.peakBpsPassed")
      "Ongoing"               = expr("alert.ended == nil ? 'Yes' : 'No'")
      "End Time"              = expr("format(unix(alert.ended), 'datetime')")
    }
  }

  indicator "address" {
    for_each = expr("alert.addresses")
    type     = expr("ip_version(each) == 6 ? 'IPv6 Address' : 'IP Address'")
    value    = expr("each")
    status   = param.status
    related  = [event.alert]
  }

  indicator "url" {
    when    = expr("alert.is_url")
    type    = "URL"
    value   = expr("alert.named")
    status  = param.status
    related = [event.alert]
  }

  indicator "name" {
    when    = expr("not alert.is_url and domain(alert.named) != nil")
    type    = "FQDN"
    value   = expr("domain(alert.named)")
    status  = param.status
    related = [event.alert]
  }
}

# ── ThreatQ -> Netscout AED ─────────────────────────────────────────────────────────────────────────────────────────

flow "stix" {
  title       = "STIX"
  description = "Gives the objects of a data collection, and what they are related to, as STIX over TAXII."

  when = trimspace(param.collection) != ""

  source "threatq" {
    collections = [trimspace(param.collection)]
    depth       = param.relationship_depth
    related = [ # what STIX has a type for
      "indicators", "adversaries", "malware", "tool", "report", "attack_pattern", "campaign", "vulnerability", "intrusion_set", "course_of_action", "identity",
    ]
  }

  record "object" {
    key = expr("object.object + ':' + string(object.id)")
  }

  # Ids are made of what an object is, so that they are the same in each run and from each instance.
  sink "taxii" {
    client       = client.stix
    version      = param.taxii_version
    discovery    = param.taxii_path
    collection   = trimspace(param.stix_collection)
    threatq      = param.threatq_url
    network_only = param.network_only
    left         = param.left_policy == "revoke" ? "expire" : "keep"
    label        = expr("object.value")
    item = {
      object         = expr("object.object")
      type           = expr("object.type")
      value          = expr("object.value")
      description    = expr("strip_html(object.description)")
      created        = expr("object.created_at")
      modified       = expr("object.updated_at")
      published      = expr("object.published_at")
      valid_until    = expr("object.expires_at")
      labels         = expr("map(filter(object.attributes, lower(trim(.name)) in ['label', 'labels']), .value)")
      default_labels = expr("local.labels[object.object]")
      confidence     = expr("first(attribute_values(object.attributes, 'Confidence'))")
      tlp            = expr("compact(map(object.sources, .tlp))")
      related        = expr("map(object.related, ({'object': .object, 'type': .type, 'value': .value, 'created': .created_at, 'modified': .updated_at}))")
    }
  }
}

# ── Tests: tqmap test netscout_aed ──────────────────────────────────────────────────────────────────────────────────

test "alerts of every shape" {
  flow      = flow.alerts
  responses = ["testdata/netscout_aed/alerts_shapes.json"]

  expect "event" "Netscout AED Alert 7000: ATLAS Threat Categories" {
    type        = "Command and Control"
    happened_at = "2026-03-04 15:00:00"
    description = "Host 192.88.99.1 was blocked"
    attributes = {
      "Alert ID"              = "7000"
      "Alert Type"            = "blockedHost"
      "Severity"              = "High"
      "Severity Score"        = "7"
      "Reason"                = "ATLAS Threat Categories"
      "Protection Group"      = "Mail <internal>"
      "Protection Group ID"   = "42"
      "Server Type"           = "Mail Server"
      "Direction"             = "inbound"
      "Protocol"              = "tcp"
      "Application"           = "https"
      "Source IP"             = "192.88.99.1"
      "Source Port"           = "18440"
      "Destination IP"        = "192.88.99.101"
      "Destination Port"      = "443"
      "Threat Type"           = "FormBook"
      "Threat Category"       = ["Credential Theft", "Spyware"]
      "Threat Classification" = ["Command and Control", "Malware"]
      "Threat Confidence"     = "81"
      "Ongoing"               = "No"
      "End Time"              = "2026-03-04 15:05:09"
    }
    indicators = [["IP Address", "192.88.99.1"], ["URL", "http://drop00.rare.sandbox.test/ne/"]]
  }
  expect "event" "Netscout AED Alert 7001: TCP Connection Limiting" { # blocked, but not as a threat
    type       = "DoS Attack"
    indicators = [["IP Address", "192.88.99.2"]]
  }
  expect "event" "Netscout AED Alert 7002: ATLAS Threat Categories" {
    type       = "Watchlist"
    indicators = [["IP Address", "192.88.99.3"], ["FQDN", "cdn02.rare.sandbox.test"]]
  }
  expect "event" "Netscout AED Alert 7003: Outbound Threat Filter" { # the other side is the destination
    attributes = { "Source IP" = "10.20.30.40", "Destination IP" = "3FFF:0:3::4" }
    indicators = [["IPv6 Address", "3fff:0:3::4"]]
  }
  expect "event" "Netscout AED Alert 7004: TCP Connection Limiting" { # an address of the customer's own
    indicators = []
  }
  expect "event" "Netscout AED Alert 7005: TCP Connection Limiting" { # the threat is the other side itself
    type       = "Watchlist"
    indicators = [["IP Address", "192.88.99.6"]]
  }
  expect "event" "Netscout AED Alert 7006: Total Traffic" {
    type       = "DoS Attack"
    attributes = { "Ongoing" = "Yes", "Peak Blocked bps" = "103481765" }
    indicators = []
  }
  expect "event" "Netscout AED Alert 7008: Botnet Traffic" {
    type = "DoS Attack"
  }
  expect "event" "Netscout AED Alert 7009: cloudSignaling" { # no reason: its type
    type = "Alert"
  }
  expect "event" "Netscout AED Alert 7010: Deployment Mode" { # a severity in words
    attributes = { "Severity" = "Medium" }
  }
  expect "event" "Netscout AED Alert AWTx7ZUFVkcUx98h0013: TCP Connection Limiting" {
    attributes = { "Alert ID" = "AWTx7ZUFVkcUx98h0013" }
  }
  expect "event" "Netscout AED Alert 7014: system" { # fields that are not there
    type = "Alert"
  }
  expect "event" "Netscout AED Alert 7015: TCP Connection Limiting" { # fields that are null
    type       = "DoS Attack"
    indicators = []
  }
  expect "event" "Netscout AED Alert 7016: TCP Connection Limiting" { # decoded once
    indicators = [["IP Address", "192.88.99.17"], ["URL", "https://drop16.rare.sandbox.test/a%20b?c=é"]]
  }
  expect "event" "Netscout AED Alert 7017: Total Traffic" { # data stays data
    description = "Total Traffic for Mail &lt;internal&gt; exceeded its threshold"
    attributes  = { "Protection Group" = "Mail <internal>", "Peak Blocked bps" = "1234.1234", "Peak Passed bps" = "0" }
  }
  expect "indicator" "192.88.99.2" {
    status = "Review"
  }
}

test "severities and keywords, in case the appliance ignores them" {
  flow      = flow.alerts
  responses = ["testdata/netscout_aed/alerts_shapes.json"]
  params    = { severity = ["Medium", "High"], keywords = "traffic, CDN02 ,", status = "Active" }
  skipped   = { "severity not asked for: Low" = 6, "none of the keywords" = 9 }

  expect "event" "Netscout AED Alert 7002: ATLAS Threat Categories" {}
  expect "event" "Netscout AED Alert 7006: Total Traffic" {}
  expect "event" "Netscout AED Alert 7017: Total Traffic" {}
  expect "indicator" "192.88.99.3" {
    status = "Active"
  }
}

test "alerts that miss what they need" {
  flow      = flow.alerts
  responses = ["testdata/netscout_aed/alerts_broken.json"]
  dead      = 2 # no id, no start

  expect "event" "Netscout AED Alert 11: unknown" { # times as texts, a severity that there is not
    happened_at = "2026-03-05 08:00:00"
    attributes  = { "Alert ID" = "11", "Severity Score" = "12", "Ongoing" = "Yes" }
    indicators  = []
  }
}

test "no alerts at all" {
  flow      = flow.alerts
  responses = ["testdata/netscout_aed/alerts_none.json"]
}

test "objects as STIX is made of them" {
  flow   = flow.stix
  params = { collection = "Block List", stix_collection = "Threats", indicator_labels = ["compromised"] }
  records = [
    {
      object = "indicator", id = 7, type = "FQDN", value = "bad.example", description = "<p>Seen <b>twice</b></p>", created_at = "2026-03-01T08:00:00Z",
      updated_at = "2026-03-02T08:00:00Z", published_at = "2026-03-01T07:00:00Z", expires_at = "2026-04-01T00:00:00Z",
      sources    = [{ name = "a", tlp = "GREEN" }, { name = "b", tlp = null }, { name = "c", tlp = "AMBER" }],
      attributes = [{ name = "Label", value = "Anomalous Activity" }, { name = "Port", value = "443" }, { name = "labels", value = "c2" }, { name = "Confidence", value = "80" }],
      related    = [{ object = "adversary", id = 1, type = null, value = "Fancy Widget", created_at = "2026-01-01T00:00:00Z", updated_at = "2026-01-02T00:00:00Z", status = null }],
    },
    {
      object = "adversary", id = 1, type = "", value = "Fancy Widget", description = "", created_at = "2026-01-01T00:00:00Z", updated_at = "2026-01-02T00:00:00Z",
      published_at = null, expires_at = null, sources = [], attributes = [], related = [],
    },
  ]

  expect "item" "bad.example" {
    object         = "indicator"
    type           = "FQDN"
    value          = "bad.example"
    description    = "Seen twice"
    labels         = ["Anomalous Activity", "c2"]
    default_labels = ["compromised"]
    confidence     = "80"
    tlp            = ["GREEN", "AMBER"]
  }
  expect "item" "Fancy Widget" {
    object         = "adversary"
    default_labels = []
    related        = []
  }
}

# The whole flow: the hour before the last good run's start, and alerts that the appliance should not have sent.
test "two pages, and an alert from before the window" {
  flow    = flow.alerts
  now     = "2026-03-04T16:00:00Z"
  params  = { hostname = "aed.example.com", api_token = "token-1", api = "aps", page_size = 2, severity = ["Low", "High"] }
  skipped = { "outside the window" = 1 }

  state {
    cursor = "2026-03-04T15:00:00Z"
  }
  exchange {
    request {
      path    = "https://aed.example.com/api/aps/v3/alerts/"
      query   = { severity = "low,high", sort = "startTime", direction = "asc", page = 1, perPage = 2, q = null }
      headers = { "X-Arbux-APIToken" = "token-1" }
    }
    response {
      json = { alerts = [for id, start in { "1" = 1772000000, "2" = 1772638200 } : {
        id = id, alertType = "blockedHost", severity = id == "1" ? "low" : "high", reason = "TCP Connection Limiting", description = "Host was blocked", startTime = start, endTime = start + 60
      }] }
    }
  }
  exchange {
    request { path = "/alerts/?page=2" }
    response { json = { alerts = [] } }
  }

  expect "event" "Netscout AED Alert 2: TCP Connection Limiting" {
    attributes = { "Severity" = "High", "Ongoing" = "No" }
  }
  expect_state {
    cursor = "2026-03-04T16:00:00Z"
  }
}

test "severities as numbers and words" {
  flow = flow.alerts
  records = [for i, severity in [1, 2, 3, 4, 5, 6, 7, 8, 9, "LOW", "medium", "High"] : {
    id = i, alertType = "system", severity = severity, score = null, began = 1772638200, ended = null, reason = null, description = null, outside = false, pgid = null, pgName = null,
    pgServerName = null, peakBpsBlocked = null, peakBpsPassed = null, texts = [], pkt = { src = null, dst = null, srcPort = null, dstPort = null, proto = null, appStr = null, direction = null },
    threat = { indicator = "", kind = "", confidence = null, types = [], categories = [], classes = [] }
  }]
  expect "event" "Netscout AED Alert 2: system" { attributes = { "Severity" = "Low" } }
  expect "event" "Netscout AED Alert 4: system" { attributes = { "Severity" = "Medium" } }
  expect "event" "Netscout AED Alert 9: system" { attributes = { "Severity" = "Low" } }
  expect "event" "Netscout AED Alert 11: system" { attributes = { "Severity" = "High" } }
}

test "the appliance asks for a login" {
  flow = flow.alerts
  exchange {
    request { path = "/alerts/" }
    response {
      status  = 302
      headers = { Location = "/login?next=alerts" }
    }
  }
  expect_run { error = "the appliance redirects to /login, as where it asks people to log in" }
}

test "the token is refused" {
  flow = flow.alerts
  exchange {
    request { path = "/alerts/" }
    response {
      status = 401
      json   = { errors = [{ message = "Invalid token." }] }
    }
  }
  expect_run { error = "Invalid token. Check the API token" }
}

test "another version of the appliance" {
  flow = flow.alerts
  exchange {
    request { path = "/alerts/" }
    response { status = 404 }
  }
  expect_run { error = "does not have these alerts in this version of its API" }
}

test "errors that are no failure of HTTP" {
  flow = flow.alerts
  exchange {
    request { path = "/alerts/" }
    response { json = { errors = [{ field = "perPage", message = "too many" }] } }
  }
  expect_run { error = "perPage: too many" }
}

test "a page for people" {
  flow = flow.alerts
  exchange {
    request { path = "/alerts/" }
    response { body = " <html><title>Log in</title></html>" }
  }
  expect_run { error = "the answer is a page for people" }
}
