# ThreatQ -> Cisco Threat Response (now Cisco XDR), by the connector guide 1.1.1.
#
#   flow "judgements"   the indicators of a data collection -> judgements of the organization's private intelligence
#                       (CTIA), which say of an observable how bad it is, and until when
#
# The guide names the parameters, the six expirations and two limits: TLP amber unless ThreatQ says red, and the
# private instance only. It shows no request, no type list and no field. What is chosen here is marked [inferred],
# with the reason.

connector "cisco_threat_response" {
  title       = "Cisco Threat Response Exporter"
  version     = "1.1.1"
  source      = "Cisco Threat Response"
  description = "Exports the indicators of a data collection as judgements to Cisco Threat Response (CTIA)."
  executables = ["tq-conn-ctr-exporter"]
  requires    = ["An API client of Threat Response with the scope Private Intelligence, made in the region of the organization."]
  limits = [
    "The private intelligence takes TLP amber and red only: a judgement is amber, unless ThreatQ says red.",
    "Judgements go to the organization's private intelligence, never to public sources.",
    "The service takes 8000 requests an hour of an organization, all of its users and API clients together.",
    "What has no observable type there, such as ASN, CIDR Block, CVE, SHA-384 or SHA-512, is left out.",
    "Of two indicators for one observable, the one changed last is taken.",
  ]
}

# ── Parameters of the guide ─────────────────────────────────────────────────────────────────────────────────────────

param "client_id" {
  label    = "Client ID"
  help     = "API client of Threat Response with the scope Private Intelligence."
  type     = string
  required = true
}

param "api_password" {
  label     = "API Password"
  help      = "The client's secret, shown once when it is made."
  type      = string
  required  = true
  sensitive = true
}

param "data_collection" {
  label    = "Data Collection Name (Threat Library)"
  help     = "Its exact name. The indicators in it are exported."
  type     = string
  required = true
}

param "indicator_feed" {
  label   = "Threat Response Indicator Feed (Optional)"
  help    = "Title of the indicator that judgements become elements of; made where it is missing. Empty: judgements only."
  type    = string
  default = ""
  validation {
    condition     = length(split("", param.indicator_feed)) <= 1024
    error_message = "A title has at most 1024 characters."
  }
}

param "default_disposition" {
  label   = "Default Disposition"
  help    = "For indicators without a valid attribute Disposition."
  type    = string
  default = "Malicious"
  options = ["Clean", "Malicious", "Suspicious", "Common", "Unknown"]
}

param "default_confidence" {
  label   = "Default Confidence"
  help    = "For indicators without a valid attribute Confidence."
  type    = string
  default = "Medium"
  options = ["Info", "Low", "Medium", "High", "None", "Unknown"]
}

param "default_severity" {
  label   = "Default Severity"
  help    = "For indicators without a valid attribute Severity."
  type    = string
  default = "Medium"
  options = ["Info", "Low", "Medium", "High", "Critical", "None", "Unknown"]
}

# [inferred] The guide's text for it is that of the disposition. 90 is the vendor's ceiling for automated senders: 95
# is for curated lists, 100 for people.
param "default_priority" {
  label   = "Default Priority"
  help    = "For indicators without a valid attribute Priority: 0 to 100, the highest judgement of an observable counts."
  type    = integer
  default = 90
  validation {
    condition     = param.default_priority >= 0 && param.default_priority <= 100
    error_message = "A priority is a whole number from 0 to 100."
  }
}

param "default_expiration" {
  label   = "Default Expiration"
  help    = "How long a judgement holds whose indicator has no expiration in ThreatQ."
  type    = string
  default = "1 Month"
  options = ["2 Weeks", "1 Month", "6 Months", "1 Year", "5 Years", "Never"]
}

param "threatq_host" {
  label    = "ThreatQ Hostname/IP Address"
  help     = "Only for links back to ThreatQ, as analysts reach it; tqmap itself connects to the ThreatQ Host of its settings."
  type     = string
  required = true
}

# [inferred] The first run asks for it, as that of every connector does; here nothing is created in ThreatQ.
param "status" {
  label   = "Status"
  help    = "Status of objects that this connector creates in ThreatQ. It creates none."
  type    = string
  default = "Review"
  unused  = true
}

# ── Command line of the guide (-h, -c, -ll, -v and -n belong to tqmap itself) ──────────────────────────────────────────

param "external_proxy" {
  label   = "External Proxy"
  help    = "Use the proxy configured in the ThreatQ UI for calls to Cisco (never for calls to ThreatQ)."
  type    = bool
  default = false
  flag    = "external-proxy"
  short   = "ep"
}

