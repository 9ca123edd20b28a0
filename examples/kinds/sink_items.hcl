# A list of watched names, kept in step: what is new or changed is sent in batches, what has gone is removed.
connector "sink_items" {
  title  = "items in batches"
  source = "Example"
}

param "url" {
  type = string
}

client "api" {
  base_url = param.url
}

flow "watched" {
  source "http" {
    client = client.api
    request {
      path = "/names"
    }
  }
  record "entry" {
    extract = jq(".names[]")
    key     = expr("entry.name")
    samples = "testdata/names.json"
  }
  sink "http" {
    client = client.api
    item   = { name = expr("entry.name"), level = expr("entry.level") }
    left   = "remove"

    batch {
      max_items = 2
    }
    request {
      method = "POST"
      path   = "/watch/import"
      json   = { entries = expr("map(batch, .item)") }
    }
    outcome = jq(".results[] | {key: .name, id, error}")

    update {
      request {
        method = "PUT"
        path   = expr("'/watch/' + url_encode(each.id)")
        json   = { level = expr("each.item.level") }
      }
    }
    remove {
      request {
        method = "DELETE"
        path   = expr("'/watch/' + url_encode(each.id)")
      }
    }
  }
}
