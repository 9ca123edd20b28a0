# ThreatQ -> Devo, by the guide of the Devo IOC Exporter Connector 1.2.2.
#
#   flow "iocs"   the indicators of a data collection -> a lookup table of Devo, a row for each value
#
# The guide names the parameters, the attributes behind Adversary, Has Adversary, Attack Phase and Threat Type, and
# the link back. It shows neither the other columns nor their names. What is chosen here is marked [inferred], with
# the reason.
#
# A lookup cannot be read back, and a collector never answers: what it holds is what was sent last.

connector "devo" {
  title       = "Devo IOC Exporter"
  version     = "1.2.2"
  source      = "Devo"
  description = "Exports the indicators of a data collection to a lookup table of Devo."
  executables = ["tq-conn-devo-ioc-exporter"]
  requires = [
    "The certificate of the domain, its private key and the chain of its authority, from Administration, Credentials, X.509 Certificates in Devo.",
    "For the way api instead: a token that may manage lookups.",
  ]
  limits = [
    "A list, and what is in it, may take up to 10 minutes to be seen in Devo; signing in anew, or an empty cache of the browser, may help.",
    "The certificates only let lookups be written: nothing can be read back.",
    "The collector never answers. A run is ok when it has closed the connection after everything was sent, else the next one sends it again.",
    "Nothing is brought into ThreatQ.",
  ]

  lock {
    multiple   = param.allow_multiple_runs
    kill_after = "${param.pid_timeout}s"
  }
}

# ── Parameters of the guide ─────────────────────────────────────────────────────────────────────────────────────────

param "region" {
  label   = "Devo API Region"
  help    = "USA, EU, CAN, ES or APAC; or host:port of a relay of your own."
  type    = string
  default = "USA"
  validation {
    condition     = contains(keys(local.regions), upper(trimspace(param.region))) || length(split(":", param.region)) > 1
    error_message = "The region is USA, EU, CAN, ES or APAC, or host:port."
  }
}

param "cert_pem" {
  label     = "Devo X.509 Certificate"
  help      = "Its text, as pasted: Administration, Credentials, X.509 Certificates in Devo."
  type      = string
  default   = ""
  sensitive = true
  validation {
    condition     = param.via != "stream" || trimspace(coalesce(param.cert_pem, "")) != ""
    error_message = "Paste the certificate (<org>.cert)."
  }
}

param "key_pem" {
  label     = "Devo X.509 Private Key"
  help      = "Its text, as pasted, not encrypted."
  type      = string
  default   = ""
  sensitive = true
  validation {
    condition     = param.via != "stream" || trimspace(coalesce(param.key_pem, "")) != ""
    error_message = "Paste the private key (<org>.key)."
  }
}

param "chain_pem" {
  label     = "Devo X.509 Chain CA"
  help      = "Its text, as pasted: by it the collector is known."
  type      = string
  default   = ""
  sensitive = true
  validation {
    condition     = param.via != "stream" || trimspace(coalesce(param.chain_pem, "")) != ""
    error_message = "Paste the chain (chain.crt)."
  }
}

param "lookup_name" {
  label    = "Lookup Table Name"
  help     = "The lookup that the indicators go to; made where it is missing, and replaced where it is not."
  type     = string
  required = true
  validation {
    condition     = length([for c in split("", lower(param.lookup_name)) : c if !contains(split("", "abcdefghijklmnopqrstuvwxyz0123456789_"), c)]) == 0
    error_message = "Devo takes letters, digits and underscores in the name of a lookup."
  }
}

param "collection" {
  label    = "ThreatQ Data Collection Name"
  help     = "Its exact name. The indicators in it are exported."
  type     = string
  required = true
}

param "threatq_hostname" {
  label    = "ThreatQ Hostname"
  help     = "Only for links back to ThreatQ, as analysts reach it; tqmap itself connects to the ThreatQ Host of its settings."
  type     = string
  required = true
}

param "batch_size" {
  label   = "Batch Size"
  help    = "Indicators asked of ThreatQ at once; it gives no more than 1000."
  type    = integer
  default = 1000
  flag    = "batch-size"
  aliases = ["page-limit"]
  validation {
    condition     = param.batch_size >= 1
    error_message = "Ask for at least one indicator at a time."
  }
}

# The guide's label says the contrary of its text; its change log says "Allow Multiple Runs".
param "allow_multiple_runs" {
  label   = "Disable Multiple Runs"
  help    = "Ticked: no lock is taken, so that several runs may go on at once. Each of them replaces what the others sent."
  type    = bool
  default = false
  flag    = "allow-multiple-runs"
  aliases = ["no-pid"]
}

