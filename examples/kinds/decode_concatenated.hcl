# JSON documents one behind the other, with nothing between them.
connector "decode_concatenated" {
  title  = "decode concatenated"
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
      path = "/alerts"
    }
    decode "concatenated" {}
  }
  record "alert" {
    key     = expr("alert.id")
    samples = "testdata/alerts.concatenated"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
    attributes  = { "Severity" = expr("alert.severity") }
  }
}
