# IronNet IronDefense <-> ThreatQ, by the connector guide 1.0.4.
#
#   flow "status"   an analyst changes an event's type in ThreatQ -> SetAlertStatus on the appliance
#   flow "alerts"   GetAlerts -> events with attributes and related indicators
#
# The guide names the endpoints, the parameters and the status table. Where it is silent (title, attribute names,
# the date that drives the window …) the choice is made here and marked "our choice".

connector "ironnet" {
  title       = "IronNet IronDefense"
  version     = "1.0.4"
  source      = "IronNet"
  description = "Brings IronDefense alerts into ThreatQ as events with their indicators, and takes status changes back."
  requires    = ["The account is a member of the IronVue group \"IronAPI Access\"."]
  limits = [
    "The appliance takes 10 requests a second on each endpoint.",
    "An alert has no address fields: its indicators are read from its aggregation criteria, and private addresses are left out.",
    "An alert that is closed at the appliance becomes CLOSED, never DISCARDED.",
    "Only events that have an Alert ID and the source of this connector are sent; a type that is not in the table is left alone.",
  ]
}

# ── Parameters of the guide ─────────────────────────────────────────────────────────────────────────────────────────

param "hostname" {
  label    = "IronNet Hostname"
  help     = "Host name or IP address of the appliance; a scheme and a port are accepted."
  type     = string
  required = true
}

param "port" {
  label   = "Port"
  help    = "Port of the appliance, where the host name has none."
  type    = integer
  default = 443
  validation {
    condition     = param.port == null ? true : param.port >= 1 && param.port <= 65535
    error_message = "A port is a number from 1 to 65535."
  }
}

param "username" {
  label    = "IronNet Username"
  help     = "Account in the IronVue group \"IronAPI Access\"."
  type     = string
  required = true
  validation {
    condition     = !contains(split("", param.username), ":")
    error_message = "A user name cannot contain a colon: HTTP Basic ends it there."
  }
}

param "password" {
  label     = "IronNet Password"
  help      = "Its password."
  type      = string
  required  = true
  sensitive = true
}

param "severity_lower_bound" {
  label   = "Severity Lower Bound"
  help    = "Lowest severity score to bring in, 0 to 1000, inclusive."
  type    = integer
  default = 500
  validation {
    condition     = param.severity_lower_bound >= 0 && param.severity_lower_bound <= 1000
    error_message = "A severity is a whole number from 0 to 1000."
  }
  validation {
    condition     = param.severity_lower_bound <= param.severity_upper_bound
    error_message = "The lower bound must not be above the upper bound."
  }
}

param "severity_upper_bound" {
  label   = "Severity Upper Bound"
  help    = "Highest severity score to bring in, 0 to 1000, inclusive."
  type    = integer
  default = 1000
  validation {
    condition     = param.severity_upper_bound >= 0 && param.severity_upper_bound <= 1000
    error_message = "A severity is a whole number from 0 to 1000."
  }
}

param "initial_query_range" {
  label   = "Initial Query Range"
  help    = "Days to look back in the first run."
  type    = integer
  default = 2
  validation {
    condition     = param.initial_query_range >= 1
    error_message = "Look back at least one day."
  }
}

param "status" {
  label   = "Status"
  help    = "Status of the indicators that this connector creates."
  type    = string
  default = "Review"
}

# ── Command line of the guide (-h, -c, -ll and -v belong to tqmap itself) ──────────────────────────────────────────────

param "external_proxy" {
  label   = "External Proxy"
  help    = "Use the proxy configured in the ThreatQ UI for calls to IronNet (never for calls to ThreatQ)."
  type    = bool
  default = false
  flag    = "external-proxy"
  short   = "ep"
}

param "start" {
  label = "Start"
  help  = "Start of a user-defined query, YYYY-MM-DDTHH:MM:SS (UTC). Default: where the last successful run ended."
  type  = time
  flag  = "start-historical"
  short = "s"
  validation {
    condition     = !after(param.start, coalesce(param.end, now))
    error_message = "The start must not be after the end (which is now, unless given)."
  }
}

param "end" {
  label = "End"
  help  = "End of a user-defined query, YYYY-MM-DDTHH:MM:SS (UTC). Default: now."
  type  = time
  flag  = "end-historical"
  short = "e"
}

# ── Further knobs (our choice) ──────────────────────────────────────────────────────────────────────────────────────

param "auth" {
  label   = "Authentication"
  help    = "login: one Login, then its token. basic: user and password with every call."
  type    = string
  default = "login"
  options = ["login", "basic"]
}

