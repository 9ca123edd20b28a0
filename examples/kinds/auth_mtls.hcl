# A client certificate for every connection.
connector "auth_mtls" {
  title  = "auth mtls"
  source = "Example"
}

param "url" {
  type = string
}

param "cert" {
  type = string
}

param "key" {
  type      = string
  sensitive = true
}

param "ca" {
  type = string
}

client "api" {
  base_url = param.url
  auth "mtls" {
    cert = param.cert
    key  = param.key
    ca   = param.ca
  }
}

flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = "/alerts"
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
