# Elements of an XML document.
connector "decode_xml" {
  title  = "decode xml"
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
    decode "xml" {
      stream = "feed/alert"
      repeat = ["host"]
    }
  }
  record "alert" {
    key     = expr("alert['@id']")
    samples = "testdata/alerts.xml"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name")
    happened_at = expr("alert.created")
  }
  indicator "host" {
    for_each = expr("alert.host")
    type     = expr("indicator_type(each)")
    value    = expr("each")
    related  = [event.alert]
  }
}