param "verify_tls" {
  label   = "Verify TLS"
  help    = "Check the appliance's certificate. Appliances are often self-signed: prefer ca_file to switching this off."
  type    = bool
  default = true
}

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

# With "created", an alert whose severity rises into the range later would be missed.
param "date_field" {
  label   = "Date Field"
  help    = "The alert's time that windows and the cursor go by."
  type    = string
  default = "updated"
  options = ["updated", "created", "last_event_created"]
}

param "share_with_irondome" {
  label   = "Share With IronDome"
  help    = "Publish the comment of a status change to the IronDome community."
  type    = bool
  default = false
}

# ── The guide's status table ────────────────────────────────────────────────────────────────────────────────────────

table "alert_status" { # ThreatQ event type -> IronNet status; any other type is left alone
  ignore_case = true
  rows = {
    "CLOSED"          = "STATUS_CLOSED"
    "DISCARDED"       = "STATUS_CLOSED"
    "UNDER REVIEW"    = "STATUS_UNDER_REVIEW"
    "AWAITING REVIEW" = "STATUS_AWAITING_REVIEW"
  }
  reverse = {
    "STATUS_CLOSED" = "CLOSED" # never DISCARDED
  }
}

client "appliance" {
  base_url      = "${origin(param.hostname, param.port)}/IronApi"
  rate_limit    = "10/s" # the appliance's own limit on each endpoint
  timeout       = param.timeout
  verify_tls    = param.verify_tls
  ca_file       = param.ca_file
  proxy         = param.external_proxy ? "threatq" : null
  error_message = jq(".msg")

  auth "login" {
    when         = param.auth == "login"
    token        = jq(".token")
    token_header = "auth-token" # where the body has none
    request {
      method = "POST"
      path   = "/Login"
      basic  = [param.username, param.password]
      json   = {}
    }
  }

  auth "basic" {
    when     = param.auth == "basic"
    username = param.username
    password = param.password
  }
}

# ── ThreatQ -> IronNet. Runs first, so that what an analyst decided is sent before new alerts are read ──────────────

flow "status" {
  title       = "Status changes"
  description = "An analyst's change of an event's type sets the status of its alert."

  source "threatq_events" {
    types = keys(table.alert_status)
    window {
      lookback = "1h"
      cursor   = expr("event.touched_at")
    }
  }

  record "event" {
    key = expr("event.id")

    skip "event without an Alert ID, made by hand" {
      when = expr("event.attributes['Alert ID'] == nil")
      warn = true
    }
    skip "event of another source" {
      when = expr("not (connector.source in event.sources)")
    }
  }

  sink "http" {
    client = client.appliance
    # Both sides in the words of the attribute "Status", which remembers the last agreement. Sending what the
    # appliance has already would only add comments, so equal means nothing to do: CLOSED <-> DISCARDED, too.
    when = expr("label(table.alert_status.lookup(event.type), 'STATUS_') != event.attributes['Status']")
    request {
      method = "POST"
      path   = "/SetAlertStatus"
      json = {
        alert_id                    = expr("event.attributes['Alert ID']")
        status                      = expr("table.alert_status.lookup(event.type)")
        comment                     = expr("'Status set to ' + upper(trim(event.type)) + ' in ThreatQ'")
        share_comment_with_irondome = param.share_with_irondome
      }
    }
    acknowledge {
      attributes = {
        "Status" = expr("label(table.alert_status.lookup(event.type), 'STATUS_')")
      }
    }
  }
}

# ── IronNet -> ThreatQ ──────────────────────────────────────────────────────────────────────────────────────────────