# [inferred] The guide leaves its text empty; in the guide of another exporter the flag is a number of days.
param "historical" {
  label = "Historical"
  help  = "Look only at indicators touched in the last so many days. 0, as without it: all of the collection."
  type  = integer
  flag  = "historical"
  short = "hist"
  validation {
    condition     = param.historical == null ? true : param.historical >= 0
    error_message = "Give a number of days, 0 or more."
  }
}

# ── Further knobs (our choice) ──────────────────────────────────────────────────────────────────────────────────────

# [inferred] The guide has no region: the original knew one host.
param "region" {
  label   = "Region"
  help    = "Where the organization's private intelligence lives: North America, Europe, or Asia Pacific and Japan."
  type    = string
  default = "us"
  options = ["us", "eu", "apjc"]
}

param "token_url" {
  label = "Token URL"
  help  = "Where tokens are issued, in place of the region's."
  type  = string
}

param "base_url" {
  label = "Base URL"
  help  = "Address of the private intelligence API, in place of the region's."
  type  = string
}

param "batch_size" {
  label   = "Batch Size"
  help    = "Judgements in one bundle; with an indicator feed it holds a relationship for each as well."
  type    = integer
  default = 250
  validation {
    condition     = param.batch_size >= 1 && param.batch_size <= 900
    error_message = "Send 1 to 900 judgements at once: the service takes 2000 entities or fewer."
  }
}

param "max_retry_after" {
  label   = "Longest Wait"
  help    = "Longest wait that the service may ask for by Retry-After; beyond it the run ends, and the next one goes on."
  type    = string
  default = "15m"
}

# [inferred] The guide says nothing about indicators that leave the collection: a judgement runs out by itself.
param "left_policy" {
  label   = "Indicators That Left"
  help    = "What becomes of the judgement of an indicator that is in the collection no more: keep, expire (now) or remove."
  type    = string
  default = "keep"
  options = ["keep", "expire", "remove"]
}

# [inferred] An analyst who whitelists an indicator wants it to hold no more.
param "skipped_policy" {
  label   = "Indicators Out Of Use"
  help    = "The same for indicators in the collection that are Expired, Whitelisted or past their expiration by now."
  type    = string
  default = "expire"
  options = ["keep", "expire", "remove"]
}

param "timeout" {
  label   = "Timeout"
  help    = "Longest wait for one answer."
  type    = string
  default = "60s"
}

# ── Words of the two sides ──────────────────────────────────────────────────────────────────────────────────────────

# [inferred] The original's list is unknown. A type that is not here is counted and left out: ASN, CIDR Block, CVE,
# SHA-384, SHA-512, x509 Subject, URL Path … have no observable type.
table "observable" {
  report = false # skip "unsupported type" tells of others
  rows = {
    "IP Address"       = "ip" # or ipv6, by what it holds
    "IPv6 Address"     = "ip"
    "FQDN"             = "domain"
    "URL"              = "url"
    "MD5"              = "md5"
    "SHA-1"            = "sha1"
    "SHA-256"          = "sha256"
    "Email Address"    = "email"
    "Email Subject"    = "email_subject"
    "Email Attachment" = "file_name"
    "Filename"         = "file_name"
    "File Path"        = "file_path"
    "Mutex"            = "mutex"
    "User-agent"       = "user_agent"
    "MAC Address"      = "mac_address"
    "Registry Key"     = "registry_key"
    "Username"         = "user"
    "x509 Serial"      = "certificate_serial" # pki_serial is for revoked ones
  }
}

# [inferred] That attributes of these names override the defaults; the guide only says "default".
table "disposition" { # attribute -> the vendor's word
  ignore_case = true
  rows = {
    "Clean"      = "Clean"
    "Malicious"  = "Malicious"
    "Suspicious" = "Suspicious"
    "Common"     = "Common"
    "Unknown"    = "Unknown"
    "1"          = "Clean"
    "2"          = "Malicious"
    "3"          = "Suspicious"
    "4"          = "Common"
    "5"          = "Unknown"
  }
}

table "disposition_number" {
  rows = {
    "Clean"      = "1"
    "Malicious"  = "2"
    "Suspicious" = "3"
    "Common"     = "4"
    "Unknown"    = "5"
  }
}

table "confidence" { # numbers are read as STIX 2.1 does
  ignore_case = true
  rows = {
    "Info"    = "Info"
    "Low"     = "Low"
    "Medium"  = "Medium"
    "High"    = "High"
    "None"    = "None"
    "Unknown" = "Unknown"
  }
}

table "severity" {
  ignore_case = true
  rows = {
    "Info"          = "Info"
    "Informational" = "Info"
    "Low"           = "Low"
    "Medium"        = "Medium"
    "High"          = "High"
    "Critical"      = "Critical"
    "None"          = "None"
    "Unknown"       = "Unknown"
  }
}

