# Ember Feed, a malware feed that does not exist: tqmap run examples/tutorial/feed.hcl --sandbox
connector "tutorial" {
  title   = "Ember Malware Feed"
  version = "1.0.0"
  source  = "Ember"
}

param "url" {
  type     = string
  required = true
}

param "api_key" {
  type      = string
  sensitive = true
  required  = true
}

client "feed" {
  base_url      = "${param.url}/v1"
  error_message = jq(".error.message")
  auth "api_key" {
    name  = "X-Api-Key"
    value = param.api_key
  }
}

flow "samples" {
  source "http" {
    client = client.feed
    request {
      path  = "/samples"
      query = { since = window.start, limit = 10, cursor = page.cursor }
    }
    window {
      order  = "ascending"
      cursor = expr("sample.added")
    }
    paginate "cursor" {
      next = jq(".next_cursor")
    }
  }
  record "sample" {
    extract = jq(".data[]")
    key     = expr("sample.id")
    samples = "testdata/page_*.json"
    skip "hash not known yet" {
      when = expr("hash_type(sample.sha256) == nil")
    }
  }
  event "sample" {
    type        = "Malware"
    title       = expr("'Sample of ' + sample.family + ' (' + sample.id + ')'")
    happened_at = expr("sample.added")
    attributes  = { "Severity" = expr("title(sample.severity)"), "Comment" = expr("sample.comment") }
  }
  indicator "ioc" {
    for_each = expr("concat([sample.sha256], sample.contacted)")
    type     = expr("indicator_type(refang(each))")
    value    = expr("refang(each)")
    related  = [event.sample]
  }
}