flow "alerts" {
  title       = "Alerts"
  description = "Reads the alerts whose severity lies within the bounds."

  source "http" {
    client = client.appliance
    request {
      method = "POST"
      path   = "/GetAlerts"
      json = {
        severity           = { lower_bound = param.severity_lower_bound, upper_bound = param.severity_upper_bound }
        (param.date_field) = { start = window.start, end = window.end }
        sort               = [{ field = "ASF_${upper(param.date_field)}", direction = "SD_ASCENDING" }]
        constraint         = { limit = page.size, offset = page.offset }
      }
    }
    window {
      initial  = "${param.initial_query_range}d"
      since    = param.start
      until    = param.end
      lookback = "10m" # our choice: the appliance may index late
      order    = "ascending"
      cursor   = expr("alert[param.date_field]")
    }
    paginate "offset" {
      size  = param.page_size
      total = jq(".constraint.total") # documented as a text; a number is taken, too
    }
  }

  record "alert" {
    extract = jq(".alerts[]")
    key     = expr("alert.id")
    samples = "testdata/ironnet/get_alerts_*.json"

    skip "severity outside the bounds" { # in case the appliance ignores the filter
      when = expr("alert.severity < param.severity_lower_bound or alert.severity > param.severity_upper_bound")
    }
  }

  event "alert" {
    # Our choice: one event for each alert, found again by its id. The title holds the id because ThreatQ tells events
    # apart by title and time, and finds them by title.
    identity = "Alert ID"
    types    = keys(table.alert_status)

    type        = expr("alert.status == 'STATUS_NONE' ? 'AWAITING REVIEW' : table.alert_status.reverse(alert.status) ?? 'AWAITING REVIEW'")
    title       = expr("'IronNet Alert: ' + first_of(alert.category, 'Unknown') + ' - ' + first_of(alert.sub_category, 'Unknown') + ' (' + alert.id + ')'")
    happened_at = expr("first_of(alert.created, alert.first_event_created, alert.updated, now)")
    description = expr("lines([alert.aggregation_criteria, alert.vue_url])")

    attributes = {
      "Alert ID"             = fixed(expr("alert.id"))
      "Category"             = fixed(expr("alert.category"))
      "Sub-Category"         = fixed(expr("alert.sub_category"))
      "Severity"             = expr("alert.severity")
      "Status"               = expr("alert.status | label('STATUS_')")
      "Analyst Severity"     = expr("alert.analyst_severity | label('SEVERITY_')")
      "Analyst Expectation"  = expr("alert.analyst_expectation | label('EXP_')")
      "Created"              = fixed(expr("alert.created"))
      "Updated"              = expr("alert.updated")
      "Event Count"          = expr("alert.event_count")
      "First Event Created"  = fixed(expr("alert.first_event_created"))
      "Last Event Created"   = expr("alert.last_event_created")
      "Raw Data Format"      = add(expr("alert.raw_data_formats"))
      "Aggregation Criteria" = expr("alert.aggregation_criteria")
      "IronVue URL"          = fixed(expr("alert.vue_url"))
    }

    # The analyst's choice of type wins over the appliance until it has been sent (flow "status").
    sync "type" {
      agreed = "Status"
      local  = expr("label(table.alert_status.lookup(current.type), 'STATUS_')")
    }
  }

  # An alert has no address fields: what its events were grouped by is the only carrier of indicators.
  indicator "ioc" {
    for_each = expr("iocs(alert.aggregation_criteria)")
    type     = expr("each.type")
    value    = expr("each.value")
    status   = param.status
    related  = [event.alert]
  }
}

# ── Tests: tqmap test ironnet ───────────────────────────────────────────────────────────────────────────────────────

test "an alert with several criteria" {
  flow      = flow.alerts
  responses = ["testdata/ironnet/get_alerts_1.json"]

  expect "event" "a81f06d9-6c2e-4b77-b5c3-0e94d1f2387a" {
    title       = "IronNet Alert: ACCESS - SUSPICIOUS_FILE_DOWNLOADS (a81f06d9-6c2e-4b77-b5c3-0e94d1f2387a)"
    type        = "UNDER REVIEW"
    happened_at = "2024-03-11 08:05:00"
    attributes = {
      "Alert ID"             = "a81f06d9-6c2e-4b77-b5c3-0e94d1f2387a"
      "Severity"             = "865"
      "Status"               = "Under Review"
      "Analyst Severity"     = "Suspicious"
      "Analyst Expectation"  = "Unexpected"
      "Created"              = "2024-03-11T08:05:00Z"
      "Event Count"          = "14"
      "Raw Data Format"      = ["RDF_TAP", "RDF_DNS_LOGS"]
      "Aggregation Criteria" = "flows.src_ip: [\"10.20.30.41\"], flows.url: [\"http://files.amber-ridge.test/pkg/setup.bin?v=3\"], flows.app_domains: [\"files.amber-ridge.test\", \"198.51.100.23\"]"
    }
    indicators = [ # the private address is the customer's own
      ["URL", "http://files.amber-ridge.test/pkg/setup.bin?v=3"],
      ["FQDN", "files.amber-ridge.test"],
      ["IP Address", "198.51.100.23"],
    ]
  }

  expect "event" "5ce9b4f7-08a3-4d15-9f62-c3b81e7d0a46" {
    type       = "CLOSED" # never DISCARDED
    attributes = { "Status" = "Closed" }
  }
}

