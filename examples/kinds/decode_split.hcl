# Records deep in an answer, each with what stands around it.
connector "decode_split" {
  title  = "decode split"
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
    decode "json" {
      split {
        path         = "batches.alerts"
        keep_parents = true
      }
    }
  }
  record "alert" {
    key     = expr("alert.batches.alerts.id")
    samples = "testdata/batches.json"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.batches.alerts.name")
    happened_at = expr("alert.batches.alerts.created")
    attributes  = { "Sensor" = expr("alert.batches.sensor") }
  }
}
