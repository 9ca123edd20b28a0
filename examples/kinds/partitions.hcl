# Tenants one after the other, each from a cursor of its own.
connector "partitions" {
  title  = "a part for each tenant"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path  = "/tenants/${partition}/alerts"
      query = { from = window.start }
    }
    partitions = step.tenants
    step "tenants" {
      request {
        path = "/tenants"
      }
      answer = jq("map(.name)")
      once   = true
    }
    window {
      cursor = expr("alert.created")
    }
  }
  record "alert" {
    extract = jq(".alerts[]")
    key     = expr("alert.id")
    samples = "testdata/alerts.json"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
    attributes  = { "Severity" = expr("alert.severity") }
  }
}