test "an alert without criteria" {
  flow      = flow.alerts
  responses = ["testdata/ironnet/get_alerts_2.json"]

  expect "event" "0f96ad28-7b41-4e83-92da-b6c57e31f80d" {
    indicators  = []
    description = "https://vue.corp.example/alerts?alerts.sort=severity%3ADESC&filter=alertId%3D%3D0f96ad28-7b41-4e83-92da-b6c57e31f80d"
  }
  expect "indicator" "2001:db8:71::c4" {
    type   = "IPv6 Address"
    status = "Review"
  }
}

test "a severity outside the bounds is left out" {
  flow      = flow.alerts
  responses = ["testdata/ironnet/get_alerts_1.json"]
  params    = { severity_lower_bound = 700 }
  skipped   = { "severity outside the bounds" = 1 }

  expect "event" "3b7d52e0-91c4-4f6a-8e1d-5a20c7f4b913" {
    attributes = { "Severity" = "730" }
  }
}

test "an unknown status, and an alert without an id" {
  flow = flow.alerts
  dead = 1
  records = [
    {
      id = "11111111-2222-4333-8444-555555555555", category = "C2", sub_category = "", severity = 900,
      status = "STATUS_SOMETHING_NEW", analyst_severity = null, analyst_expectation = "EXP_UNKNOWN",
      created = "2024-03-11T07:42:18Z", updated = "2024-03-11T07:42:18Z", event_count = 0,
      first_event_created = null, last_event_created = null, raw_data_formats = [], aggregation_criteria = null, vue_url = "",
    },
    { id = null, category = "C2", severity = 900, updated = "2024-03-11T07:42:18Z" },
  ]

  expect "event" "11111111-2222-4333-8444-555555555555" {
    title      = "IronNet Alert: C2 - Unknown (11111111-2222-4333-8444-555555555555)"
    type       = "AWAITING REVIEW"
    attributes = { "Status" = "Something New", "Event Count" = "0" }
  }
}

test "a new type is sent once" {
  flow = flow.status
  records = [
    { id = 7, title = "an alert", type = "Under Review", touched_at = "2024-03-11T10:00:00Z", sources = ["IronNet"], attributes = { "Alert ID" = "a81f06d9-6c2e-4b77-b5c3-0e94d1f2387a", "Status" = "Awaiting Review" } },
  ]
  expect_request {
    method = "POST"
    path   = "/SetAlertStatus"
    json = {
      alert_id                    = "a81f06d9-6c2e-4b77-b5c3-0e94d1f2387a"
      status                      = "STATUS_UNDER_REVIEW"
      comment                     = "Status set to UNDER REVIEW in ThreatQ"
      share_comment_with_irondome = false
    }
  }
}

test "what both sides agree on is not sent" {
  flow    = flow.status
  skipped = { "event without an Alert ID, made by hand" = 1, "event of another source" = 1 }
  records = [
    { id = 1, title = "discarded, and closed on the appliance", type = "DISCARDED", touched_at = "2024-03-11T10:00:00Z", sources = ["IronNet"], attributes = { "Alert ID" = "a1", "Status" = "Closed" } },
    { id = 2, title = "made by hand", type = "CLOSED", touched_at = "2024-03-11T10:00:00Z", sources = ["IronNet"], attributes = {} },
    { id = 3, title = "another connector's", type = "CLOSED", touched_at = "2024-03-11T10:00:00Z", sources = ["Elsewhere"], attributes = { "Alert ID" = "a3", "Status" = "Awaiting Review" } },
  ]
}

