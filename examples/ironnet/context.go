package ironnet

import "strconv"

// Context of an event: tables by column. Row i is values[i] of every column; a
// column may be shorter than others, and a cell holds a list of typed values.
type table struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

type column struct {
	Name   string `json:"name"`
	Values []cell `json:"values"`
}

type cell struct {
	Data []map[string]any `json:"data"`
}

// values makes a column of one type, such as ip_value, one value in each row.
func values(name, kind string, list ...any) column {
	c := column{Name: name, Values: []cell{}}
	for _, v := range list {
		c.Values = append(c.Values, cell{Data: []map[string]any{{kind: v}}})
	}
	return c
}

// contextOf makes the tables of an event: its flow with one value of nearly
// every documented type, and the addresses seen, with one column cut short.
func contextOf(ev event) []table {
	names := make([]any, len(ev.AppDomains))
	for i, name := range ev.AppDomains {
		names[i] = name
	}
	port, _ := strconv.Atoi(ev.DstPort) // written by ourselves
	flows := table{"flows", []column{
		values("src_ip", "ip_value", ev.SrcIP),
		values("dst_ip", "ip_value", ev.DstIP),
		values("dst_port", "long_value", ev.DstPort),
		values("port_class", "int_value", port/1024),
		values("app_domains", "string_value", names...),
		values("primary_app_proto", "app_protocol_value", ev.PrimaryAppProtocol),
		values("trans_protocol", "trans_protocol_value", "TCP"),
		values("start_time", "timestamp_value", ev.StartTime),
		values("event_id", "uuid_value", ev.ID),
		values("confidence", "double_value", ev.Confidence),
		values("src_ip_enterprise", "bool_value", true),
		values("src_mac", "mac_value", "00:00:5e:00:53:2a"),
	}}
	addresses := table{"non_enterprise_ips", []column{
		values("ip", "ip_value", ev.DstIP, "192.0.2.1"),
		values("is_tor", "bool_value", false, false),
		values("asn_desc", "string_value", "EXAMPLE-AS"),
	}}
	return []table{flows, addresses}
}
