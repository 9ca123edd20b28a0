# Darktrace <-> ThreatQ, by the connector guide 1.1.1.
#
#   flow "ai_analyst"      /aianalyst/incidentevents -> AI Analyst events with devices as indicators and assets
#   flow "model_breaches"  /modelbreaches            -> Model Breach events with the device as indicators and asset
#   flow "watched"         FQDN and IP Address indicators of data collections -> /intelfeed, the watched domains
#
# The guide names the parameters, the flags and what becomes what. Titles, attribute names, overlaps and paces are
# our choice. No endpoint pages: the appliance is asked for a day at a time.

connector "darktrace" {
  title       = "Darktrace"
  version     = "1.1.1"
  source      = "Darktrace"
  description = "Brings AI Analyst and model breach alerts into ThreatQ as events with their devices, and exports indicators of collections to the watched domains."
  requires = [
    "The user of the tokens has the permissions Visualizer and Unrestricted Devices, for the alerts.",
    "For the export, it also has the permission Edit Domains.",
    "The clocks of this machine and of the appliance differ by less than 30 minutes, as every request is signed with the time.",
  ]
  limits = [
    "No answer comes in pages, so long times are read a day at a time; run it no more often than once an hour.",
    "Only indicators of the types FQDN and IP Address are exported.",
    "Masked addresses, single names and SaaS users become no indicators.",
  ]
}

# ── Parameters of the guide ─────────────────────────────────────────────────────────────────────────────────────────

param "host" {
  label    = "Darktrace Host"
  help     = "Host name or IP address of the appliance; a scheme and a port are accepted."
  type     = string
  required = true
}

param "public_token" {
  label     = "Darktrace Public Token"
  help      = "Of the pair of API tokens that the appliance gives out."
  type      = string
  required  = true
  sensitive = true
}

param "private_token" {
  label     = "Darktrace Private Token"
  help      = "The other one of the pair; it signs the requests and is never sent."
  type      = string
  required  = true
  sensitive = true
}

param "collections" {
  label   = "Name(s) of the Threat Library collections to parse indicators from"
  help    = "Comma-separated data collections whose FQDN and IP Address indicators Darktrace is to watch for. Empty: no export."
  type    = string
  default = ""
}

param "source_name" {
  label   = "Source Name"
  help    = "The source that exported indicators have in Darktrace."
  type    = string
  default = "ThreatQ"
  validation {
    condition     = length(split("", trimspace(param.source_name))) <= 63
    error_message = "Darktrace takes names of sources up to 63 characters."
  }
}

param "days_to_expiration" {
  label   = "Days to Expiration"
  help    = "Days after which exported indicators expire in Darktrace; 0: never. They are renewed after half of that."
  type    = integer
  default = 0
  validation {
    condition     = param.days_to_expiration == null ? true : param.days_to_expiration >= 0
    error_message = "Give a whole number of days, or 0 for no expiration."
  }
}

param "status" {
  label   = "Status"
  help    = "Status of the indicators that this connector creates."
  type    = string
  default = "Review"
}

# ── Command line of the guide (-h, -c, -ll, -v, -n and --cron belong to tqmap itself) ──────────────────────────────────

param "external_proxy" {
  label   = "External Proxy"
  help    = "Use the proxy configured in the ThreatQ UI for calls to Darktrace (never for calls to ThreatQ)."
  type    = bool
  default = false
  flag    = "external-proxy"
  short   = "ep"
}

param "disable_ssl" {
  label   = "Disable SSL verification"
  help    = "Do not check the appliance's certificate. Appliances are often self-signed: prefer ca_file."
  type    = bool
  default = false
  flag    = "disable-ssl"
  short   = "ds"
}

param "no_differential" {
  label   = "No Differential"
  help    = "Export everything, whatever was exported before, and remember nothing of it. For tests, never in production."
  type    = bool
  default = false
  flag    = "no-differential"
  short   = "d"
}

param "historical" {
  label   = "Historical"
  help    = "Past days of Darktrace data to load, whatever was loaded before. Default: from where the last run ended, in the first run 5 days."
  type    = integer
  flag    = "HISTORICAL"
  short   = "hist"
  aliases = ["historical"]
  validation {
    condition     = param.historical == null ? true : param.historical >= 1
    error_message = "Load at least one day."
  }
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
  default = "120s"
}

param "rate" {
  label   = "Rate"
  help    = "Requests that the appliance is sent at most; it names no limit of its own."
  type    = string
  default = "30/m"
}

param "date_format" {
  label   = "Date Format"
  help    = "How the signed date is written: spaced (2024-03-05 10:15:30), compact (20240305T101530, which some appliances refuse) or iso (2024-03-05T10:15:30)."
  type    = string
  default = "spaced"
  options = ["spaced", "compact", "iso"]
}

param "body_format" {
  label   = "Body Format"
  help    = "How watched domains are sent: json, or form for appliances before version 6."
  type    = string
  default = "json"
  options = ["json", "form"]
}

param "slice" {
  label   = "Slice"
  help    = "Part of time asked for at once; halved down to an hour where the appliance does not answer."
  type    = string
  default = "24h"
}

param "console" {
  label = "Console"
  help  = "Address in links to Darktrace, where people reach it under another one than this connector."
  type  = string
}

param "left_policy" {
  label   = "Left Policy"
  help    = "What becomes of watched domains whose indicator has left the collections: keep them, until they expire, or remove them."
  type    = string
  default = "keep"
  options = ["keep", "remove"]
}

param "mac_indicators" {
  label   = "MAC Indicators"
  help    = "Make indicators of the MAC addresses of devices, too."
  type    = bool
  default = true
}

param "external_indicators" {
  label   = "External Indicators"
  help    = "Make indicators of the external hosts that an alert names, too."
  type    = bool
  default = false
}

# ── The appliance ───────────────────────────────────────────────────────────────────────────────────────────────────

