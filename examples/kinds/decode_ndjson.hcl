# A line of JSON for each record, packed with gzip.
connector "decode_ndjson" {
  title  = "decode ndjson"
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
    decode "ndjson" {
      unpack = ["gzip"]
    }
  }
  record "alert" {
    key     = expr("alert.id")
    samples = "testdata/alerts.ndjson"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
    attributes  = { "Severity" = expr("alert.severity") }
  }
}
