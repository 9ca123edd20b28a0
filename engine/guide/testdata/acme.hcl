# Uses what a guide has words for.

connector "acme" {
  title       = "Acme | Sandbox"
  version     = "1.2"
  source      = "Acme"
  tlp         = "AMBER"
  description = "Brings alerts of Acme into ThreatQ, and *exports* indicators."
  executables = ["tq-conn-acme-old"]
  requires    = ["The account has the role analyst_reader"]
  limits      = ["One region at a time.", "Alerts are kept for <90> days"]

  lock {
    multiple   = param.several
    kill_after = "12h"
  }
}

param "host" {
  label    = "Acme Host"
  help     = "Host name or address."
  type     = string
  required = true
}

param "password" {
  label     = "Password"
  help      = "Of the account."
  type      = string
  required  = true
  sensitive = true
  env       = "ACME_PASSWORD"
}

param "shards" {
  help     = "How many shards there are."
  type     = integer
  required = true
}

param "days" {
  label   = "Initial Days"
  help    = "Days that the first run looks back."
  type    = integer
  default = 2
  validation {
    condition     = param.days >= 1
    error_message = "Ask for at least one day."
  }
}

param "start" {
  help    = "Start of a range."
  type    = time
  flag    = "start-historical"
  short   = "sh"
  aliases = ["START"]
}

param "levels" {
  label   = "Levels"
  help    = "Levels to bring in; none: all."
  type    = list
  default = []
  options = ["low", "high"]
}

param "ratio" {
  help    = "A share."
  type    = number
  default = 0.5
}

param "several" {
  help    = "Let several runs go on."
  type    = bool
  default = false
  flag    = "several"
  short   = "v2"
}

param "collection" {
  help    = "Data collection to export. Empty: none."
  type    = string
  default = ""
}

param "left" {
  help    = "What becomes of items that left: keep, or remove."
  type    = string
  default = "keep"
  options = ["keep", "remove"]
}

param "region" {
  help    = "Region of the service."
  type    = string
  default = "eu"
  options = ["eu", "us"]
}

param "old" {
  help   = "Taken as before."
  type   = string
  unused = true
}

locals {
  root  = "https://${param.host}/api"
  names = [for n in split(",", param.collection) : trimspace(n) if trimspace(n) != ""]
}

table "level" {
  ignore_case = true
  default     = keep
  rows = {
    "hi"   = "High"
    "high" = "High"
    "lo"   = "Low"
  }
  reverse = { "High" = "high" }
}

table "state" {
  default = "other"
  report  = false
  rows = {
    "open" = "OPEN"
  }
}

table "strict" {
  default = fail
  rows = {
    "x" = "y|z"
  }
}

client "api" {
  base_url   = local.root
  rate_limit = "10/s"

  auth "login" {
    token = jq(".token")
    request {
      method = "POST"
      path   = "/login"
      json   = { password = param.password }
    }
    logout {
      method = "DELETE"
      path   = "/login"
    }
  }
  on {
    status = [429]
    do     = wait
  }
  on {
    status  = [403]
    when    = jq(".error == \"role\"")
    do      = fail
    message = jq("\"the account lacks the role\"")
  }
}

client "cloud" {
  base_url = "https://${param.region}.cloud.example"

  auth "oauth2" {
    token_url     = "https://login.example/token"
    client_id     = "acme"
    client_secret = param.password
  }
}