locals {
  typed    = lower(trimspace(param.host))
  name     = split(":", split("/", replace(local.typed, "http://", ""))[0])[0]
  loopback = contains(["127.0.0.1", "localhost"], local.name) # a simulator may be plain, an appliance never is
  origin   = origin(local.loopback ? local.typed : replace(local.typed, "http://", ""), null)
  shown    = origin(coalesce(param.console, local.origin), null)
  console  = replace(replace("${local.shown}|", ":443|", ""), "|", "") # people do not write the port of https

  collections = [for name in split(",", param.collections) : trimspace(name) if trimspace(name) != ""]
  source      = trimspace(param.source_name) == "" ? "ThreatQ" : trimspace(param.source_name)

  content_types = {
    json = "application/json"
    form = "application/x-www-form-urlencoded"
  }
  dates = {
    spaced  = "2006-01-02 15:04:05"
    compact = "20060102T150405"
    iso     = "2006-01-02T15:04:05"
  }
}

table "categories" { # of models that have none, by their priority
  rows = {
    "0" = "Informational"
    "1" = "Informational"
    "2" = "Informational"
    "3" = "Informational"
    "4" = "Suspicious"
    "5" = "Critical"
  }
}

client "appliance" {
  base_url      = local.origin
  rate_limit    = param.rate
  timeout       = param.timeout
  retry_wait    = "3s"
  verify_tls    = !param.disable_ssl
  ca_file       = param.ca_file
  proxy         = param.external_proxy ? "threatq" : null
  error_message = jq("objects | .error // .response // ([.[] | strings] | first)")

  # What is signed is what is sent: the path, with "?" before the query of a GET or the body of a POST, which
  # therefore never has a query.
  auth "hmac" {
    algorithm = "sha1"
    key       = param.private_token
    values    = { token = param.public_token }
    date      = local.dates[param.date_format]
    text      = "{path}{query|prefix:?}{body|prefix:?}\n{token}\n{date}"
    headers = {
      "DTAPI-Token"     = "{token}"
      "DTAPI-Date"      = "{date}"
      "DTAPI-Signature" = "{signature}"
    }
  }

  on {
    status = [429]
    do     = wait
    wait   = jq("$response.headers | .[\"retry-after\"] // .[\"x-rate-limit-reset\"]")
  }

  # A redirect is a refusal; following it would bring a login page.
  on {
    status  = ["3xx"]
    when    = jq("tostring | contains(\"/403\")")
    do      = fail
    message = jq("\"the tokens are good, but their user lacks a permission: events and breaches need Visualizer and Unrestricted Devices, watched domains need Edit Domains\"")
  }
  on {
    status = ["3xx"]
    do     = fail
    message = jq(<<-EOT
      "the appliance redirects to " + ($response.headers.location // "another page")
      + ", as where it asks to log in: check the public token, and that the address is that of an appliance"
    EOT
    )
  }
  on {
    status  = [400, 401]
    when    = jq("[objects | .[]] | any(. == \"API DATE ERROR\")")
    do      = fail
    message = jq("\"API DATE ERROR: check the clock of this machine, it is more than 30 minutes from that of the appliance; if it is right, try another date_format\"")
  }
  on {
    status  = [400, 401]
    when    = jq("[objects | .[]] | any(. == \"API SIGNATURE ERROR\")")
    do      = fail
    message = jq("\"API SIGNATURE ERROR: check the private token and the public token, which belong together\"")
  }
  on {
    status  = [200]
    when    = jq("type == \"object\" and .response == \"ERROR\"")
    do      = fail
    message = jq("\"the appliance answered ERROR without a reason\"")
  }
  on {
    status  = [200]
    when    = jq("type == \"string\" and contains(\"<title>Log In\")")
    do      = fail
    message = jq("\"the appliance answered with its login page: check both tokens, and that no proxy follows redirects\"")
  }
}

# What the records of the first two flows are cut with.
definitions {
  jq = jq(<<-EOT
    def moment: if type == "number" then . / 1000 | floor | strftime("%Y-%m-%d %H:%M:%S") else null end;
    def filled: map(select(. != null and . != "" and . != []));
    def once: reduce .[] as $x ([]; if any(.[]; . == $x) then . else . + [$x] end);

    # Texts for people.
    def esc: tostring | @html | gsub("&(apos|#39);"; "'");
    def paragraphs: gsub("\r"; "") | gsub("\\\\n"; "\n") | split("\n\n") | filled | map("<p>\(esc)</p>") | join("");
    def bullets: if . == [] then "" else "<ul>\(join(""))</ul>" end;
    def titled($title): if . == "" then "" else "<h4>\($title | esc)</h4>" + . end;

    # An address may come with the length of its network, a MAC address as zeros.
    def bare: if type == "string" then split("/")[0] else null end;
    def hardware: if type == "string" and (gsub("[-:.0]"; "") != "") then . else null end;
  EOT
  )
}

# ── Darktrace -> ThreatQ: AI Analyst ────────────────────────────────────────────────────────────────────────────────

flow "ai_analyst" {
  title       = "AI Analyst"
  description = "Reads the events of AI Analyst incidents."

  source "http" {
    client = client.appliance
    request {
      path = "/aianalyst/incidentevents"
      query = { # in the order of the alphabet
        endtime                 = window.end
        includeacknowledged     = true
        includeallpinned        = false # else they come with every window
        includeincidenteventurl = true
        starttime               = window.start
      }
    }
    window {
      initial  = "${coalesce(param.historical, 5)}d"
      since    = param.historical == null ? null : timeadd(now, "-${param.historical}d")
      slice    = param.slice
      smallest = "1h"
      lookback = "24h" # events grow and are issued again
      cursor   = expr("unix_ms(incident.createdAt)")
      format   = "epoch_ms"
      closed   = true
    }
    on {
      status  = ["5xx", "lost"]
      retried = true
      do      = split
    }
  }

  record "incident" {
    # Beside what the appliance sends: what older versions leave out, devices without doubles, and texts for people.
    extract = jq(<<-EOT
      def when: moment // tostring; # what is no number stays as it is
      def flag: if type == "boolean" then {"true": "True", "false": "False"}[tostring] else null end;
      def span(f): "\(.start | f) - \(.end | f)";

      # A text, or one with {} in the place of others.
      def prose:
        if type != "object" then tostring
        elif .replacements then
          (.value | split("{}")) as $between | (.replacements | map(prose)) as $said
          | reduce range(1; $between | length) as $i ($between[0]; . + ($said[$i - 1] // "{}") + $between[$i])
        elif .value | type == "object" then .value | .identifier // .hostname // .ip // ""
        else .value | tostring end;

      # Details come in two shapes.
      def sections: .details // [] | .[]
        | if type == "array" then .[] | {header, rows: (.contents // [])}
          else .blocks // [] | .[] | {header: .blockHeader, rows: [.bulletBlocks // [] | .[][] | {key: .detailKey, type: .valueType, values: .detailValues}]} end;
      def host: [.hostname // .identifier // "", .ip // ""] | filled | once | if length == 2 then "\(.[0]) (\(.[1]))" else .[0] // "unknown" end;
      def shown($as):
        if $as == "timestamp" then when
        elif $as == "percentage" then "\(.)%"
        elif $as == "dataVolume" then "\(.) bytes"
        elif type != "object" then tostring
        elif has("start") and ($as | startswith("time")) then span(when)
        elif has("start") and $as == "percentageRange" then span("\(.)%")
        elif has("start") then span(tostring)
        elif has("valueType") then prose
        else host end;
      def listed: .type as $as | .key as $key | [.values // [] | .[] | shown($as // "")] | filled | join(", ")
        | select(. != "") | if $key then "<li><b>\($key | esc):</b> \(esc)</li>" else "<li>\(esc)</li>" end;

      def cells: map("<td>\(. // "" | esc)</td>") | "<tr>\(join(""))</tr>";
      def table: if . == [] then "" else
        "<table><tr><th>Name</th><th>IP</th><th>MAC</th><th>Subnet</th><th>Device ID</th></tr>\(map([.name, .ip, .mac, .subnet, .did] | cells) | join(""))</table>" end;

      if type == "array" then .[] else . end
      | {title: null, summariser: null, category: null, groupCategory: null, currentGroup: null, aiaScore: null, sender: null, incidentEventUrl: null} + .
      | . + {
          group_score: (.groupScore | tonumber? // null),
          flags: {acknowledged: (.acknowledged | flag), pinned: (.pinned | flag), user: (.userTriggered | flag), external: (.externalTriggered | flag)},
          phases: (.attackPhases // []),
          tactics: (.mitreTactics // []),
          started: ([.periods // [] | .[].start | numbers] | min | if . then moment else . end),
          ended: ([.periods // [] | .[].end | numbers] | max | if . then moment else . end),
          devices: [
            .breachDevices // [] | once | .[] | select(.did != -1)
            | {identifier: null, hostname: null, ip: null, mac: null, subnet: null, did: null, sid: null} + .
            | . + {ip: (.ip | bare), mac: (.mac | hardware)}
            | . + {name: ([.identifier, .hostname, .ip, .mac, "Device \(.did // "unknown")"] | filled | .[0])}
          ],
          breaches: [.relatedBreaches // [] | .[] | {pbid, model: .modelName, html: "\(.modelName // .pbid | esc)</a> (\(.threatScore // 0)%, \(.timestamp | when))"}],
          external: [sections | .rows[] | select(.type == "externalHost") | .values // [] | .[] | objects | .hostname, .identifier, .ip | strings],
          story_html: (.summary // "" | prose | paragraphs),
          periods_html: ([.periods // [] | .[] | "<li>\(span(when)) (UTC)</li>"] | bullets | titled("Activity Periods")),
          details_html: ([sections | (.header // "Details") as $header | [.rows[] | listed] | bullets | titled($header)] | join(""))
        }
      | .devices_html = (.devices | table | titled("Devices"))
    EOT
    )
    key     = expr("incident.id")
    samples = "testdata/darktrace/incidentevents_*.json"
  }

  event "incident" {
    # Two events may share title, device and period: only their creation tells them apart.
    identity    = "Darktrace ID"
    type        = "AI Analyst"
    title       = expr("cut(join(compact([incident.title, first_of(get(first(incident.devices) ?? {}, 'name'), incident.sender)]), ': '), 255, '...')")
    happened_at = expr("unix_ms(incident.createdAt)")
    description = expr(<<-EOT
      incident.story_html + incident.periods_html + incident.devices_html
      + (len(incident.breaches) == 0 ? '' : '<h4>Related Model Breaches</h4><ul>'
        + join(map(incident.breaches, '<li><a href="' + local.console + '/#modelbreach/' + string(.pbid) + '">' + .html + '</li>'), '') + '</ul>')
      + incident.details_html
    EOT
    )

    attributes = {
      "Darktrace ID"            = fixed(expr("incident.id"))
      "Incident ID"             = expr("incident.currentGroup")
      "Category"                = expr("title(incident.category)")
      "Incident Category"       = expr("title(incident.groupCategory)")
      "Score"                   = expr("round(incident.aiaScore, 2)")
      "Incident Score"          = expr("round(incident.group_score, 2)")
      "Summariser"              = expr("incident.summariser")
      "Attack Phase"            = add(expr("incident.phases"))
      "MITRE Tactic"            = add(expr("map(incident.tactics, title(replace(#, '-', ' ')))"))
      "Start Time"              = expr("incident.started")
      "End Time"                = expr("incident.ended")
      "Acknowledged"            = expr("incident.flags.acknowledged")
      "Pinned"                  = expr("incident.flags.pinned")
      "User Triggered"          = expr("incident.flags.user")
      "Externally Triggered"    = expr("incident.flags.external")
      "Sender"                  = expr("incident.sender")
      "Related Model"           = add(expr("unique(pluck(incident.breaches, 'model'))"))
      "Related Model Breach ID" = add(expr("pluck(incident.breaches, 'pbid')"))
      "Darktrace Link"          = expr("first_of(incident.incidentEventUrl, incident.currentGroup == nil ? nil : local.console + '/#aiagroup/' + incident.currentGroup)")
    }
  }

  asset "device" {
    for_each = expr("incident.devices")
    value    = expr("each.name")
    attributes = {
      "Device ID"   = expr("each.did")
      "Hostname"    = expr("each.hostname")
      "IP Address"  = expr("each.ip")
      "MAC Address" = expr("each.mac")
      "Subnet"      = expr("each.subnet")
      "Subnet ID"   = expr("each.sid")
    }
    related = [event.incident]
  }

  # Masked values such as 10.0.0.#36859, single names and SaaS users are no indicators.
  indicator "address" {
    for_each = expr("unique(filter(flatten(map(incident.devices, [.ip, .hostname])), ip_version(#) != nil))")
    type     = expr("ip_version(each) == 6 ? 'IPv6 Address' : 'IP Address'")
    value    = expr("each")
    status   = param.status
    related  = [event.incident]
  }

  indicator "name" {
    for_each = expr("unique(compact(map(incident.devices, domain(.hostname))))")
    type     = "FQDN"
    value    = expr("each")
    status   = param.status
    related  = [event.incident]
  }

  indicator "mac" {
    for_each = expr("param.mac_indicators ? unique(compact(map(incident.devices, mac(.mac)))) : []")
    type     = "MAC Address"
    value    = expr("upper(each)")
    status   = param.status
    related  = [event.incident]
  }

  indicator "external" {
    for_each = expr("param.external_indicators ? filter(unique(incident.external), ioc_type(#) in ['FQDN', 'IP Address', 'IPv6 Address'] and not is_private(#)) : []")
    type     = expr("ioc_type(each)")
    value    = expr("lower(each)")
    status   = param.status
    related  = [event.incident]
  }
}

# ── Darktrace -> ThreatQ: model breaches ────────────────────────────────────────────────────────────────────────────

flow "model_breaches" {
  title       = "Model breaches"
  description = "Reads the breaches of models, by the time at which they were recorded."

  source "http" {
    client = client.appliance
    request {
      path = "/modelbreaches"
      query = { # in the order of the alphabet
        creationtime        = true # else the window goes by the first activity, and what is recorded late is missed
        deviceattop         = true
        endtime             = window.end
        expandenums         = true
        historicmodelonly   = false
        includeacknowledged = true
        includebreachurl    = true
        minimal             = false
        starttime           = window.start
      }
    }
    window {
      initial        = "${coalesce(param.historical, 5)}d"
      since          = param.historical == null ? null : timeadd(now, "-${param.historical}d")
      slice          = param.slice
      smallest       = "1h"
      lookback       = "6h"
      cursor         = expr("unix_ms(breach.creationTime)")
      missing_cursor = "include"
      format         = "epoch_ms"
      closed         = true
    }
    on {
      status  = ["5xx", "lost"]
      retried = true
      do      = split
    }
  }

  record "breach" {
    # One model in place of then and now, one device without what says nothing, and texts for people.
    extract = jq(<<-EOT
      # The filters that are there to be shown; the others are the model's logic.
      def displayed: .triggeredFilters // [] | .[] | select(.comparatorType == "display") | {name: .filterType, value: .trigger.value};
      def component: (.metric.label // .metric.name // "Component") as $label | (.time | moment) as $time
        | "<p>\($label | esc)\(if $time then " (\($time))" else "" end)</p>"
          + ([displayed | select(.value != null and .value != "") | "<li><b>\(.name | esc):</b> \(.value | esc)</li>"] | bullets);

      if type == "array" then .[] else . end
      | {time: null, creationTime: null, score: null, percentscore: null, breachUrl: null, commentCount: 0} + .
      | . + {
          model: ({name: null, description: "", category: null, priority: null, compliance: false, tags: [], mitre: null, actions: null}
            + (.model.then // .model.now // .model // {})),
          percent: (.percentscore // (if .score then .score * 100 | round else null end)),
          acknowledged: (.acknowledged | if type == "object" or . == true then "True" else "False" end),
          acknowledged_by: (.acknowledged | objects | .username) // null,
          analyst_ids: [.aianalystData // [] | .[].uuid | strings],
          devices: [
            .device // {} | select(. != {} and .did != -1)
            | {did: null, hostname: null, ip: null, vendor: null, os: null, typelabel: null, sid: null, saasmodule: null, devicelabel: null, label: null} + .
            | . + {ip: (.ip | bare), mac: (.macaddress | hardware), first_seen: (.firstSeen | moment), last_seen: (.lastSeen | moment),
                subnet: ([.subnet, .subnetlabel] | filled | .[0]), tag_names: [.tags // [] | .[] | .name? // . | strings]}
            | . + {name: ([.identifier, .devicelabel, .label, .hostname, .ip, .mac, "Device \(.did // "unknown")"] | filled | .[0])}
          ],
          metrics: [.triggeredComponents // [] | .[] | .metric.label // empty] | once,
          external: [.triggeredComponents // [] | .[] | displayed | select(.name | IN("Destination IP", "Connection hostname", "DNS host lookup")) | .value | strings],
          components_html: ([.triggeredComponents // [] | .[] | select(.metric) | component] | join("") | titled("Triggered Components"))
        }
      | . + {
          tags: ([.model.tags // [] | .[] | strings] | filled | once),
          techniques: [((.mitreTechniques // [] | .[].techniqueID), (.model.mitre.techniques // [] | .[])) | strings] | once,
          tactics: [.model.mitre.tactics // [] | .[] | strings],
          response: (.model.actions.antigena.action? // null),
          story_html: (.model.description // "" | paragraphs)
        }
    EOT
    )
    key     = expr("breach.pbid")
    samples = "testdata/darktrace/modelbreaches_*.json"
  }

  event "breach" {
    identity    = "Model Breach ID"
    type        = "Model Breach"
    title       = expr("cut(join(compact([breach.model.name, get(first(breach.devices) ?? {}, 'name')]), ': '), 255, '...')")
    happened_at = expr("unix_ms(first_of(breach.time, breach.creationTime))")
    description = expr(<<-EOT
      breach.story_html + breach.components_html
      + '<p><a href="' + html(first_of(breach.breachUrl, local.console + '/#modelbreach/' + string(breach.pbid))) + '">View in Darktrace</a></p>'
    EOT
    )

    attributes = {
      "Model Breach ID"       = fixed(expr("breach.pbid"))
      "Model Name"            = expr("breach.model.name")
      "Model Folder"          = expr("between(breach.model.name, '', '::')")
      "Category"              = expr("breach.model.compliance == true ? 'Compliance' : title(first_of(breach.model.category, table.categories.lookup(breach.model.priority)))")
      "Priority"              = expr("breach.model.priority")
      "Score"                 = expr("breach.percent")
      "Model Tag"             = add(expr("breach.tags"))
      "MITRE Technique"       = add(expr("breach.techniques"))
      "MITRE Tactic"          = add(expr("map(breach.tactics, title(replace(#, '-', ' ')))"))
      "Creation Time"         = expr("format(unix_ms(breach.creationTime), 'datetime')")
      "Acknowledged"          = expr("breach.acknowledged")
      "Acknowledged By"       = expr("breach.acknowledged_by")
      "Comment Count"         = expr("breach.commentCount > 0 ? breach.commentCount : nil")
      "Related AI Analyst ID" = add(expr("breach.analyst_ids"))
      "Response Action"       = expr("breach.response")
      "Metric"                = add(expr("breach.metrics"))
      "Darktrace Link"        = expr("first_of(breach.breachUrl, local.console + '/#modelbreach/' + string(breach.pbid))")
    }
  }

  asset "device" {
    for_each = expr("breach.devices")
    value    = expr("each.name")
    attributes = {
      "Device ID"        = expr("each.did")
      "Hostname"         = expr("each.hostname")
      "IP Address"       = expr("each.ip")
      "MAC Address"      = expr("each.mac")
      "Vendor"           = expr("each.vendor")
      "Operating System" = expr("each.os")
      "Device Type"      = expr("each.typelabel")
      "Subnet"           = expr("each.subnet")
      "Subnet ID"        = expr("each.sid")
      "First Seen"       = expr("each.first_seen")
      "Last Seen"        = expr("each.last_seen")
      "Tag"              = add(expr("each.tag_names"))
      "SaaS Module"      = expr("each.saasmodule")
    }
    related = [event.breach]
  }

  indicator "address" {
    for_each = expr("unique(filter(flatten(map(breach.devices, [.ip, .hostname])), ip_version(#) != nil))")
    type     = expr("ip_version(each) == 6 ? 'IPv6 Address' : 'IP Address'")
    value    = expr("each")
    status   = param.status
    related  = [event.breach]
  }

  indicator "name" {
    for_each = expr("unique(compact(map(breach.devices, domain(.hostname))))")
    type     = "FQDN"
    value    = expr("each")
    status   = param.status
    related  = [event.breach]
  }

  indicator "mac" {
    for_each = expr("param.mac_indicators ? unique(compact(map(breach.devices, mac(.mac)))) : []")
    type     = "MAC Address"
    value    = expr("upper(each)")
    status   = param.status
    related  = [event.breach]
  }

  indicator "external" {
    for_each = expr("param.external_indicators ? filter(unique(breach.external), ioc_type(#) in ['FQDN', 'IP Address', 'IPv6 Address'] and not is_private(#)) : []")
    type     = expr("ioc_type(each)")
    value    = expr("lower(each)")
    status   = param.status
    related  = [event.breach]
  }
}

# ── ThreatQ -> Darktrace: watched domains ───────────────────────────────────────────────────────────────────────────

flow "watched" {
  title       = "Watched domains"
  description = "Has the domains and addresses of data collections watched for."

  when = length(local.collections) > 0

  source "threatq" {
    collections = local.collections
    fields      = ["type", "value"]
  }

  record "indicator" {
    let = {
      entry = expr(<<-EOT
        ip_version(trim(indicator.value)) != nil ? split(cidr(trim(indicator.value)), '/')[0]
          : trimSuffix(lower(trim(indicator.value)), '.')
      EOT
      )
    }
    key = expr("indicator.entry") # one entry for an indicator of several collections, or written in several ways

    skip "unsupported type" {
      when = expr("not (indicator.type in ['FQDN', 'IP Address'])")
      by   = expr("indicator.type")
    }
    skip "no value that a list can hold" {
      when = expr("indicator.entry == '' or len(indicator.entry) > 253 or indicator.entry matches '[,[:space:]]'")
      warn = true
    }
  }

  sink "http" {
    client          = client.appliance
    item            = expr("indicator.entry")
    default_expires = expr("param.days_to_expiration > 0 ? add(now, string(param.days_to_expiration) + 'd') : nil")
    renew           = param.days_to_expiration > 0 ? "${param.days_to_expiration * 12}h" : null # half of the period
    differential    = !param.no_differential
    left            = param.left_policy
    skipped         = param.left_policy # another type by now

    # Below the appliance's limit of a body, 100 KiB.
    batch {
      max_items = 500
      max_bytes = "64000"
    }
    request {
      method       = "POST"
      path         = "/intelfeed"
      content_type = local.content_types[param.body_format]
      body = expr(<<-EOT
        let always = {addlist: join(map(batch, .key), ','), description: 'Exported from ThreatQ', source: local.source};
        let fields = param.days_to_expiration > 0 ? merge(always, {expiry: format(batch[0].expires, '2006-01-02T15:04:05')}) : always;
        param.body_format == 'json' ? toJSON(fields) : join(map(pairs(fields), .key + '=' + url_encode(.value)), '&')
      EOT
      )
    }
    on {
      status  = [413, "5xx", "lost"]
      retried = true
      do      = split
    }
    on {
      status  = [200]
      when    = jq("type != \"object\" or .response != \"SUCCESS\"")
      do      = fail
      message = jq("if type == \"object\" then \"the answer is not SUCCESS but \\(.response // .)\" else \"the answer is a web page; check both tokens\" end")
    }

    # Entries of other sources are not ours. One without an expiry is sent again where it is to have one. The answer is
    # one list: jq gives no more than 100,000 outputs one by one.
    held {
      request {
        path  = "/intelfeed"
        query = { fulldetails = true, source = local.source }
      }
      on {
        status = [404] # no entry yet
        do     = ok
      }
      answer = jq("arrays | map({key: (.name | ltrimstr(\"*\") | ascii_downcase), expires: (if (.expiry // \"\") == \"\" then null else (.expiry | sub(\" \"; \"T\") | rtrimstr(\"Z\") + \"Z\") end)})")
      same   = expr("held.expires != nil or each.expires == nil")
    }

    remove {
      request {
        method       = "POST"
        path         = "/intelfeed"
        content_type = local.content_types[param.body_format]
        body = expr(<<-EOT
          param.body_format == 'json' ? toJSON({removeentry: each.key, source: local.source})
            : 'removeentry=' + url_encode(each.key) + '&source=' + url_encode(local.source)
        EOT
        )
      }
    }
  }
}

# ── Tests: tqmap test darktrace ─────────────────────────────────────────────────────────────────────────────────────

test "incidents of every shape" {
  flow      = flow.ai_analyst
  responses = ["testdata/darktrace/incidentevents_shapes.json", "testdata/darktrace/incidentevents_link.json"]
  params    = { host = "darktrace.example.com" }

  expect "event" "Suspicious Chain of Administrative Connections: SaaS::Office365: user25@sandbox.test" {
    type        = "AI Analyst"
    happened_at = "2024-05-13 23:00:00"
    description = "<p>The actor SaaS::Office365: user25@sandbox.test used the service Office365 from 203.0.113.77.</p><p>The security team may wish to confirm that this was expected.</p><h4>Activity Periods</h4><ul><li>2024-05-13 21:35:59 - 2024-05-13 22:31:04 (UTC)</li></ul><h4>Devices</h4><table><tr><th>Name</th><th>IP</th><th>MAC</th><th>Subnet</th><th>Device ID</th></tr><tr><td>SaaS::Office365: user25@sandbox.test</td><td></td><td></td><td></td><td>125</td></tr></table><h4>Related Model Breaches</h4><ul><li><a href=\"https://darktrace.example.com/#modelbreach/40002\">Device / New or Uncommon SMB Activity</a> (83%, 2024-05-13 21:36:29)</li></ul><h4>SaaS User Details</h4><ul><li><b>SaaS account:</b> SaaS::Office365: user25@sandbox.test</li><li><b>Actor:</b> SaaS::Office365: user25@sandbox.test</li></ul><h4>Activity</h4><ul><li><b>Time:</b> 2024-05-13 22:59:51 - 2024-05-13 23:00:00</li><li><b>Source IP:</b> 203.0.113.77</li><li><b>Event:</b> User added</li><li><b>Number of events:</b> 1</li></ul>"
    indicators  = []
  }

  expect "event" "Unusual External Data Transfer: FS002" { # several devices, one of them twice
    attributes = {
      "Darktrace ID"            = "1d4f13a4-8600-428a-9d24-ed7e8b160801"
      "Incident ID"             = "g2ebd602e-4825-4e71-a56c-de05fb02d17d"
      "Category"                = "Critical"
      "Incident Category"       = "Suspicious"
      "Score"                   = "26"
      "Incident Score"          = "88.35"
      "Summariser"              = "ExternalTransferSummary"
      "Attack Phase"            = "6"
      "MITRE Tactic"            = "Exfiltration"
      "Start Time"              = "2024-05-13 21:46:59"
      "End Time"                = "2024-05-13 21:59:50"
      "Acknowledged"            = "False"
      "Pinned"                  = "False"
      "Related Model"           = "Anomalous Connection / Data Sent to Rare Domain"
      "Related Model Breach ID" = "40001"
      "Darktrace Link"          = "https://darktrace.example.com/#aiagroup/g2ebd602e-4825-4e71-a56c-de05fb02d17d"
    }
    indicators = [["IP Address", "10.22.111.168"], ["IPv6 Address", "2001:db8:7::10f0"], ["FQDN", "edge-07.corp.sandbox.test"]]
  }

  expect "event" "Unusual Mail of a Known Sender: billing03@mail.sandbox.test" {
    attributes = { "Sender" = "billing03@mail.sandbox.test" }
    indicators = []
  }
  expect "event" "Access of Probable Unencrypted Password File: 10.24.178.68" { # a score as text, an address with its network
    attributes = { "Incident Score" = "21.47" }
    indicators = [["IP Address", "10.24.178.68"]]
  }
  expect "event" "Access of Probable Unencrypted Password File: edge-07.corp.sandbox.test" { # data stays data
    description = "<p>The device &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; 'others' sent {} to &lt;b&gt;nowhere&lt;/b&gt;.</p><p>Second paragraph, after a written line break.</p><h4>Activity Periods</h4><ul><li>2024-05-14 03:42:59 - 2024-05-14 03:57:03 (UTC)</li></ul><h4>Devices</h4><table><tr><th>Name</th><th>IP</th><th>MAC</th><th>Subnet</th><th>Device ID</th></tr><tr><td>edge-07.corp.sandbox.test</td><td>2001:db8:7::10f0</td><td></td><td></td><td>107</td></tr></table><h4>Related Model Breaches</h4><ul><li><a href=\"https://darktrace.example.com/#modelbreach/40007\">Compliance / Possible Unencrypted Password File On Server</a> (74%, 2024-05-14 03:43:29)</li></ul><h4>Transfer Details</h4><ul><li><b>Time:</b> 2024-05-14 03:42:59 - 2024-05-14 03:44:29</li><li><b>Source device:</b> edge-07.corp.sandbox.test (2001:db8:7::10f0)</li><li><b>Uploaded:</b> 146512458055 bytes</li><li><b>Importance:</b> 53%</li><li><b>First observed:</b> 2024-05-14 03:42:59</li><li><b>Suspicious properties:</b> Destination is rare for the network, Source doesn't usually transfer data externally</li></ul><h4>Endpoint Details</h4><ul><li><b>Endpoint:</b> drop14.rare.sandbox.test (203.0.113.220), 203.0.113.220</li><li>cdn.rare.sandbox.test</li><li><b>Rarity:</b> 90% - 100%</li><li><b>Ports:</b> 1 - 65389</li><li><b>Connection count:</b> 476</li></ul>"
  }
  expect "event" "Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of Events Very Long Chain of..." {
    happened_at = "2024-05-14 05:00:00"
  }

  expect "asset" "edge-07.corp.sandbox.test" {
    attributes = { "Device ID" = "107", "Hostname" = "edge-07.corp.sandbox.test", "IP Address" = "2001:db8:7::10f0", "Subnet ID" = "1" }
  }
  expect "indicator" "02:1A:71:76:DF:FA" {
    type   = "MAC Address"
    status = "Review"
  }
}

test "the link of the appliance, and external hosts where they are wanted" {
  flow      = flow.ai_analyst
  responses = ["testdata/darktrace/incidentevents_link.json"]
  params    = { host = "darktrace.example.com", external_indicators = true, mac_indicators = false, status = "Active" }

  expect "event" "Unusual External Data Transfer: 10.26.210.91" {
    attributes = { "Darktrace Link" = "https://darktrace.sandbox.test/#aiaincidentevent/2228b906-f16f-403b-81bf-61a92323e342" }
    indicators = [["IP Address", "10.26.210.91"], ["FQDN", "drop03.rare.sandbox.test"], ["IP Address", "203.0.113.69"], ["FQDN", "cdn.rare.sandbox.test"]]
  }
  expect "indicator" "203.0.113.69" {
    status = "Active"
  }
}

test "breaches of every shape" {
  flow      = flow.model_breaches
  responses = ["testdata/darktrace/modelbreaches_shapes.json"]
  params    = { host = "darktrace.example.com" }

  expect "event" "Compromise::Watched Domain: Label 101" {
    type        = "Model Breach"
    happened_at = "2024-05-13 22:13:00"
    description = "<p>A device is behaving in a way that it normally does not.</p><p>Action: Review the device and what it connects to.</p><h4>Triggered Components</h4><p>Watched Domain (2024-05-13 22:13:00)</p><ul><li><b>Destination IP:</b> 10.0.0.8</li><li><b>DNS host lookup:</b> watched01.rare.sandbox.test</li><li><b>Message:</b> seen &lt;twice&gt; &amp; &quot;loud&quot;</li></ul><p><a href=\"https://darktrace.example.com/#modelbreach/40001\">View in Darktrace</a></p>"
    attributes = {
      "Model Breach ID" = "40001"
      "Model Name"      = "Compromise::Watched Domain"
      "Model Folder"    = "Compromise"
      "Category"        = "Critical"
      "Priority"        = "5"
      "Score"           = "40"
      "Model Tag"       = "AP: C2 Comms"
      "MITRE Technique" = "T1041"
      "Creation Time"   = "2024-05-13 22:13:20"
      "Acknowledged"    = "False"
      "Metric"          = "Watched Domain"
      "Darktrace Link"  = "https://darktrace.example.com/#modelbreach/40001"
    }
    indicators = [["IP Address", "10.21.17.95"], ["FQDN", "fs-01.corp.sandbox.test"], ["MAC Address", "02:1A:B4:78:DB:E6"]]
  }
  expect "event" "System::Packet Loss" { # no device, a written line break
    indicators  = []
    description = "<p>Packet loss is higher than 30%.</p><p>Action: Find out where it happens.</p><h4>Triggered Components</h4><p>External Data Transfer (2024-05-14 00:39:55)</p><ul><li><b>Destination IP:</b> 198.51.100.7</li><li><b>Direction:</b> out</li></ul><p><a href=\"https://darktrace.example.com/#modelbreach/40003\">View in Darktrace</a></p>"
  }
  expect "event" "Compliance::Possible Unencrypted Password File On Server: 10.24.178.68" {
    attributes = { "Acknowledged" = "True", "Acknowledged By" = "analyst.one", "Comment Count" = "2" }
  }
  expect "event" "Compliance::External Windows Communications: Label 105" {
    attributes = { "Category" = "Compliance" }
  }
  expect "event" "SaaS::Access::Password Spray: Label 125" {
    attributes = {
      "MITRE Technique"       = ["T1041", "T1110.003"]
      "MITRE Tactic"          = ["Credential Access", "Command And Control"]
      "Related AI Analyst ID" = "56c7b044-4fb7-4c76-a4ef-3976069a3b45"
    }
  }
  expect "event" "Antigena::Network::External Threat::Antigena Suspicious Activity Block" {
    attributes = { "Response Action" = "quarantine", "Model Folder" = "Antigena" }
  }
  expect "event" "PenTest: ws-08.corp.sandbox.test" { # the category by the priority
    attributes = { "Category" = "Suspicious", "Priority" = "4" }
  }
  expect "asset" "ws-08.corp.sandbox.test" {
    attributes = {
      "Device ID"        = "108"
      "Hostname"         = "ws-08.corp.sandbox.test"
      "IP Address"       = "10.21.236.203"
      "MAC Address"      = "02:1a:d3:18:41:7e"
      "Vendor"           = "Northwind Devices"
      "Operating System" = "Linux(5.4)"
      "Device Type"      = "Desktop"
      "Subnet ID"        = "2"
      "First Seen"       = "2024-02-14 08:00:00"
      "Last Seen"        = "2024-05-14 08:00:00"
      "Tag"              = ["Domain Controller", "High Risk"]
    }
  }
}

test "one breach by itself, with its model as it was" {
  flow      = flow.model_breaches
  responses = ["testdata/darktrace/modelbreaches_one.json"]
  params    = { host = "darktrace.example.com", external_indicators = true }

  expect "event" "Compromise::Watched Domain: Label 101" {
    attributes = { "Model Breach ID" = "40001", "Darktrace Link" = "https://darktrace.sandbox.test/#modelbreach/40001" }
    indicators = [["IP Address", "10.21.17.95"], ["FQDN", "fs-01.corp.sandbox.test"], ["MAC Address", "02:1A:B4:78:DB:E6"], ["FQDN", "watched01.rare.sandbox.test"]]
  }
}

test "domains and addresses are watched, once each" {
  flow    = flow.watched
  now     = "2024-05-14T09:00:00Z"
  params  = { host = "darktrace.example.com", collections = "Block, Second", source_name = "SOC", days_to_expiration = 30 }
  skipped = { "unsupported type: MD5" = 1, "no value that a list can hold" = 1 }
  records = [
    { id = 1, type = "FQDN", value = "Evil.Example." },
    { id = 2, type = "IP Address", value = "2001:DB8::7" },
    { id = 3, type = "MD5", value = "900150983cd24fb0d6963f7d28e17f72" },
    { id = 4, type = "FQDN", value = "a,b.example" },
    { id = 5, type = "FQDN", value = "evil.example" },
  ]
  expect_request {
    method = "POST"
    path   = "/intelfeed"
    json   = { addlist = "evil.example,2001:db8::7", description = "Exported from ThreatQ", expiry = "2024-06-13T09:00:00", source = "SOC" }
  }
}

# The whole flow: a slice of the window that is too much for the appliance is halved.
test "a slice that is too much for the appliance" {
  flow   = flow.model_breaches
  now    = "2024-05-14T12:00:00Z"
  params = { host = "darktrace.example.com", public_token = "public", private_token = "not-a-secret", date_format = "iso" }

  state {
    cursor = "2024-05-14T06:00:00Z" # less 6 hours
  }
  exchange {
    times = 4
    request { path = "/modelbreaches?starttime=1715644800000&endtime=1715687999999" }
    response { status = 504 }
  }
  exchange {
    request {
      method  = "GET"
      path    = "/modelbreaches"
      query   = { starttime = 1715644800000, endtime = 1715666399999, creationtime = true, minimal = false }
      headers = { "DTAPI-Token" = "public" }
    }
    response { json = [] }
  }
  exchange {
    request { path = "/modelbreaches?starttime=1715666400000&endtime=1715687999999" }
    response { file = "testdata/darktrace/modelbreaches_one.json" }
  }
  expect "event" "Compromise::Watched Domain: Label 101" {
    type = "Model Breach"
  }
  expect_run {
    outcome = "ok"
    fetched = 1
  }
}

test "incidents that are too many at once, and a rate limit" {
  flow   = flow.ai_analyst
  now    = "2024-05-14T12:00:00Z"
  params = { host = "darktrace.example.com" }

  state {
    cursor = "2024-05-14T10:00:00Z" # less a day
  }
  exchange {
    times = 4
    request { path = "/aianalyst/incidentevents?starttime=1715594400000&endtime=1715680799999" }
    response { lost = true }
  }
  exchange {
    request { path = "/aianalyst/incidentevents?starttime=1715594400000&endtime=1715637599999" }
    response {
      status  = 429
      headers = { "X-Rate-Limit-Reset" = "20" }
    }
  }
  exchange {
    request { path = "/aianalyst/incidentevents?starttime=1715594400000&endtime=1715637599999" }
    response { json = [] }
  }
  exchange {
    request { path = "/aianalyst/incidentevents?starttime=1715637600000&endtime=1715680799999" }
    response { json = [] }
  }
  exchange {
    request { path = "/aianalyst/incidentevents?starttime=1715680800000&endtime=1715687999999" }
    response { json = [] }
  }
}

test "what is on the list already is not sent again" {
  flow    = flow.watched
  now     = "2024-05-14T09:00:00Z"
  params  = { host = "darktrace.example.com", collections = "Block", source_name = "SOC", body_format = "form", date_format = "compact", left_policy = "remove" }
  records = [for i, v in ["a.example", "b.example"] : { id = i, type = "FQDN", value = v }]

  exchange {
    request { path = "/intelfeed?fulldetails=true&source=SOC" }
    response { json = [{ name = "*A.example", expiry = "" }] }
  }
  exchange {
    request {
      method = "POST"
      path   = "/intelfeed"
      form   = { addlist = "b.example", description = "Exported from ThreatQ", source = "SOC", expiry = null }
    }
    response { json = { response = "SUCCESS", added = 1 } }
  }
  expect_run {
    created   = 1
    unchanged = 1
  }
}

test "a list that is too long for the appliance is halved" {
  flow    = flow.watched
  params  = { host = "darktrace.example.com", collections = "Block", source_name = "SOC" }
  records = [for i, v in ["a.example", "b.example"] : { id = i, type = "FQDN", value = v }]

  exchange {
    request { path = "/intelfeed?fulldetails=true" }
    response { status = 404 } # no entry yet
  }
  exchange {
    request {
      path = "/intelfeed"
      json = { addlist = "a.example,b.example" }
    }
    response { status = 413 }
  }
  exchange {
    request {
      path = "/intelfeed"
      json = { addlist = "a.example" }
    }
    response { json = { response = "SUCCESS" } }
  }
  exchange {
    request {
      path = "/intelfeed"
      json = { addlist = "b.example" }
    }
    response { json = { response = "SUCCESS" } }
  }
}

test "an appliance that does not answer is asked for less in the next run" {
  flow    = flow.watched
  params  = { host = "darktrace.example.com", collections = "Block", source_name = "SOC" }
  records = [for i, v in ["a.example", "b.example"] : { id = i, type = "FQDN", value = v }]

  exchange {
    request { path = "/intelfeed?fulldetails=true" }
    response { json = [] }
  }
  exchange {
    times = 4
    request { path = "/intelfeed" }
    response { status = 502 }
  }
  expect_run { error = "gave up, and the next run goes on" }
}

test "a list that is not taken" {
  flow    = flow.watched
  params  = { host = "darktrace.example.com", collections = "Block", source_name = "SOC" }
  records = [{ id = 1, type = "FQDN", value = "a.example" }]

  exchange {
    request { path = "/intelfeed?fulldetails=true" }
    response { json = [] }
  }
  exchange {
    request {
      method = "POST"
      path   = "/intelfeed"
    }
    response { json = { response = "FAILURE" } }
  }
  expect_run { error = "the answer is not SUCCESS but FAILURE" }
}

test "a user without permission" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      status  = 302
      headers = { Location = "/403" }
      body    = "Found. Redirecting to /403"
    }
  }
  expect_run { error = "their user lacks a permission" }
}

test "a redirect to the login" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      status  = 302
      headers = { Location = "/login" }
    }
  }
  expect_run { error = "the appliance redirects to /login" }
}

test "another clock" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      status = 400
      json   = { error = "API DATE ERROR" }
    }
  }
  expect_run { error = "check the clock of this machine" }
}

test "another token" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      status = 400
      json   = { error = "API SIGNATURE ERROR" }
    }
  }
  expect_run { error = "check the private token and the public token" }
}

test "an error without a reason" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      json = { response = "ERROR" }
    }
  }
  expect_run { error = "the appliance answered ERROR without a reason" }
}

test "a login page" {
  flow   = flow.ai_analyst
  params = { host = "darktrace.example.com" }
  exchange {
    request { path = "/aianalyst/incidentevents" }
    response {
      body = "<html><title>Log In</title></html>"
    }
  }
  expect_run { error = "the appliance answered with its login page" }
}