locals {
  # Part of every external id, so that two instances (-n) do not share judgements.
  name = connector.instance == connector.name ? "cisco-ctia" : connector.instance
  feed = trimspace(param.indicator_feed)

  host    = split("/", trimspace(param.threatq_host))
  threatq = length(local.host) > 2 ? "${local.host[0]}//${local.host[2]}" : "https://${local.host[0]}"

  never     = "2525-01-01T00:00:00.000Z" # the vendor's word for it; later instants are refused
  subdomain = { us = "", eu = "eu.", apjc = "apjc." }[param.region]
}

client "ctia" {
  base_url = coalesce(param.base_url, "https://private.intel.${local.subdomain}amp.cisco.com")
  timeout  = param.timeout
  max_wait = param.max_retry_after
  proxy    = param.external_proxy ? "threatq" : null
  headers  = { Accept = "application/json" } # it speaks YAML, EDN and transit as well
  error_message = jq(<<-EOT
    if type == "string" then .
    elif type == "object" then
      [.error, .type, .message, .msg, .error_description,
        (.capabilities | select(. != null) | if type == "array" then join(", ") else . end),
        (.errors | select(. != null) | tojson)]
      | map(select(. != null and . != "") | tostring) | join(": ")
    else null end
  EOT
  )

  auth "oauth2" {
    token_url     = coalesce(param.token_url, "https://visibility.${local.subdomain}amp.cisco.com/iroh/oauth2/token")
    client_id     = param.client_id
    client_secret = param.api_password
    renew_before  = "30s" # of 600
  }

  on {
    status  = [401]
    when    = jq(".error? == \"jwt_public_key_not_found\"")
    do      = fail
    message = jq("\"the token is of another region (jwt_public_key_not_found): set region to that of the API client\"")
  }
  on { # some answer 3172s
    status = [429]
    do     = wait
    wait   = jq("$response.headers[\"retry-after\"]")
  }
}

# ── ThreatQ -> Threat Response ──────────────────────────────────────────────────────────────────────────────────────

