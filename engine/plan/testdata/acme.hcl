connector "acme" {
  title   = "Acme"
  version = "2"
  source  = "Acme Feed"
  tlp     = "AMBER"
}

param "hostname" {
  type     = string
  required = true
}

param "api_key" {
  type      = string
  sensitive = true
}

param "days" {
  type    = integer
  default = 3
}

param "way" {
  type    = string
  default = "hmac"
  options = ["hmac", "key"]
}

param "port" {
  type = integer
}

param "old" {
  type   = string
  unused = true
}

locals {
  region = upper(param.way)
}

client "api" {
  base_url   = "${origin(param.hostname, param.port)}/v1"
  rate_limit = "60/m"
  burst      = 5
  timeout    = "30s"
  deadline   = "10m"
  retries    = 1
  retry_wait = "2s"
  verify_tls = false
  proxy      = "http://user:pass@proxy.example:3128"
  headers    = { "X-Tenant" = "t-1" }
  cookies    = true

  auth "hmac" {
    when     = param.way == "hmac"
    key      = param.api_key
    text     = "{method}\n{target}\n{date}"
    encoding = "base64"
    headers  = { Authorization = "HMAC {signature}", Date = "{date}" }
  }
  auth "api_key" {
    when  = param.way == "key"
    name  = "X-Api-Key"
    value = param.api_key
  }
  server_limit {
    remaining = jq("$response.headers[\"x-left\"]")
    reset     = jq("$response.headers[\"x-reset\"]")
    floor     = 2
  }
  on {
    status  = [429, "500-503"]
    retried = true
    do      = stop
    message = jq(".why")
  }
}

client "plain" {
  base_url = "http://plain.example"
}

flow "alerts" {
  max_dead       = 5
  max_dead_share = 0.25

  source "http" {
    client     = client.api
    partitions = ["eu", "us"]
    step "job" {
      request {
        method = "POST"
        path   = "/jobs"
        form   = { from = window.start, what = "alerts", none = null }
      }
      until    = jq(".done")
      answer   = jq(".id")
      interval = "3s"
    }
    request {
      path    = "/jobs/${step.job}/${partition}"
      query   = { number = page.number, size = page.size, first = page.number == 1 ? "yes" : null, region = local.region, skip = null }
      headers = { Accept = "application/json" }
      basic   = ["me", param.api_key]
    }
    window {
      initial  = "${param.days}d"
      lookback = "5m"
      slice    = "12h"
      parallel = 2
      cursor   = expr("alert.at")
      format   = "epoch_ms"
      closed   = true
    }
    paginate "page" {
      size      = 50
      first     = 0
      has_more  = jq(".more")
      max_pages = 20
    }
    decode "json" {
      stream = "data.alerts"
    }
    on {
      status = [404]
      do     = ok
    }
    each "detail" {
      key    = expr("alert.id")
      batch  = 20
      match  = jq(".id")
      answer = jq(".items[]")
      client = client.plain
      request {
        method = "POST"
        path   = "/details"
        json   = { ids = expr("batch"), deep = true }
      }
      on {
        status = [410]
        when   = jq(".gone")
        do     = skip
      }
    }
  }

  record "alert" {
    split = jq(".parts[]")
    let = {
      word = expr("lower(alert.name)")
    }
    key = expr("alert.id")
    skip "test" {
      when = expr("alert.word == 'test'")
      by   = expr("alert.kind")
      warn = true
    }
    reject "no name" {
      when    = expr("alert.name == ''")
      message = expr("alert.id")
    }
  }

  event "alert" {
    identity    = "Alert ID"
    types       = ["Alert", "Old Alert"]
    when        = expr("alert.level > 1")
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.at")
    tags        = ["acme", expr("alert.word")]
    attributes = {
      "Alert ID" = fixed(expr("alert.id"))
      "Level"    = expr("alert.level")
      "Product"  = add(expr("alert.products"))
      "Where"    = "cloud ${param.days}"
    }
    sync "type" {
      agreed = "Level"
      local  = expr("current.type")
    }
  }

  asset "host" {
    for_each = expr("alert.hosts")
    key      = expr("each.id")
    value    = expr("each.name")
    related  = [event.alert]
    reject "ours" {
      when = expr("each.name endsWith '.corp.example'")
    }
  }
}

flow "items" {
  when = param.days > 5

  source "threatq" {
    collections = ["One", "Two"]
  }
  record "indicator" {
    key = expr("indicator.value")
  }
  sink "http" {
    client  = client.plain
    item    = { value = expr("indicator.value"), note = "from ThreatQ" }
    when    = expr("indicator.status == 'Active'")
    left    = "remove"
    expires = expr("indicator.expires_at")
    renew   = "12h"
    outcome = jq(".results")
    batch {
      max_items = 100
      max_bytes = "64KB"
    }
    request {
      method = "POST"
      path   = "/items"
      json   = { items = expr("map(batch, .item)") }
    }
    held {
      answer = jq(".items[] | {key: .name}")
      request {
        path  = "/items"
        query = { page = page.number }
      }
      paginate "page" {
        size = 1000
      }
    }
    update {
      request {
        method = "PUT"
        path   = expr("'/items/' + each.id")
        json   = expr("each.item")
      }
    }
    remove {
      request {
        method = "DELETE"
        path   = expr("'/items/' + each.id")
      }
    }
  }
}
