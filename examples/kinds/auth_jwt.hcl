# A token that is made and signed here.
connector "auth_jwt" {
  title  = "auth jwt"
  source = "Example"
}

param "url" {
  type = string
}

param "secret" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "jwt" {
    algorithm = "HS256"
    key       = param.secret
    key_id    = "key-1"
    issuer    = "tqmap"
    audience  = ["https://api.example.com"]
    lifetime  = "10m"
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