# [inferred] The guide leaves the default open.
param "pid_timeout" {
  label   = "Kill Previous Runs After X Seconds"
  help    = "A run that has gone on for longer is ended by the next one. 0: never."
  type    = integer
  default = 43200
  flag    = "pid-timeout"
  validation {
    condition     = param.pid_timeout >= 0
    error_message = "Give a number of seconds, or 0 for never."
  }
}

# [inferred] The first run asks for it, as that of every connector does; here nothing is created in ThreatQ.
param "status" {
  label   = "Status"
  help    = "Status of objects that this connector creates in ThreatQ. It creates none."
  type    = string
  default = "Review"
  unused  = true
}

# ── Further knobs (our choice) ──────────────────────────────────────────────────────────────────────────────────────

# [inferred] The original's kit replaces the table unless it is told otherwise.
param "mode" {
  label   = "Mode"
  help    = "full: whenever anything has changed, the lookup is replaced by the collection as it is. incremental: only what is new, has changed or is gone is sent."
  type    = string
  default = "full"
  options = ["full", "incremental"]
}

# [inferred] An analyst who whitelists an indicator wants nobody to be warned of it.
param "left_out" {
  label   = "Statuses Left Out"
  help    = "Comma-separated statuses of indicators that are in the collection, but not to be in the lookup. Empty: none."
  type    = string
  default = "Expired, Whitelisted"
}

# [inferred] The guide spells some of the titles; for queries that were written with those.
param "titles" {
  label   = "Column Titles"
  help    = "plain: indicator, has_adversary … original: Indicator, Has Adversary … Another choice replaces the lookup."
  type    = string
  default = "plain"
  options = ["plain", "original"]
}

param "via" {
  label   = "Way"
  help    = "stream: the collector, with a certificate, as the guide has it. api: the Lookups REST API, Devo's replacement of it, with a token."
  type    = string
  default = "stream"
  options = ["stream", "api"]
}

param "api_url" {
  label = "Lookups API URL"
  help  = "For the way api, in place of the region's, such as https://api-eu.devo.com/lookup-api."
  type  = string
  validation {
    condition     = param.via != "api" || coalesce(param.api_url, local.api, "") != ""
    error_message = "Say where the Lookups API of your region is."
  }
}

param "domain" {
  label = "Devo Domain"
  help  = "For the way api: the domain of your account."
  type  = string
}

param "token" {
  label     = "Devo Token"
  help      = "For the way api: a token that may manage lookups."
  type      = string
  default   = ""
  sensitive = true
  validation {
    condition     = param.via != "api" || trimspace(coalesce(param.token, "")) != ""
    error_message = "The way api needs a token."
  }
}

param "pause" {
  label   = "Pause"
  help    = "Wait after the line that opens a session, and before the one that closes it, so that the collector does not take them out of turn."
  type    = string
  default = "5s"
}

param "retry_wait" {
  label   = "Retry Wait"
  help    = "Wait before a session that failed is sent again; then three and nine times as long."
  type    = string
  default = "5s"
}

param "close_timeout" {
  label   = "Close Timeout"
  help    = "How long to wait for the collector to close its side, too: nothing else says that all has arrived."
  type    = string
  default = "30s"
}

locals {
  # Where the Lookups API is, as far as that is known.
  regions = {
    USA   = "https://api-us.devo.com/lookup-api"
    EU    = "https://api-eu.devo.com/lookup-api"
    CAN   = "https://api.ca.devo.com/lookup-api"
    ES    = ""
    APAC  = "https://api.apac.devo.com/lookup-api"
    APAC2 = ""
    US3   = ""
  }
  api = merge({ (upper(trimspace(param.region))) = "" }, local.regions)[upper(trimspace(param.region))]

  host    = split("/", trimspace(param.threatq_hostname))
  threatq = length(local.host) > 2 ? local.host[2] : local.host[0]

  left_out = [for s in split(",", param.left_out) : trimspace(s)]

  titles = {
    plain = {
      indicator = "indicator", type = "type", status = "status", score = "score", sources = "sources", tlp = "tlp"
      adversary = "adversary", has_adversary = "has_adversary", attack_phase = "attack_phase", threat_type = "threat_type", malware_family = "malware_family"
      published_at = "published_at", created_at = "created_at", updated_at = "updated_at", expires_at = "expires_at", threatq_url = "threatq_url"
    }
    original = {
      indicator = "Indicator", type = "Type", status = "Status", score = "Score", sources = "Sources", tlp = "TLP"
      adversary = "Adversary", has_adversary = "Has Adversary", attack_phase = "Attack Phase", threat_type = "Threat Type", malware_family = "Malware Family"
      published_at = "Published At", created_at = "Created At", updated_at = "Updated At", expires_at = "Expires At", threatq_url = "ThreatQ URL"
    }
  }
  title = local.titles[param.titles]
}

client "lookups" {
  base_url      = coalesce(param.api_url, local.api)
  error_message = jq(".error.message?")

  auth "bearer" {
    token = param.token
  }
}