flow "judgements" {
  title       = "Judgements"
  description = "Makes judgements of the indicators of a data collection, which say of an observable how bad it is, and until when."

  # The whole collection in every run, unless --historical: what has not changed is free, and only so it is seen that
  # an indicator has expired, left, or is judged otherwise since a setting changed.
  source "threatq" {
    collections   = [param.data_collection]
    sort          = "-updated_at,-id" # of two indicators for one observable, the one changed last is taken
    changed_since = coalesce(param.historical, 0) == 0 ? null : timeadd(now, "-${param.historical * 24}h")
  }

  record "indicator" {
    let = {
      text = expr("trim(indicator.value)")
      kind = expr("table.observable.lookup(indicator.type)")
      seen = expr(<<-EOT
        indicator.kind == nil or indicator.text == '' ? nil :
        indicator.kind == 'ip' ? ip(indicator.text) :
        indicator.kind == 'domain' ? lower(trimSuffix(indicator.text, '.')) :
        indicator.kind == 'url' ? (indicator.text contains '://' ? indicator.text : 'http://' + indicator.text) :
        indicator.kind in ['md5', 'sha1', 'sha256'] ?
          (hash_type(indicator.text) == indicator.type ? lower(indicator.text) : nil) :
        indicator.kind == 'email' ? lower(indicator.text) :
        indicator.kind == 'mac_address' ? replace(lower(indicator.text), '-', ':') :
        indicator.text
      EOT
      )
      observable = expr("{type: ip_version(indicator.seen) == 6 and indicator.kind == 'ip' ? 'ipv6' : indicator.kind, value: indicator.seen}")
      # Disposition and dates stay out of it: another one changes the judgement, and makes no other.
      xid = expr(<<-EOT
        indicator.seen == nil ? 'ThreatQ indicator ' + string(indicator.id) :
        'threatq-judgement-' + sha256(join(['threatq', 'judgement', local.name, indicator.observable.type, indicator.seen], '|'))
      EOT
      )
      uri = expr("local.threatq + '/indicators/' + string(indicator.id) + '/details'")
      # Of several values, the one changed last that is valid.
      disposition = expr("find(map(attribute_values(indicator.attributes, 'Disposition'), table.disposition.lookup(#)), # != nil) ?? param.default_disposition")
      severity    = expr("find(map(attribute_values(indicator.attributes, 'Severity'), table.severity.lookup(#)), # != nil) ?? param.default_severity")
      confidence = expr(<<-EOT
        find(map(attribute_values(indicator.attributes, 'Confidence'),
          not (trim(#) matches '^[0-9]{1,3}$') ? table.confidence.lookup(#) :
          int(trim(#)) > 100 ? nil : int(trim(#)) >= 70 ? 'High' : int(trim(#)) >= 30 ? 'Medium' : int(trim(#)) >= 1 ? 'Low' : 'None'), # != nil)
        ?? param.default_confidence
      EOT
      )
      priority = expr(<<-EOT
        find(map(attribute_values(indicator.attributes, 'Priority'),
          trim(#) matches '^[0-9]{1,3}$' and int(trim(#)) <= 100 ? int(trim(#)) : nil), # != nil)
        ?? param.default_priority
      EOT
      )
      reason = expr(<<-EOT
        cut('ThreatQ indicator ' + string(indicator.id) + ' (' + indicator.status + '), sources: ' +
          (len(indicator.sources) == 0 ? 'none' : join(pluck(indicator.sources, 'name'), ', ')) +
          '; collection: ' + param.data_collection, 1024)
      EOT
      )
      tlp   = expr("strictest_tlp(indicator.sources) == 'RED' ? 'red' : 'amber'") # the private instance takes no other
      until = expr("indicator.expires_at == nil ? nil : indicator.expires_at > time(local.never) ? time(local.never) : indicator.expires_at")
    }
    key = expr("indicator.xid")

    skip "unsupported type" {
      when = expr("indicator.kind == nil")
      by   = expr("indicator.type")
      warn = true
    }
    skip "invalid value" {
      when = expr("indicator.seen == nil")
      by   = expr("indicator.type")
      warn = true
    }
    skip "Expired" {
      when = expr("indicator.status == 'Expired'")
    }
    skip "Whitelisted" {
      when = expr("indicator.status == 'Whitelisted'")
    }
    skip "past its expiration" {
      when = expr("indicator.until != nil and indicator.until <= now")
    }
  }

  sink "http" {
    client = client.ctia
    label  = expr("indicator.observable.type + ' ' + indicator.observable.value")

    item = {
      type                = "judgement"
      external_ids        = [expr("indicator.xid")] # one only: the service finds a judgement by any of them
      external_references = [{ source_name = "ThreatQ", external_id = expr("string(indicator.id)"), url = expr("indicator.uri") }]
      observable          = expr("indicator.observable")
      disposition         = expr("int(table.disposition_number.lookup(indicator.disposition))")
      disposition_name    = expr("indicator.disposition")
      confidence          = expr("indicator.confidence")
      severity            = expr("indicator.severity")
      priority            = expr("indicator.priority")
      reason              = expr("indicator.reason")
      reason_uri          = expr("indicator.uri")
      source              = "ThreatQ"
      source_uri          = local.threatq
      tlp                 = expr("indicator.tlp")
    }
    # What is worth an update. An end counts only where ThreatQ sets one.
    compare = {
      disposition = expr("indicator.disposition")
      confidence  = expr("indicator.confidence")
      severity    = expr("indicator.severity")
      priority    = expr("indicator.priority")
      reason      = expr("indicator.reason")
      reason_uri  = expr("indicator.uri")
      source_uri  = local.threatq
      tlp         = expr("indicator.tlp")
      end_time    = expr("indicator.until")
      feed        = local.feed # another one: another relationship
    }
    expires = expr("indicator.until")
    default_expires = expr(<<-EOT
      param.default_expiration == 'Never' ? time(local.never) :
      add_date(now, int(split(param.default_expiration, ' ')[0]), lower(split(param.default_expiration, ' ')[1]))
    EOT
    )
    renew = "0s" # a judgement without an end of its own that has run out begins anew

    left    = param.left_policy
    skipped = param.skipped_policy

    batch {
      max_items = param.batch_size
    }

    # The service looks the external ids up: what it has `exists`, and stays as it is. The feed goes with each bundle,
    # and is made by the first one. Ids of relationships begin with that of their judgement, for `outcome`.
    request {
      method = "POST"
      path   = "/ctia/bundle/import"
      query  = { external-key-prefixes = "threatq-" }
      json = {
        type       = "bundle"
        source     = "ThreatQ"
        source_uri = local.threatq
        judgements = expr(<<-EOT
          map(batch, merge(.item, {
            id: 'transient:' + .key,
            valid_time: {start_time: rfc3339_ms(now), end_time: rfc3339_ms(.expires)}
          }))
        EOT
        )
        indicators = expr(<<-EOT
          let xid = 'threatq-indicator-' + sha256(join(['threatq', 'indicator', local.name, local.feed], '|'));
          local.feed == '' ? [] : [{
            type: 'indicator',
            id: 'transient:' + xid,
            external_ids: [xid],
            title: local.feed,
            short_description: cut('Observables exported from ThreatQ collection ' + param.data_collection, 2048),
            producer: 'ThreatQ',
            source: 'ThreatQ',
            source_uri: local.threatq,
            indicator_type: ['Private Threat Feed'],
            tags: ['ThreatQ'],
            confidence: param.default_confidence,
            severity: param.default_severity,
            tlp: 'amber',
            valid_time: {start_time: rfc3339_ms(now), end_time: local.never}
          }]
        EOT
        )
        # element-of is what the service's own view of a feed reads.
        relationships = expr(<<-EOT
          let feed = 'threatq-indicator-' + sha256(join(['threatq', 'indicator', local.name, local.feed], '|'));
          local.feed == '' ? [] : map(batch, ({
            type: 'relationship',
            id: 'transient:' + .key + '/feed',
            external_ids: ['threatq-relationship-' + sha256(join(['threatq', 'relationship', .key, 'element-of', feed], '|'))],
            relationship_type: 'element-of',
            source_ref: 'transient:' + .key,
            target_ref: 'transient:' + feed,
            source: 'ThreatQ',
            source_uri: local.threatq,
            tlp: .item.tlp
          }))
        EOT
        )
      }
    }
    on { # its limit is not published
      status = [400]
      when   = jq("type == \"string\" and test(\"max n\")")
      do     = split
    }
    # Of a refused entity the service says why it can never be taken; other errors are its own.
    outcome = jq(<<-EOT
      .results[] | select(.type != "indicator")
      | {
          key: (.original_id | ltrimstr("transient:") | rtrimstr("/feed")),
          id: (if .type == "judgement" then .id else null end),
          exists: (.type == "judgement" and .result == "exists"),
          error: (if .result == "error" then
              [(if .type == "relationship" then "relationship with the feed" else null end),
                (.error | if type == "object" then .type else . end), .msg]
              | map(select(. != null) | tostring) | join(": ")
            else null end),
          retry: (.result == "error" and (.error | type != "string" or (test("validation|Mismatched") | not)))
        }
    EOT
    )

    # What exists is read and compared, so that nothing is written twice even where the ledger is lost.
    held {
      batch = param.batch_size
      request {
        method = "POST"
        path   = "/ctia/bundle/export"
        query  = { include_related_entities = "false" }
        json   = { ids = expr("map(batch, .id)") }
      }
      answer = jq(<<-EOT
        .judgements[]?
        | .valid_time as $time
        | {key: (.external_ids[] | select(startswith("threatq-judgement-"))), id, expires: $time.end_time, start: $time.start_time,
            disposition, confidence, severity, priority, reason, reason_uri, source_uri, tlp}
      EOT
      )
      same = expr(<<-EOT
        held.disposition == each.item.disposition and held.confidence == each.item.confidence and held.severity == each.item.severity
        and held.priority == each.item.priority and held.tlp == each.item.tlp and held.reason == each.item.reason
        and held.reason_uri == each.item.reason_uri and held.source_uri == each.item.source_uri
        and (indicator.until == nil ? time(held.expires) > now : time(held.expires) == indicator.until)
      EOT
      )
    }

    # Replaces the whole entity. The start stays, unless the judgement had run out.
    update {
      after_request = true
      batch {
        max_items = param.batch_size
      }
      request {
        method = "PUT"
        path   = "/ctia/bulk"
        json = {
          judgements = expr(<<-EOT
            map(batch, merge(.item, {
              id: .id,
              valid_time: {
                start_time: time(.held.expires) > now ? .held.start : rfc3339_ms(now),
                end_time: rfc3339_ms(.expires)
              }
            }))
          EOT
          )
        }
      }
      outcome = jq(<<-EOT
        .judgements
        | (.updated[]? | {id: .}),
          (.errors["not-found"][]? | {id: ., missing: true}),
          (.errors.forbidden[]? | {id: ., error: "forbidden: the judgement is another user's"}),
          (.errors["internal-error"][]? | {id: ., error: "internal error of the service", retry: true})
      EOT
      )
    }

    expire {
      request {
        method = "POST"
        path   = expr("'/ctia/judgement/' + last(split(each.id, '/')) + '/expire'")
        query  = { reason = "Expired, whitelisted or gone in ThreatQ" }
      }
      on {
        status = [404]
        do     = skip
      }
    }

    remove {
      batch {
        max_items = param.batch_size
      }
      request {
        method = "DELETE"
        path   = "/ctia/bulk"
        json   = { judgements = expr("map(batch, .id)") }
      }
      outcome = jq(<<-EOT
        .judgements
        | (.deleted[]? | {id: .}),
          (.errors["not-found"][]? | {id: .}),
          (.errors.forbidden[]? | {id: ., error: "forbidden: the judgement is another user's"}),
          (.errors["internal-error"][]? | {id: ., error: "internal error of the service", retry: true})
      EOT
      )
    }
  }
}

# ── Tests: tqmap test cisco_threat_response ─────────────────────────────────────────────────────────────────────────

test "a judgement and its link to the feed" {
  flow   = flow.judgements
  now    = "2026-01-31T12:00:00Z"
  params = { data_collection = "CTR Export", indicator_feed = "ThreatQ Blocklist", threatq_host = "tq.example.com" }
  records = [
    { id = 1057, type = "IP Address", value = "203.0.113.7", status = "Active", sources = [{ name = "Feed A", tlp = "GREEN" }], attributes = [], expires_at = null },
  ]
  expect_request {
    method = "POST"
    path   = "/ctia/bundle/import"
    json = {
      type       = "bundle"
      source     = "ThreatQ"
      source_uri = "https://tq.example.com"
      judgements = [{
        type                = "judgement"
        id                  = "transient:threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"
        external_ids        = ["threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"]
        external_references = [{ source_name = "ThreatQ", external_id = "1057", url = "https://tq.example.com/indicators/1057/details" }]
        observable          = { type = "ip", value = "203.0.113.7" }
        disposition         = 2
        disposition_name    = "Malicious"
        confidence          = "Medium"
        severity            = "Medium"
        priority            = 90
        valid_time          = { start_time = "2026-01-31T12:00:00.000Z", end_time = "2026-02-28T12:00:00.000Z" }
        reason              = "ThreatQ indicator 1057 (Active), sources: Feed A; collection: CTR Export"
        reason_uri          = "https://tq.example.com/indicators/1057/details"
        source              = "ThreatQ"
        source_uri          = "https://tq.example.com"
        tlp                 = "amber"
      }]
      indicators = [{
        type              = "indicator"
        id                = "transient:threatq-indicator-07ca43ce1dc28d47b7ae20dad8862df780a1d1b54c38367c5367fd218b292522"
        external_ids      = ["threatq-indicator-07ca43ce1dc28d47b7ae20dad8862df780a1d1b54c38367c5367fd218b292522"]
        title             = "ThreatQ Blocklist"
        short_description = "Observables exported from ThreatQ collection CTR Export"
        producer          = "ThreatQ"
        source            = "ThreatQ"
        source_uri        = "https://tq.example.com"
        indicator_type    = ["Private Threat Feed"]
        tags              = ["ThreatQ"]
        confidence        = "Medium"
        severity          = "Medium"
        tlp               = "amber"
        valid_time        = { start_time = "2026-01-31T12:00:00.000Z", end_time = "2525-01-01T00:00:00.000Z" }
      }]
      relationships = [{
        type              = "relationship"
        id                = "transient:threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd/feed"
        external_ids      = ["threatq-relationship-8c7a7dee2cde81cd5f4fecfbad07129b2bf3855bea3443e88b0b4484f1a8ce84"]
        relationship_type = "element-of"
        source_ref        = "transient:threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"
        target_ref        = "transient:threatq-indicator-07ca43ce1dc28d47b7ae20dad8862df780a1d1b54c38367c5367fd218b292522"
        source            = "ThreatQ"
        source_uri        = "https://tq.example.com"
        tlp               = "amber"
      }]
    }
  }
}

test "what attributes say" {
  flow   = flow.judgements
  now    = "2026-01-31T12:00:00Z"
  params = { default_expiration = "Never" }
  records = [
    {
      id = 1, type = "FQDN", value = "Bad.Example.", status = "Review", sources = [{ name = "A", tlp = "RED" }, { name = "B", tlp = null }], expires_at = null,
      attributes = [
        { name = "severity", value = "Low", updated_at = "2026-01-01T00:00:00Z" },
        { name = "Severity", value = " informational ", updated_at = "2026-01-05T00:00:00Z" },
        { name = "Severity", value = "very", updated_at = "2026-01-09T00:00:00Z" },
        { name = "DISPOSITION", value = "4", updated_at = null },
        { name = "Confidence", value = "70", updated_at = null },
        { name = "Priority", value = "0", updated_at = null },
      ]
    },
    {
      id = 2, type = "URL", value = "bad.example:8080/a?b=C", status = "Active", sources = [], expires_at = "2026-03-15T08:30:00Z",
      attributes = [
        { name = "Disposition", value = "6", updated_at = null },
        { name = "Confidence", value = "critical", updated_at = null },
        { name = "Severity", value = "9", updated_at = null },
        { name = "Priority", value = "101", updated_at = null },
      ]
    },
  ]
  expect "item" "domain bad.example" {
    severity         = "Info" # the newest one that is valid
    disposition      = 4
    disposition_name = "Common"
    confidence       = "High"
    priority         = 0
    tlp              = "red"
    expires          = "2525-01-01T00:00:00Z"
  }
  expect "item" "url http://bad.example:8080/a?b=C" {
    severity         = "Medium"
    disposition_name = "Malicious"
    confidence       = "Medium"
    priority         = 90
    tlp              = "amber"
    expires          = "2026-03-15T08:30:00Z"
  }
}

test "how values are written, and what is left out" {
  flow = flow.judgements
  now  = "2026-01-31T12:00:00Z"
  records = [for i, r in [
    ["IPv6 Address", "2001:DB8:0:0::1", "Active", null],
    ["IP Address", "203.0.113.7:443", "Active", null],
    ["IP Address", "203.0.113.0/24", "Active", null],
    ["SHA-256", "e3b0c442", "Active", null],
    ["MD5", "D41D8CD98F00B204E9800998ECF8427E", "Active", null],
    ["MAC Address", "00-1A-2B-3C-4D-5E", "Active", null],
    ["Filename", " Evil.EXE ", "Indirect", null],
    ["Mutex", "  ", "Active", null],
    ["SHA-512", "cf83", "Active", null],
    ["ASN", "AS64500", "Expired", null],
    ["FQDN", "a.example", "Expired", null],
    ["FQDN", "b.example", "Whitelisted", null],
    ["FQDN", "c.example", "Active", "2026-01-31T12:00:00Z"],
    ["FQDN", "d.example", "Active", "2999-01-01T00:00:00Z"],
  ] : { id = i, type = r[0], value = r[1], status = r[2], expires_at = r[3], sources = [], attributes = [] }]
  skipped = {
    "invalid value: IP Address" = 2
    "invalid value: SHA-256"    = 1
    "invalid value: Mutex"      = 1
    "unsupported type: SHA-512" = 1
    "unsupported type: ASN"     = 1
    "Expired"                   = 1
    "Whitelisted"               = 1
    "past its expiration"       = 1
  }
  expect "item" "ipv6 2001:db8::1" { tlp = "amber" }
  expect "item" "md5 d41d8cd98f00b204e9800998ecf8427e" { priority = 90 }
  expect "item" "mac_address 00:1a:2b:3c:4d:5e" { source = "ThreatQ" }
  expect "item" "file_name Evil.EXE" { type = "judgement" }
  expect "item" "domain d.example" { expires = "2525-01-01T00:00:00Z" } # the service knows no later instant
}

# The whole flow: the token, a bundle, and an update of what the service had already, but otherwise.
test "what exists is read and brought up to date" {
  flow    = flow.judgements
  now     = "2026-01-31T12:00:00Z"
  params  = { data_collection = "CTR Export", threatq_host = "tq.example.com", region = "eu", client_id = "client-1", api_password = "not-a-secret" }
  records = [{ id = 1057, type = "IP Address", value = "203.0.113.7", status = "Active", sources = [], attributes = [], expires_at = null }]

  exchange {
    request {
      method = "POST"
      path   = "https://visibility.eu.amp.cisco.com/iroh/oauth2/token"
      form   = { grant_type = "client_credentials" }
    }
    response { json = { access_token = "token-1", token_type = "bearer", expires_in = 600 } }
  }
  exchange {
    request {
      path    = "https://private.intel.eu.amp.cisco.com/ctia/bundle/import?external-key-prefixes=threatq-"
      headers = { Authorization = "Bearer token-1" }
      json    = { type = "bundle", indicators = [], relationships = [] }
    }
    response {
      status  = 429
      headers = { "Retry-After" = "60" }
    }
  }
  exchange {
    request { path = "/ctia/bundle/import" }
    response {
      json = { results = [{
        type        = "judgement"
        id          = "https://private.intel.eu.amp.cisco.com/ctia/judgement/judgement-1"
        original_id = "transient:threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"
        result      = "exists"
      }] }
    }
  }
  exchange {
    request {
      path = "/ctia/bundle/export"
      json = { ids = ["https://private.intel.eu.amp.cisco.com/ctia/judgement/judgement-1"] }
    }
    response {
      json = { judgements = [{
        id           = "https://private.intel.eu.amp.cisco.com/ctia/judgement/judgement-1"
        external_ids = ["threatq-judgement-797f1d6f2522cbbe69415f47ae843ff504796072ac1c89b5bf124759c1d4fefd"]
        valid_time   = { start_time = "2026-01-01T00:00:00.000Z", end_time = "2026-02-28T12:00:00.000Z" }
        disposition = 2, confidence = "Low", severity = "Medium", priority = 90, tlp = "amber"
      }] }
    }
  }
  exchange {
    request {
      method = "PUT"
      path   = "/ctia/bulk"
      json   = { judgements = [{ confidence = "Medium", valid_time = { start_time = "2026-01-01T00:00:00.000Z" } }] }
    }
    response { json = { judgements = { updated = ["https://private.intel.eu.amp.cisco.com/ctia/judgement/judgement-1"] } } }
  }
  expect_run {
    outcome = "ok"
    updated = 1
  }
}

test "a bundle that is too large is halved" {
  flow    = flow.judgements
  params  = { data_collection = "CTR Export", threatq_host = "tq.example.com", region = "apjc", default_expiration = "2 Weeks" }
  records = [for i, v in ["a.example", "b.example"] : { id = i, type = "FQDN", value = v, status = "Active", sources = [], attributes = [], expires_at = null }]

  exchange {
    request {
      path = "/ctia/bundle/import"
      json = { judgements = [{}, {}] }
    }
    response {
      status = 400
      body   = "Bundle max n of entities exceeded"
    }
  }
  exchange {
    request {
      path = "/ctia/bundle/import"
      json = { judgements = [{ id = "transient:threatq-judgement-8dd3e49dc80111b89e80b5f9bf258f5358d0185d7f602f1c261fe64ee65f9146" }] }
    }
    response { json = { results = [{ type = "judgement", id = "judgement-1", original_id = "transient:threatq-judgement-8dd3e49dc80111b89e80b5f9bf258f5358d0185d7f602f1c261fe64ee65f9146", result = "created" }] } }
  }
  exchange {
    request {
      path = "/ctia/bundle/import"
      json = { judgements = [{ id = "transient:threatq-judgement-20fa3eb42166195fe388f5d810c637a9c7aa26e341421432f350c71271b2e2f8" }] }
    }
    response { json = { results = [{ type = "judgement", id = "judgement-1", original_id = "transient:threatq-judgement-20fa3eb42166195fe388f5d810c637a9c7aa26e341421432f350c71271b2e2f8", result = "created" }] } }
  }
  expect_run {
    outcome = "ok"
    created = 2
  }
}

test "a token of another region" {
  flow    = flow.judgements
  params  = { data_collection = "CTR Export", threatq_host = "tq.example.com" }
  records = [{ id = 1, type = "FQDN", value = "a.example", status = "Active", sources = [], attributes = [], expires_at = null }]

  exchange {
    request { path = "/ctia/bundle/import" }
    response {
      status = 401
      json   = { error = "jwt_public_key_not_found" }
    }
  }
  expect_run { error = "the token is of another region" }
}

test "observables of every type" {
  flow   = flow.judgements
  now    = "2026-01-31T12:00:00Z"
  params = { default_expiration = "6 Months", default_disposition = "Suspicious", default_severity = "High", default_confidence = "High" }
  records = [for i, r in [
    ["SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["Email Address", "A@b.example"],
    ["Email Subject", "Invoice"],
    ["Email Attachment", "invoice.zip"],
    ["File Path", "/tmp/a"],
    ["User-agent", "curl/8"],
    ["Registry Key", "HKLM\\Software\\a"],
    ["Username", "admin"],
    ["x509 Serial", "0A:0B"],
  ] : { id = i, type = r[0], value = r[1], status = "Active", expires_at = null, sources = [], attributes = [] }]

  expect "item" "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709" { severity = "High" }
  expect "item" "email_subject Invoice" { disposition_name = "Suspicious" }
  expect "item" "file_name invoice.zip" { confidence = "High" }
}

test "the words and numbers of attributes" {
  flow = flow.judgements
  now  = "2026-01-31T12:00:00Z"
  records = [for i, r in [
    ["clean", "Info", "None"], ["MALICIOUS", "low", "info"], ["Suspicious", "MEDIUM", "low"], ["common", "High", "medium"], ["unknown", "none", "High"],
    ["1", "unknown", "critical"], ["2", "Info", "unknown"], ["3", "Info", "Info"], ["4", "Info", "Info"], ["5", "Info", "Info"],
    ] : {
    id = i, type = "FQDN", value = "v${i}.example", status = "Active", expires_at = null, sources = [],
    attributes = [for n, name in ["Disposition", "Confidence", "Severity"] : { name = name, value = r[n], updated_at = null }]
  }]

  expect "item" "domain v0.example" {
    disposition      = 1
    disposition_name = "Clean"
    confidence       = "Info"
    severity         = "None"
  }
  expect "item" "domain v4.example" {
    disposition_name = "Unknown"
    confidence       = "None"
    severity         = "High"
  }
  expect "item" "domain v7.example" {
    disposition      = 3
    disposition_name = "Suspicious"
  }
}