# The whole flow: where the last run ended, a login, a wait that the appliance asks for, two pages, and one alert that
# the appliance should not have sent.
test "a login, a wait and two pages" {
  flow    = flow.alerts
  now     = "2024-03-12T00:00:00Z"
  params  = { hostname = "iron.example.com", username = "threatq", password = "not-a-secret", page_size = 2 }
  skipped = { "severity outside the bounds" = 1 }

  state {
    cursor = "2024-03-11T06:00:00Z"
  }
  exchange {
    request {
      method = "POST"
      path   = "/Login"
    }
    response { json = { token = "token-1" } }
  }
  exchange {
    request {
      path = "/GetAlerts"
      json = { constraint = { offset = 0 } }
    }
    response {
      status  = 429
      headers = { "Retry-After" = "30" }
    }
  }
  exchange {
    request {
      method  = "POST"
      path    = "/GetAlerts"
      headers = { Authorization = "Bearer token-1" }
      json = {
        severity   = { lower_bound = 500, upper_bound = 1000 }
        updated    = { start = "2024-03-11T05:50:00Z", end = "2024-03-12T00:00:00Z" } # 10 minutes before the cursor
        sort       = [{ field = "ASF_UPDATED", direction = "SD_ASCENDING" }]
        constraint = { limit = 2, offset = 0 }
      }
    }
    response {
      json = {
        constraint = { total = "3" }
        alerts = [for id, severity in { a1 = 700, a2 = 100 } : {
          id = id, category = "C2", sub_category = "BEACON", severity = severity, status = "STATUS_AWAITING_REVIEW", analyst_severity = "SEVERITY_UNDECIDED",
          analyst_expectation = "EXP_UNKNOWN", created = "2024-03-11T07:00:00Z", updated = "2024-03-11T08:00:00Z", event_count = 1, first_event_created = null,
          last_event_created = null, raw_data_formats = [], aggregation_criteria = "flows.app_domains: [\"c2.example.net\"]", vue_url = ""
        }]
      }
    }
  }
  exchange {
    request {
      path = "/GetAlerts"
      json = { constraint = { limit = 2, offset = 2 } }
    }
    response {
      json = {
        constraint = { total = "3" }
        alerts = [{
          id = "a3", category = "C2", sub_category = "BEACON", severity = 900, status = "STATUS_CLOSED", analyst_severity = "SEVERITY_BENIGN",
          analyst_expectation = "EXP_EXPECTED", created = "2024-03-11T07:00:00Z", updated = "2024-03-11T09:30:00Z", event_count = 2, first_event_created = null,
          last_event_created = "2024-03-11T09:00:00Z", raw_data_formats = [], aggregation_criteria = null, vue_url = ""
        }]
      }
    }
  }

  expect "event" "BEACON (a1)" {
    attributes = { "Status" = "Awaiting Review", "Last Event Created" = null }
    indicators = [["FQDN", "c2.example.net"]]
  }
  expect "event" "BEACON (a3)" {
    type = "CLOSED"
  }
  expect_state {
    cursor = "2024-03-11T09:30:00Z"
  }
  expect_run {
    outcome = "ok"
    fetched = 3
    created = 3 # two events and an indicator
  }
}

test "the user with every call, and other dates" {
  flow   = flow.alerts
  now    = "2024-03-12T00:00:00Z"
  params = { hostname = "iron.example.com", port = 8443, username = "threatq", password = "not-a-secret", auth = "basic", date_field = "created", initial_query_range = 1 }

  exchange {
    request {
      path = "https://iron.example.com:8443/IronApi/GetAlerts" # and nobody asks for a login
      json = {
        created = { start = "2024-03-11T00:00:00Z", end = "2024-03-12T00:00:00Z" }
        updated = null
        sort    = [{ field = "ASF_CREATED" }]
      }
    }
    response { file = "testdata/ironnet/get_alerts_empty.json" }
  }
  expect_state { # nothing came, so the next run asks for the same time and more
    cursor = "2024-03-11T00:00:00Z"
  }
}

test "every type is sent as its status, and what is refused is a dead letter" {
  flow = flow.status
  now  = "2024-03-12T00:00:00Z"
  dead = 1
  records = [for i, type in ["CLOSED", "Discarded", "AWAITING REVIEW", "UNDER REVIEW"] : {
    id = i, title = "an alert", type = type, touched_at = "2024-03-11T1${i}:00:00Z", sources = ["IronNet"], attributes = { "Alert ID" = "a${i}", "Status" = "New" }
  }]

  exchange {
    request {
      method = "POST"
      path   = "/SetAlertStatus"
      json   = { alert_id = "a0", status = "STATUS_CLOSED", comment = "Status set to CLOSED in ThreatQ" }
    }
    response { json = {} }
  }
  exchange {
    request {
      path = "/SetAlertStatus"
      json = { alert_id = "a1", status = "STATUS_CLOSED", comment = "Status set to DISCARDED in ThreatQ" }
    }
    response { json = {} }
  }
  exchange {
    request {
      path = "/SetAlertStatus"
      json = { alert_id = "a2", status = "STATUS_AWAITING_REVIEW" }
    }
    response { json = {} }
  }
  exchange {
    request {
      path = "/SetAlertStatus"
      json = { alert_id = "a3", status = "STATUS_UNDER_REVIEW" }
    }
    response {
      status = 422
      json   = { msg = "no such alert" }
    }
  }
  expect_run {
    outcome = "partial"
    updated = 3
  }
}