# ── ThreatQ -> Devo ─────────────────────────────────────────────────────────────────────────────────────────────────

flow "iocs" {
  title       = "Lookup"
  description = "Keeps a lookup the same as a data collection, a row for each value. Of one value under two types, the one changed last is taken."

  # The whole collection in every run: only so it is seen what has left it.
  source "threatq" {
    collections = [param.collection]
    page_size   = param.batch_size
    sort        = "-updated_at,-id" # of one value under two types, the one changed last is taken, and the others are counted
    fields = [
      "value", "type", "status", "score", "sources", "attributes", "adversaries", "related_adversary_count",
      "published_at", "created_at", "updated_at", "expires_at",
    ]
  }

  record "indicator" {
    let = {
      text = expr("trim(indicator.value)")
      actors = expr(<<-EOT
        concat(
          attribute_values(indicator.attributes, 'Actor'),
          attribute_values(indicator.attributes, 'Related Adversary'),
          attribute_values(indicator.attributes, 'Related Actor'))
      EOT
      )
    }
    key = expr("indicator.text == '' ? 'ThreatQ indicator ' + string(indicator.id) : indicator.text")

    skip "no value" {
      when = expr("indicator.text == ''")
    }
    skip "status" {
      when = expr("indicator.status in local.left_out")
      by   = expr("indicator.status")
    }
  }

  sink "devo" {
    via    = param.via
    mode   = param.mode
    lookup = param.lookup_name

    address       = param.region
    certificate   = param.cert_pem
    private_key   = param.key_pem
    chain         = param.chain_pem
    pause         = param.pause
    retry_wait    = param.retry_wait
    close_timeout = param.close_timeout

    client = client.lookups
    domain = param.domain

    # All of them are texts for Devo, as they were by the original's kit. Numbers are written bare.
    item = {
      (local.title.indicator)      = expr("indicator.text")
      (local.title.type)           = expr("indicator.type")
      (local.title.status)         = expr("indicator.status")
      (local.title.score)          = expr("indicator.score")
      (local.title.sources)        = expr("join(sort(unique(pluck(indicator.sources, 'name'))), ', ')")
      (local.title.tlp)            = expr("strictest_tlp(indicator.sources)")
      (local.title.adversary)      = expr("join(unique(map(indicator.actors, trim(#))), ', ')")
      (local.title.has_adversary)  = expr("indicator.related_adversary_count ?? len(indicator.adversaries)") # how many
      (local.title.attack_phase)   = expr("join(unique(attribute_values(indicator.attributes, 'Attack Phase')), ', ')")
      (local.title.threat_type)    = expr("join(unique(attribute_values(indicator.attributes, 'Threat Type')), ', ')")
      (local.title.malware_family) = expr("join(unique(attribute_values(indicator.attributes, 'Malware Family')), ', ')")
      (local.title.published_at)   = expr("format(indicator.published_at, 'datetime')")
      (local.title.created_at)     = expr("format(indicator.created_at, 'datetime')")
      (local.title.updated_at)     = expr("format(indicator.updated_at, 'datetime')")
      (local.title.expires_at)     = expr("format(indicator.expires_at, 'datetime')")
      (local.title.threatq_url)    = expr("'https://' + local.threatq + '/indicators/' + string(indicator.id) + '/details'")
    }

    # A lookup that is replaced loses by itself what is not sent any more.
    left    = param.mode == "incremental" ? "remove" : "keep"
    skipped = param.mode == "incremental" ? "remove" : "keep"
  }
}

# ── Tests: tqmap test devo ──────────────────────────────────────────────────────────────────────────────────────────

test "the columns of an indicator" {
  flow   = flow.iocs
  params = { threatq_hostname = "tq.example.org" }
  records = [{
    id                      = 1057
    type                    = "IP Address"
    value                   = " 198.51.100.7 "
    status                  = "Active"
    score                   = 8
    sources                 = [{ name = "Feed B", tlp = "GREEN" }, { name = "Feed A", tlp = "AMBER" }, { name = "Feed B", tlp = null }]
    adversaries             = ["APT 28"]
    related_adversary_count = 2
    published_at            = "2024-05-13T22:59:51Z"
    created_at              = "2024-05-13T23:00:00Z"
    updated_at              = "2024-05-14T08:30:00Z"
    expires_at              = null
    attributes = [
      { name = "Related Actor", value = "Sofacy", updated_at = null },
      { name = "actor", value = "APT 28, \"Fancy Bear\"", updated_at = "2024-05-01T00:00:00Z" },
      { name = "Related Adversary", value = "Sofacy ", updated_at = null },
      { name = "Attack Phase", value = "C2", updated_at = "2024-05-01T00:00:00Z" },
      { name = "Attack Phase", value = "Delivery", updated_at = "2024-05-02T00:00:00Z" },
      { name = "Threat Type", value = "Botnet", updated_at = null },
      { name = "Malware Family", value = "", updated_at = null },
    ]
  }]
  expect "item" "198.51.100.7" {
    indicator      = "198.51.100.7"
    type           = "IP Address"
    status         = "Active"
    score          = 8
    sources        = "Feed A, Feed B"
    tlp            = "AMBER"
    adversary      = "APT 28, \"Fancy Bear\", Sofacy"
    has_adversary  = 2
    attack_phase   = "Delivery, C2"
    threat_type    = "Botnet"
    malware_family = ""
    published_at   = "2024-05-13 22:59:51"
    created_at     = "2024-05-13 23:00:00"
    updated_at     = "2024-05-14 08:30:00"
    expires_at     = null
    threatq_url    = "https://tq.example.org/indicators/1057/details"
  }
}

