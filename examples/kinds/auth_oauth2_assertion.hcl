# An access token for a token that is signed here (RFC 7523).
connector "auth_oauth2_assertion" {
  title  = "auth oauth2_assertion"
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
  auth "oauth2" {
    grant     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    token_url = "/token"
    assertion {
      algorithm = "HS256"
      key       = param.secret
      issuer    = "tqmap"
      subject   = "reader"
      audience  = ["https://login.example.com/token"]
    }
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