flow "alerts" {
  title       = "Alerts"
  description = "Reads new alerts"

  source "http" {
    client = client.api
    step "regions" {
      request {
        path = "/regions"
      }
    }
    request {
      path  = "/alerts"
      query = { since = window.start, level = join(",", param.levels), shards = param.shards, region = step.regions.name, ratio = param.ratio, page = page.number }
    }
    window {
      initial  = "${param.days}d"
      since    = param.start
      lookback = "10m"
      slice    = "1d"
      cursor   = expr("alert.seen")
    }
    paginate "page" {
      size = 50
    }
    each "detail" {
      request {
        path = expr("'/alerts/' + alert.id")
      }
    }
    on {
      status  = ["5xx", "lost"]
      retried = true
      do      = split
    }
  }

  record "alert" {
    extract = jq(".alerts[] | . + {title: (.name | ascii_upcase)}")
    let = {
      grade = expr("table.level.lookup(alert.level)")
      open  = expr("not alert.closed")
    }
    key     = expr("alert.id")
    samples = "acme/*.json"

    skip "closed before it was seen" {
      when = expr("alert.closed")
      by   = expr("alert.level")
      warn = true
    }
    skip "a level not asked for" {
      when = expr("len(param.levels) > 0 and not (lower(alert.grade) in param.levels)")
    }
    reject "no name" {
      when    = expr("alert.name == ''")
      message = expr("alert.id")
    }
  }

  event "alert" {
    identity    = "Alert ID"
    types       = keys(table.level)
    type        = expr("alert.open ? 'Alert' : 'Closed Alert'")
    title       = expr("'Acme ' + alert.title + ' (' + alert.id + ')'")
    happened_at = expr("alert.seen")
    description = expr("html(alert.text)")
    tags        = expr("alert.tags")
    tlp         = "GREEN"
    attributes = {
      "Alert ID"     = fixed(expr("alert.id"))
      "Grade"        = expr("alert.grade")
      "Level | back" = expr("table.level.reverse(alert.grade) ?? 'none'")
      "State"        = expr("table.state.lookup(alert.closed ? 'shut' : 'open')")
      "Strict"       = expr("table.strict.lookup('x')")
      "Evidence"     = add(expr("map(alert.evidence, .host)"))
      "Owner"        = expr("alert.detail?.owner")
      "Summary"      = expr("join(compact([alert.name, alert.host, alert.level, alert.text, string(len(alert.evidence)), string(alert.open)]), ' / ')")
      "Fixed"        = "always"
    }
    sync "type" {
      agreed = "Grade"
      local  = expr("table.level.lookup(current.type)")
    }
    reject "an own host" {
      when = expr("alert.host endsWith '.corp.example'")
    }
  }

  indicator "address" {
    for_each = expr("filter(alert.evidence, .ip != nil)")
    when     = expr("ip(each.ip) != nil")
    type     = expr("ip_version(each.ip) == 6 ? 'IPv6 Address' : 'IP Address'")
    value    = expr("each.ip")
    status   = "Review"
    related  = [event.alert]
  }

  custom "rack" {
    object = "rack"
    value  = expr("alert.host")
    when   = expr("alert.host != ''")
  }
}

flow "status" {
  source "threatq_events" {
    types = ["Alert"]
    window {
      cursor = expr("event.touched_at")
    }
  }
  record "event" {
    key = expr("event.id")
  }
  sink "http" {
    client = client.api
    when   = expr("event.attributes['Grade'] != event.type")
    request {
      method = "PUT"
      path   = expr("'/alerts/' + url_encode(event.attributes['Alert ID']) + '/state'")
      json   = { state = expr("event.type"), origin = { name = "ThreatQ", region = param.region } }
    }
    acknowledge {
      attributes = { "Grade" = expr("event.type") }
    }
  }
}

flow "watch" {
  title = "Watch list"
  when  = length(local.names) > 0

  source "threatq" {
    collections = local.names
  }
  record "indicator" {
    let = { text = expr("lower(indicator.value)") }
    key = expr("indicator.text")
  }
  sink "http" {
    client          = client.cloud
    label           = expr("indicator.text")
    item            = { value = expr("indicator.text"), refs = [{ id = expr("indicator.id"), by = "ThreatQ" }], level = expr("first(attribute_values(indicator.attributes, 'Threat Level'))") }
    compare         = { level = expr("first(attribute_values(indicator.attributes, 'Threat Level'))") }
    expires         = expr("indicator.expires_at")
    default_expires = expr("now + duration('24h')")
    renew           = "12h"
    left            = param.left
    skipped         = "expire"
    batch {
      max_items = 100
      max_bytes = "64KB"
    }
    request {
      method = "POST"
      path   = "/watch"
      json   = expr("map(batch, .item)")
    }
    outcome = jq(".results[]")
    held {
      answer = jq(".items[]")
      request {
        path = "/watch"
      }
    }
    update {
      request {
        method = "PUT"
        path   = expr("'/watch/' + each.key")
        json   = expr("each.item")
      }
      on {
        status = [404]
        do     = skip
      }
    }
    remove {
      request {
        method = "DELETE"
        path   = expr("'/watch/' + each.key")
      }
      on {
        status = [404]
        do     = skip
      }
    }
    expire {
      request {
        method = "POST"
        path   = expr("'/watch/' + each.key + '/end'")
      }
    }
  }
}

flow "stix" {
  source "threatq" {
    collections = ["Fixed"]
  }
  record "object" {
    key = expr("object.object + string(object.id)")
  }
  sink "taxii" {
    client     = client.cloud
    collection = "Threats"
    threatq    = "https://threatq"
    item = {
      object   = expr("object.object")
      type     = expr("object.type")
      value    = expr("object.value")
      created  = expr("object.created_at")
      modified = expr("object.updated_at")
    }
  }
}

test "what is watched" {
  flow    = flow.watch
  records = [{ id = 7, type = "FQDN", value = "Bad.Example", attributes = [{ name = "Threat Level", value = "9", updated_at = null }], expires_at = null }]
  params  = { collection = "Block" }
  expect "item" "bad.example" {}
}

test "a change of an event" {
  flow    = flow.status
  records = [{ id = 3, type = "Alert", attributes = { "Alert ID" = "a/1" }, sources = ["Acme"], touched_at = "2026-01-05T00:00:00Z" }]
}