test "little is known, one value under two types, and what is left out" {
  flow    = flow.iocs
  params  = { threatq_hostname = "https://tq.example.org:8443/", left_out = "Whitelisted" }
  skipped = { "status: Whitelisted" = 1, "no value" = 1 }
  records = [for i, r in [
    ["URL", "evil.example.com", "Expired"],
    ["FQDN", "evil.example.com", "Active"],
    ["FQDN", "fine.example.com", "Whitelisted"],
    ["FQDN", "  ", "Active"],
    ] : {
    id = i + 1, type = r[0], value = r[1], status = r[2], score = null, sources = [], attributes = [], adversaries = ["A", "B"], related_adversary_count = null
    published_at = null, created_at = null, updated_at = null, expires_at = "2030-01-01T00:00:00Z"
  }]
  expect "item" "evil.example.com" {
    type          = "URL"
    status        = "Expired"
    score         = null
    sources       = ""
    tlp           = null
    adversary     = ""
    has_adversary = 2
    expires_at    = "2030-01-01 00:00:00"
    threatq_url   = "https://tq.example.org:8443/indicators/1/details"
  }
}

test "titles of the original" {
  flow    = flow.iocs
  params  = { threatq_hostname = "tq.example.org", titles = "original" }
  records = [{ id = 1, type = "FQDN", value = "a.example", status = "Active", score = 0, sources = [], attributes = [], adversaries = [], related_adversary_count = null, published_at = null, created_at = null, updated_at = null, expires_at = null }]
  expect "item" "a.example" {
    Indicator = "a.example"
    Score     = 0
    TLP       = null
  }
}

# The whole flow by the API: the lookup is there, and its job takes a while.
test "a lookup by the API" {
  flow    = flow.iocs
  now     = "2024-05-14T09:00:00Z"
  params  = { via = "api", mode = "incremental", region = "EU", domain = "acme", token = "token-1", lookup_name = "ThreatQ_IOCs", threatq_hostname = "tq.example.org" }
  records = [{ id = 1, type = "FQDN", value = "a.example", status = "Active", score = 5, sources = [], attributes = [], adversaries = [], related_adversary_count = 0, published_at = null, created_at = null, updated_at = null, expires_at = null }]

  exchange {
    request {
      method  = "GET"
      path    = "https://api-eu.devo.com/lookup-api/lookup/acme/ThreatQ_IOCs"
      headers = { Authorization = "Bearer token-1" }
    }
    response { json = { name = "ThreatQ_IOCs" } }
  }
  exchange {
    request {
      method = "PUT"
      path   = "/lookup/acme/ThreatQ_IOCs/deploy-csv"
    }
    response { json = { id = "job-1" } }
  }
  exchange {
    request { path = "/lookup/acme/ThreatQ_IOCs/job/job-1" }
    response { json = { status = "RUNNING" } }
  }
  exchange {
    request { path = "/lookup/acme/ThreatQ_IOCs/job/job-1" }
    response { json = { status = "FINISHED" } }
  }
  expect "item" "a.example" {
    score       = 5
    threatq_url = "https://tq.example.org/indicators/1/details"
  }
  expect_run {
    outcome = "ok"
    created = 1
  }
}

test "the API refuses the token" {
  flow    = flow.iocs
  params  = { via = "api", region = "USA", domain = "acme", token = "token-1", lookup_name = "ThreatQ_IOCs", threatq_hostname = "tq.example.org" }
  records = [{ id = 1, type = "FQDN", value = "a.example", status = "Active", score = 5, sources = [], attributes = [], adversaries = [], related_adversary_count = 0, published_at = null, created_at = null, updated_at = null, expires_at = null }]

  exchange {
    request { path = "/lookup/acme/ThreatQ_IOCs" }
    response {
      status = 401
      json   = { error = { message = "the token is not known" } }
    }
  }
  expect_run { error = "the token is not known" }
}
