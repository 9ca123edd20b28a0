# A signature over method, address, date and body.
connector "auth_hmac" {
  title  = "auth hmac"
  source = "Example"
}

param "url" {
  type = string
}

param "key_id" {
  type = string
}

param "secret" {
  type      = string
  sensitive = true
}

client "api" {
  base_url = param.url
  auth "hmac" {
    key    = param.secret
    values = { id = param.key_id }
    let    = { digest = "{body|sha256|base64}" }
    text   = "{method}\n{target}\n{date}\n{digest}"
    headers = {
      Date          = "{date}"
      Digest        = "SHA-256={digest}"
      Authorization = "HMAC {id}:{signature}"
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
